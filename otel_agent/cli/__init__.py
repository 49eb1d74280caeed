"""The command line `otel-agent`."""
