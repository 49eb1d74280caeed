"""
The recent past: what was measured each second, kept in memory and asked in PromQL, at a moment or along a range of moments.

Where there are rules, their store is this one. Otherwise it is made with the second collection, or with the first question if that
comes before: an agent that ends at its first collection pays for no store. The first collection waits until then as it came.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from otel_agent import primitives
from otel_agent.arguments import milliseconds
from otel_agent.clock import monotonic_s
from otel_agent.errors import RuleError
from otel_agent.guard import shared as guard
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from otel_agent.alerts import metric_names
    from otel_agent.alerts.promql import evaluation, nodes, parsing
    from otel_agent.processors import series_writer
    from otel_agent.series import store
    from otel_agent.series.histograms import NativeHistogram
    from otel_agent.telemetry.assembly.alerting import AlertAssembly
else:
    metric_names = late_module("otel_agent.alerts.metric_names")
    evaluation = late_module("otel_agent.alerts.promql.evaluation")
    nodes = late_module("otel_agent.alerts.promql.nodes")
    parsing = late_module("otel_agent.alerts.promql.parsing")
    series_writer = late_module("otel_agent.processors.series_writer")
    store = late_module("otel_agent.series.store")

__all__ = ["KEEP_BYTES", "Answer", "RangeAnswer", "RecentPast"]

KEEP_BYTES = 1 << 26
"""Memory of what is kept, in bytes, when nothing else is said: 64 MiB."""
MOST_STEPS = 11_000
"""Steps of a range, as in Prometheus; more are no picture any more."""
BUDGET_S = 10.0
"""Longest time a question takes, in seconds; one that takes longer has no answer."""

_STEPS = 250
"""Steps of a range when none are asked for, as in Prometheus's own pages."""
_LEAST_STEP_MS = 1_000
_RANGE_MS = 3_600_000
_MOST_REASONS = 256
"""Different reasons that are said, each once."""

Answer = list[tuple[dict[str, str], float]]
"""Labels and value of each element; a scalar has no labels."""
RangeAnswer = list[tuple[dict[str, str], list[tuple[float, float]]]]
"""Labels of each series with its points: seconds since 1970, and value."""


class RecentPast:
    """
    Takes every collection; answers questions, and never raises for one: what has no answer is `[]`, and why is said once.

    Args:
        alerting: Rules whose store is used; None makes one.
        keep_bytes: Memory of what is kept, in bytes; a store of rules has its own.
        stamp_ms: Tells the moment of each collection, in milliseconds since 1970; `None`: it is the points' own.
    """

    def __init__(
        self,
        alerting: "AlertAssembly | None" = None,
        keep_bytes: int = KEEP_BYTES,
        stamp_ms: Callable[[], int] | None = None,
    ) -> None:
        self._alerting = alerting
        self._stamp_ms = stamp_ms
        self._keep_bytes = keep_bytes
        self._store = None if alerting is None else alerting.store
        self._writer = None if alerting is None else alerting.series_writer
        self._first: Any = None
        self._making_lock = primitives.Lock()
        self._said: set[str] = set()

    def on_collect(self, data: Any) -> None:
        """
        Keep a collection.

        Args:
            data: One collection, as the SDK's `MetricsData`.
        """
        if self._writer is None and self._keeps_first(data):
            return
        self._writer = self._writer or self._made()
        self._writer.on_collect(data)

    def _keeps_first(self, data: Any) -> bool:
        """Whether a collection is the first, which waits; one that is stamped by another clock cannot."""
        with self._making_lock:
            if self._first is not None or self._writer is not None or self._stamp_ms is not None:
                return False
            self._first = data
            return True

    def _made(self) -> "series_writer.SeriesWriter":
        """The writer and its store, made now unless somebody else has just made them; the first collection is in it."""
        with self._making_lock:
            if self._writer is None:
                kept = store.Store(keep_bytes=self._keep_bytes)
                writer = series_writer.SeriesWriter(kept, stamp_ms=self._stamp_ms)
                if self._first is not None:
                    writer.on_collect(self._first)
                    self._first = None
                self._store, self._writer = kept, writer
            return self._writer

    def query(self, expression: str, at_s: float) -> Answer:
        """
        Evaluate an expression at a moment.

        Args:
            expression: PromQL, in the subset rules have.
            at_s: The moment, in seconds since 1970.

        Returns:
            Labels and value of each element, as a number that may be whole; native histograms count as their number of observations.
        """
        try:
            at_ms = milliseconds("at_s", at_s)
            found = self._evaluated(expression, [at_ms])[0]
            if not found:
                self._say_unknown_names("query", expression)
            return [(labels.as_dict(), _number(value)) for labels, value in found]
        except Exception as error:  # noqa: BLE001 - promised: a question never raises, whatever was asked
            self._say("query", expression, error)
            return []

    def query_range(
        self, expression: str, start_s: float | None, end_s: float, step_s: float | None = None
    ) -> RangeAnswer:
        """
        Evaluate an expression at equal steps from one moment up to another.

        Args:
            expression: PromQL, in the subset rules have.
            start_s: First moment, in seconds since 1970; `None`: an hour before the end, or where what is kept begins;
                the steps are counted back from the end then.
            end_s: Moment that no step is later than, in seconds since 1970.
            step_s: Seconds from one moment to the next; `None`: as many as give about 250 steps, at least 1.

        Returns:
            Labels and points of each series, in the order in which they appear; a step at which a series has no value has no point.
        """
        try:
            found = self._along(expression, self._moments_ms(start_s, end_s, step_s))
            if not found:
                self._say_unknown_names("query_range", expression)
            return found
        except Exception as error:  # noqa: BLE001 - as `query`
            self._say("query_range", expression, error)
            return []

    def _along(self, expression: str, moments_ms: Sequence[int]) -> RangeAnswer:
        series: dict[Any, list[tuple[float, float]]] = {}
        for at_ms, vector in zip(moments_ms, self._evaluated(expression, moments_ms), strict=True):
            for labels, value in vector:
                series.setdefault(labels, []).append((at_ms / 1000, _number(value)))
        return [(labels.as_dict(), points) for labels, points in series.items()]

    def _moments_ms(self, start_s: float | None, end_s: float, step_s: float | None) -> range:
        """
        The steps of a range, in milliseconds since 1970.

        Raises:
            RuleError: There is no sense in it.
        """
        end_ms = milliseconds("end_s", end_s)
        start_ms = self._oldest_ms(end_ms - _RANGE_MS) if start_s is None else milliseconds("start_s", start_s)
        step_ms = (
            max(_LEAST_STEP_MS, (end_ms - start_ms) // _STEPS) if step_s is None else milliseconds("step_s", step_s)
        )
        if step_ms < 1:
            raise RuleError([f"step_s is {step_s}; give at least 0.001"])
        if start_ms > end_ms:
            raise RuleError(["start_s is later than end_s"])
        if (end_ms - start_ms) // step_ms >= MOST_STEPS:
            raise RuleError([f"more than {MOST_STEPS:,} steps; give a longer step_s, or a shorter range"])
        if start_s is None:  # nobody named a first moment: then the last is the end itself
            start_ms = end_ms - (end_ms - start_ms) // step_ms * step_ms
        return range(start_ms, end_ms + 1, step_ms)

    def _evaluated(self, expression: str, moments_ms: Sequence[int]) -> "list[nodes.Vector]":
        if not isinstance(expression, str):
            raise RuleError([f"expression must be a string of PromQL, not {expression!r}"])
        parsed = parsing.parse(expression)
        kept = self._kept()
        if kept is None:
            kept = store.Store()  # what needs no metric has an answer from the first moment on
        end_s = monotonic_s() + BUDGET_S

        def is_too_late() -> bool:
            return monotonic_s() > end_s

        return [evaluation.evaluate(parsed, evaluation.Context(kept, at_ms, is_too_late)) for at_ms in moments_ms]

    def _kept(self) -> "store.Store | None":
        """What is kept, to be asked; None before the first collection."""
        if self._first is not None:
            self._made()
        return self._store

    def _oldest_ms(self, at_least_ms: int) -> int:
        """The moment from which on anything is kept, but no earlier than another."""
        kept = self._kept()
        if kept is None:
            return at_least_ms
        with kept.lock:
            firsts = [one.points.times_ms[0] for one in kept.unlocked() if one.points.times_ms]
        return max(at_least_ms, min(firsts, default=at_least_ms))

    def _say_unknown_names(self, call: str, expression: str) -> None:
        """Why an answer is empty, when that is because nothing goes by a name that was asked for."""
        store_kept = self._kept()
        kept = () if store_kept is None else store_kept.names()
        for name in parsing.parse(expression).names:
            if not kept:
                self._say(call, expression, "nothing has been measured yet; telemetry.flush() measures at once")
            elif name not in kept:
                near = metric_names.nearest_name(name, kept)
                hint = f"; did you mean {near}?" if near else ""
                self._say(call, expression, f"there is no metric {name} yet{hint}")

    def _say(self, call: str, expression: object, why: Exception | str) -> None:
        reason = f"telemetry.{call}({str(expression)[:200]!r}) has no answer: {why}"
        if reason not in self._said and len(self._said) < _MOST_REASONS:
            self._said.add(reason)
            is_mistake = isinstance(why, RuleError | nodes.EvaluationError | TypeError | ValueError)
            guard.report(
                f"telemetry.{call}.{hash(reason) & 0xFFFFFFFF:08x}",
                reason,
                None if is_mistake or isinstance(why, str) else why,
            )

    def reinit_after_fork(self) -> None:
        """Know nothing of the parent in a forked child."""
        self._making_lock = primitives.Lock()
        self._first = None
        if self._alerting is None:
            self._store = self._writer = None


def _number(value: "float | NativeHistogram") -> float:
    # Counters of whole numbers are kept as they came.
    return float(value) if isinstance(value, int | float) else float(value.count)
