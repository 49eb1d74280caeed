"""Functions: spans and durations of what `traced`, `timed` and `span` mark."""
