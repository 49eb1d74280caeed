"""Sampling: which traces are recorded and sent, what is kept after all, and how many calls a second get a span."""
