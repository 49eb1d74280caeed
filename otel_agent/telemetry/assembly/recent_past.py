"""
The recent past: what was measured each second, kept in memory and asked in PromQL.

Where there are rules, their store is this one. Otherwise it is made with the first collection, on the thread that collects,
so that starting an agent without rules does not pay for it.
"""

from typing import TYPE_CHECKING, Any

from otel_agent.errors import RuleError
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from otel_agent.alerts.promql import evaluation, nodes, parsing
    from otel_agent.processors import series_writer
    from otel_agent.series import store
    from otel_agent.series.histograms import NativeHistogram
    from otel_agent.telemetry.assembly.alerting import AlertAssembly
else:
    evaluation = late_module("otel_agent.alerts.promql.evaluation")
    nodes = late_module("otel_agent.alerts.promql.nodes")
    parsing = late_module("otel_agent.alerts.promql.parsing")
    series_writer = late_module("otel_agent.processors.series_writer")
    store = late_module("otel_agent.series.store")

__all__ = ["RecentPast"]


class RecentPast:
    """
    Takes every collection; answers questions.

    Args:
        alerting: Rules whose store is used; None makes one.
    """

    def __init__(self, alerting: "AlertAssembly | None" = None) -> None:
        self._alerting = alerting
        self._store = None if alerting is None else alerting.store
        self._writer = None if alerting is None else alerting.series_writer

    def on_collect(self, data: Any) -> None:
        """
        Keep a collection.

        Args:
            data: One collection, as the SDK's `MetricsData`.
        """
        if self._writer is None:
            self._store = store.Store()
            self._writer = series_writer.SeriesWriter(self._store)
        self._writer.on_collect(data)

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
        parsed = parsing.parse(expression)
        if self._store is None:
            return []
        try:
            vector = evaluation.evaluate(parsed, evaluation.Context(self._store, at_ms))
        except nodes.EvaluationError as error:
            raise RuleError([f"{expression}: {error}"]) from error
        return [(labels.as_dict(), _number(value)) for labels, value in vector]

    def reinit_after_fork(self) -> None:
        """Know nothing of the parent in a forked child."""
        if self._alerting is None:
            self._store = self._writer = None


def _number(value: "float | NativeHistogram") -> float:
    # Counters of whole numbers are kept as they came.
    return float(value) if isinstance(value, int | float) else value.count
