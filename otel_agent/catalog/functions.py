"""Metrics of watched functions."""

from otel_agent.catalog import attributes as a
from otel_agent.catalog.records import Kind, Metric

__all__ = ["METRICS"]

DURATION = Metric(
    "agent.function.duration",
    Kind.EXPONENTIAL_HISTOGRAM,
    "s",
    "Duration of calls of functions under `traced` or `timed`, before sampling.",
    (a.CODE_FUNCTION_NAME, a.ERROR_TYPE),
)

METRICS = (DURATION,)
