"""`recorded`: telemetry in memory for the length of a block, and what was seen of it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from otel_agent.catalog import alerts_and_health
from otel_agent.clock import ManualClock
from otel_agent.delivery.intake import is_recorded_only
from otel_agent.errors import OtelAgentError
from otel_agent.telemetry.facade import Telemetry
from otel_agent.telemetry.starting import stand_in, start
from otel_agent.testing.hand_turned import RuleClock, turned_by
from otel_agent.testing.values import forest, log_value, point_values, span_value

__all__ = ["Recorded", "recorded"]

FLUSH_S = 5.0
"""Longest time one look takes, in seconds."""

_COLLECT_S = 2.0

_ALWAYS_THERE = ("system.", "process.", "cpython.", "otel_agent.")
"""First parts of names of metrics that are read from the machine, as they stand there."""


class Recorded:
    """What was recorded so far, as it would be sent: secrets are taken out. Every look brings it up to date."""

    def __init__(self) -> None:
        self.telemetry: Telemetry | None = None
        """The telemetry that records."""
        self._spans: list[Any] = []
        self._logs: list[Any] = []
        self._collections: list[Any] = []
        self._before: dict[tuple[str, str, str], Any] = {}

    @property
    def spans(self) -> list[dict[str, Any]]:
        """
        Ended spans, in the order in which they ended.

        Each has `number` (from 1), `parent` (a number, or None), `name`, `kind`, `trace_id`, `span_id` and `parent_span_id`
        (hexadecimal; None without a parent), `attributes`, `status` ("unset", "ok", "error"), `description`, `events` with `name`,
        `attributes` and `time_ns`, `links` with `trace_id`, `span_id` and `attributes`, `start_ns`, `end_ns`, `duration_s`,
        `resource`, and `scope` with `name`, `version` and `attributes`.
        """
        self._flush()
        sent = [span for span in self._spans if not is_recorded_only(span)]
        numbers = _numbers(sent)
        return [span_value(span, numbers) for span in self._redacted("traces", sent)]

    @property
    def logs(self) -> list[dict[str, Any]]:
        """
        Log records in order.

        Each has `body`, `severity`, `severity_number`, `logger`, `attributes`, `span` (a number, or None), `trace_id`, `span_id`,
        `event_name`, `time_ns`, `resource` and `scope`. Events that tell of the health of the machine the test runs on are left out.
        """
        self._flush()
        numbers = _numbers([span for span in self._spans if not is_recorded_only(span)])
        records = [item for item in self._logs if not _is_health_event(item)]
        return [log_value(item, numbers) for item in self._redacted("logs", records)]

    @property
    def points(self) -> list[dict[str, Any]]:
        """
        Every point of the newest collection of metrics.

        Each has `name`, `unit`, `kind` ("counter", "up_down_counter", "gauge", "histogram"), `attributes`, `value` (of a histogram its
        count and sum), `start_ns`, `time_ns`, `resource` and `scope`. Counters and histograms count from the beginning of the block,
        or from the last `clear`.
        """
        self._flush()
        found = [_since(point, self._before.get(_identity(point))) for point in self._newest()]
        return [point for point in found if point is not None]

    @property
    def metrics(self) -> dict[str, list[tuple[dict[str, Any], Any]]]:
        """The same by metric: attributes and value of each point."""
        found: dict[str, list[tuple[dict[str, Any], Any]]] = {}
        for point in self.points:
            found.setdefault(point["name"], []).append((point["attributes"], point["value"]))
        return found

    def find(self, name: str) -> dict[str, Any] | None:
        """
        The first span of a name.

        Args:
            name: Span name.

        Returns:
            See `spans`; None when there is none.
        """
        return next((span for span in self.spans if span["name"] == name), None)

    def tree(self) -> list[dict[str, Any]]:
        """The spans below their parents: those without one, in the order in which they began, each with its `children`."""
        return forest(self.spans)

    def clear(self) -> None:
        """Forget what was recorded so far; numbers begin at 1 again, and counters at 0."""
        self._flush()
        self._spans.clear()
        self._logs.clear()
        self._before = {_identity(point): point["value"] for point in self._newest()}

    def observers(self) -> Mapping[str, Sequence[Any]]:
        """Who takes what is delivered, by signal."""
        return {
            "traces": [self._spans.extend],
            "logs": [self._logs.extend],
            "metrics": [self._keep_newest],
        }

    def begin(self, telemetry: Telemetry) -> None:
        """
        Look at a telemetry from now on: what was counted before does not count.

        Args:
            telemetry: Made with `observers`.
        """
        self.telemetry = telemetry
        telemetry.collect(_COLLECT_S)
        self._flush()
        # What this package counts itself it counts for the process; the SDK's instruments begin at zero with their provider.
        own = [point for point in self._newest() if point["scope"]["name"].partition(".")[0] == "otel_agent"]
        self._before = {_identity(point): point["value"] for point in own}

    def _keep_newest(self, collections: Sequence[Any]) -> None:
        self._collections[:] = collections[-1:]

    def _newest(self) -> list[dict[str, Any]]:
        return [point for each in self._redacted("metrics", self._collections) for point in point_values(each)]

    def _redacted(self, signal: str, items: list[Any]) -> Sequence[Any]:
        return items if self.telemetry is None else self.telemetry.redacted(signal, items)

    def _flush(self) -> None:
        if self.telemetry is not None and self.telemetry.is_running:
            self.telemetry.flush(FLUSH_S)


@contextmanager
def recorded(service_name: str = "test", *, clock: ManualClock | None = None, **arguments: Any) -> Iterator[Recorded]:
    """
    Record in memory for the length of a block.

    A telemetry that runs already is not disturbed and goes on afterwards; `otel_agent.init()` inside the block answers with the one
    that records. Tracers, meters and loggers that were taken before the block record into it.

    Args:
        service_name: Name of the agent.
        clock: Turned by hand: times and durations of spans, functions and queries, the age of entries of caches, and what rules are
            judged by. `None`: the machine's time.
        **arguments: Further arguments of `otel_agent.init`. Mistakes in them are raised.

    Yields:
        What is recorded; it can be read inside the block and after it.

    Raises:
        OtelAgentError: A mistake in the arguments, or telemetry is disabled.
    """
    kept = Recorded()
    fixed = {
        "service_name": service_name,
        "export": "none",
        "spool": False,
        "strict": True,
        "instrument": False,
        "trace_modules": False,  # a test sees what it asks for
    }
    with ExitStack() as stack:
        if clock is not None:
            stack.enter_context(turned_by(clock))
        yield from _recording(kept, {**fixed, **arguments}, None if clock is None else RuleClock(clock))


def _recording(kept: Recorded, arguments: Mapping[str, Any], turned: RuleClock | None) -> Iterator[Recorded]:
    telemetry = start(arguments, kept.observers(), turned)
    if telemetry.config.disabled:
        raise OtelAgentError("nothing can be recorded while OTEL_SDK_DISABLED is true; take it away for this test")
    with stand_in(telemetry):
        try:
            kept.begin(telemetry)
            yield kept
        finally:
            telemetry.shutdown()


def _numbers(spans: Sequence[Any]) -> dict[int, int]:
    return {span.get_span_context().span_id: number for number, span in enumerate(spans, start=1)}


def _is_health_event(item: Any) -> bool:
    name = getattr(getattr(item, "log_record", None), "event_name", None)
    return bool(name == alerts_and_health.HEALTH_TRANSITION.name)


def _identity(point: Mapping[str, Any]) -> tuple[str, str, str]:
    return point["scope"]["name"], point["name"], repr(sorted(point["attributes"].items()))


def _since(point: dict[str, Any], before: Any) -> dict[str, Any] | None:
    """A point with what has been counted since; None when nothing has."""
    if before is None or point["kind"] not in ("counter", "histogram") or point["name"].startswith(_ALWAYS_THERE):
        return point
    value = point["value"]
    more = (
        tuple(new - old for new, old in zip(value, before, strict=True))
        if point["kind"] == "histogram"
        else value - before
    )
    return {**point, "value": more} if any(more if isinstance(more, tuple) else (more,)) else None
