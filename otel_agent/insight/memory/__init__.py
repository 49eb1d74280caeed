"""
`otel_agent.memory`: what grows, where it is allocated, and shorter garbage collections.

    growth             the lines and types that grow, in a bounded window
    tune               shorter collections after the start, and back again

    type_counts        how many objects of each type there are, without keeping any
    allocation_window  tracemalloc, on for a while and off again whatever happens
    growing            what grows: counts of several looks in, a verdict out
    leaks              types that grow from probe to probe
    places             how types and lines are told to people
"""

from otel_agent.insight.memory.growth import growth
from otel_agent.insight.memory.tuning import tune

__all__ = ["growth", "tune"]
