"""
For your own tests: what an agent records, in memory, as plain values; and a clock turned by hand.

    from otel_agent.testing import recorded

    def test_a_breach_is_seen():
        with recorded() as telemetry:
            with pytest.raises(RiskLimitError):
                size("INIT", 17.5)

        assert ["size"] == [span["name"] for span in telemetry.spans]
        assert "error" == telemetry.spans[0]["status"]

Ids and times are made regular, so that what is recorded can be compared as a whole: spans are numbered in the order in which
they ended, and name their parents by these numbers.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from otel_agent.catalog import alerts_and_health
from otel_agent.clock import ManualClock
from otel_agent.telemetry.facade import Telemetry
from otel_agent.telemetry.starting import start

__all__ = ["ManualClock", "Recorded", "recorded"]

FLUSH_S = 5.0


class Recorded:
    """What was recorded so far. Every look brings it up to date."""

    def __init__(self) -> None:
        self.telemetry: Telemetry | None = None
        """The telemetry that records."""
        self._spans: list[Any] = []
        self._logs: list[Any] = []
        self._collections: list[Any] = []

    @property
    def spans(self) -> list[dict[str, Any]]:
        """
        Ended spans, in the order in which they ended.

        Each has `number` (from 1), `parent` (a number, or None), `name`, `kind`, `attributes`, `status` ("unset", "ok",
        "error"), `description`, and `events` with `name` and `attributes`.
        """
        self._flush()
        numbers = {span.get_span_context().span_id: number for number, span in enumerate(self._spans, start=1)}
        return [_span(span, numbers) for span in self._spans]

    @property
    def logs(self) -> list[dict[str, Any]]:
        """
        Log records in order; each has `body`, `severity`, `logger`, `attributes`, and `span` (a number, or None).

        Events that tell of the health of the machine the test runs on are left out.
        """
        self._flush()
        numbers = {span.get_span_context().span_id: number for number, span in enumerate(self._spans, start=1)}
        return [_record(item, numbers) for item in self._logs if not _is_health_event(item)]

    @property
    def metrics(self) -> dict[str, list[tuple[dict[str, Any], Any]]]:
        """The newest collection: by metric, attributes and value of each point; of a histogram, its count and sum."""
        self._flush()
        found: dict[str, list[tuple[dict[str, Any], Any]]] = {}
        for resource in self._collections[-1].resource_metrics if self._collections else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    found.setdefault(metric.name, []).extend(
                        (dict(point.attributes or {}), _value(point)) for point in metric.data.data_points
                    )
        return found

    def observers(self) -> Mapping[str, Sequence[Any]]:
        """Who takes what is delivered, by signal."""
        return {
            "traces": [self._spans.extend],
            "logs": [self._logs.extend],
            "metrics": [self._collections.extend],
        }

    def _flush(self) -> None:
        if self.telemetry is not None and self.telemetry.is_running:
            self.telemetry.flush(FLUSH_S)


@contextmanager
def recorded(service_name: str = "test", **arguments: Any) -> Iterator[Recorded]:
    """
    Record in memory for the length of a block.

    Args:
        service_name: Name of the agent.
        **arguments: Further arguments of `otel_agent.init`. Mistakes in them are raised.

    Yields:
        What is recorded; it can be read inside the block and after it.

    Raises:
        OtelAgentError: A mistake in the arguments.
    """
    kept = Recorded()
    fixed = {"service_name": service_name, "export": "none", "spool": False, "strict": True}
    fixed |= {"instrument": False, "trace_modules": False}  # a test sees what it asks for
    kept.telemetry = start({**fixed, **arguments}, kept.observers())
    try:
        yield kept
    finally:
        kept.telemetry.shutdown()


def _span(span: Any, numbers: Mapping[int, int]) -> dict[str, Any]:
    return {
        "number": numbers[span.get_span_context().span_id],
        "parent": numbers.get(span.parent.span_id) if span.parent is not None else None,
        "name": span.name,
        "kind": span.kind.name.lower(),
        "attributes": dict(span.attributes or {}),
        "status": span.status.status_code.name.lower(),
        "description": span.status.description,
        "events": [{"name": event.name, "attributes": dict(event.attributes or {})} for event in span.events],
    }


def _is_health_event(item: Any) -> bool:
    name = getattr(getattr(item, "log_record", None), "event_name", None)
    return bool(name == alerts_and_health.HEALTH_TRANSITION.name)


def _record(item: Any, numbers: Mapping[int, int]) -> dict[str, Any]:
    if not hasattr(item, "place"):
        record, logger = item.log_record, item.instrumentation_scope.name
    else:
        record, logger = item, item.logger
    return {
        "body": record.body,
        "severity": record.severity_text,
        "logger": logger,
        "attributes": dict(record.attributes or {}),
        "span": numbers.get(record.span_id or 0),
    }


def _value(point: Any) -> Any:
    return (point.count, point.sum) if hasattr(point, "count") else point.value
