"""The machine: host, process and runtime metrics, and where their readings come from."""
