"""`python -m otel_agent`."""
