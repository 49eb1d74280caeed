"""
The recent past: what was measured each second, kept in memory and asked in PromQL.

Where there are rules, their store is this one. Otherwise it is made with the first collection, on the thread that collects,
so that starting an agent without rules does not pay for it.
"""

from typing import TYPE_CHECKING, Any

from otel_agent.errors import RuleError

if TYPE_CHECKING:
    from otel_agent.series.histograms import NativeHistogram
    from otel_agent.telemetry.assembly.alerting import AlertAssembly  # heavy, and not needed without rules

__all__ = ["RecentPast"]


class RecentPast:
    """Takes every collection; answers questions."""

    def __init__(self, judging: "AlertAssembly | None" = None) -> None:
        """
        Begin with nothing known.

        Args:
            judging: Whose store is used.
        """
        self._judging = judging
        self._store = None if judging is None else judging.store
        self._collections = None if judging is None else judging.collections

    def on_collect(self, data: Any) -> None:
        """
        Keep a collection.

        Args:
            data: The SDK's `MetricsData`.
        """
        if self._collections is None:
            from otel_agent.processors.series_writer import SeriesWriter
            from otel_agent.series.store import Store

            self._store = Store()
            self._collections = SeriesWriter(self._store)
        self._collections.on_collect(data)

    def query(self, expression: str, at_ms: int) -> list[tuple[dict[str, str], float]]:
        """
        Evaluate an expression.

        Args:
            expression: PromQL, in the subset rules have.
            at_ms: The moment, in milliseconds since 1970.

        Returns:
            Labels and value of each element. Native histograms count as their number of observations.

        Raises:
            RuleError: The expression cannot be understood, or has no answer.
        """
        from otel_agent.alerts.promql.evaluation import Context, evaluate
        from otel_agent.alerts.promql.nodes import EvaluationError
        from otel_agent.alerts.promql.parsing import parse

        parsed = parse(expression)
        if self._store is None:
            return []
        try:
            vector = evaluate(parsed, Context(self._store, at_ms))
        except EvaluationError as error:
            raise RuleError([f"{expression}: {error}"]) from error
        return [(labels.as_dict(), _number(value)) for labels, value in vector]

    def reinit_after_fork(self) -> None:
        """Know nothing of the parent in a forked child."""
        if self._judging is None:
            self._store = self._collections = None


def _number(value: "float | NativeHistogram") -> float:
    return value if isinstance(value, float) else value.count
