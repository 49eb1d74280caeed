"""Start in order, stop in reverse, one deadline; signals, fork and exit. Knows callables, nothing of telemetry."""
