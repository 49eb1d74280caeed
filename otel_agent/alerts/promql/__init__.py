"""A documented subset of PromQL, evaluated over `series`."""
