"""Metrics and attributes of watched functions."""

from otel_agent.catalog import attributes as a
from otel_agent.catalog.records import Attribute, InstrumentKind, Metric

__all__ = ["ARGUMENT", "DURATION", "METRICS", "RESULT"]

DURATION = Metric(
    "agent.function.duration",
    InstrumentKind.EXPONENTIAL_HISTOGRAM,
    "s",
    "Duration of calls of functions under `traced` or `timed`, before sampling.",
    (a.CODE_FUNCTION_NAME, a.ERROR_TYPE),
)

METRICS = (DURATION,)

ARGUMENT = Attribute("agent.function.argument", "Beginning of the names under which captured arguments stand on spans.")
RESULT = Attribute("agent.function.result", "What a function returned, on its span, where capturing was asked for.")
