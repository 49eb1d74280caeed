"""For users' own tests: telemetry recorded in memory, a clock turned by hand."""
