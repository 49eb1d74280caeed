"""What is measured: functions, libraries, databases, caches, host, process and runtime. Speaks the OpenTelemetry API only."""
