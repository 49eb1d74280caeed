"""`Telemetry`: the one place that knows every part and puts them together; the only one to set globals."""
