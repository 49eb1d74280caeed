"""
Names of metrics that rules read and nobody writes: the nearest name there is.

Of this package's own metrics all names are known when rules are read. Those of the agent's are known when it has measured; a
rule that has found nothing for a minute is compared with them then.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache

from otel_agent.alerts.rules.model import RuleGroup
from otel_agent.catalog import METRICS, InstrumentKind
from otel_agent.series.naming import Naming, metric_name

__all__ = ["misspelt_metric", "misspelt_series", "nearest_name"]

_LIKENESS = 0.85
_LETTERS = 2
"""Letters that may be wrong, missing or too many."""
_SUFFIXES = ("_ratio", "_total", "_seconds", "_bytes", "_seconds_total", "_bytes_total")
"""What Prometheus's names have behind those of OpenTelemetry."""


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """
    The name that was meant.

    Args:
        name: A name that is not known.
        known: Names there are.

    Returns:
        The one that differs in a letter or two, or only lacks what Prometheus appends; `None` when there is none.
    """
    names = list(known)
    for suffix in _SUFFIXES:
        if name + suffix in names:
            return name + suffix
    near = get_close_matches(name, names, 3, _LIKENESS)
    return next((one for one in near if _distance(name, one) <= _LETTERS), None)


def misspelt_metric(name: str) -> str | None:
    """
    The metric of this package that was meant by a name of an instrument.

    Args:
        name: Such as "system.memory.utilisation".

    Returns:
        Its name; `None` when the name is right, or nothing tells.
    """
    return None if name in METRICS else nearest_name(name, METRICS)


def misspelt_series(groups: Iterable[RuleGroup], naming: Naming = Naming.OTLP) -> list[str]:
    """
    Lines about rules that read a series whose name is almost that of one of this package's.

    Args:
        groups: Every rule there is; what they record is known too.
        naming: Which translation of metric names they are written in.
    """
    rules = [rule for group in groups for rule in group.rules]
    known = _written_series(naming) | {rule.name for rule in rules if rule.is_recording}
    lines = []
    for rule in rules:
        for name in rule.expression.names:
            near = None if name in known else nearest_name(name, known)
            if near is not None:
                lines.append(
                    f"{rule.source}: rule {rule.name!r} reads {name}, which nobody writes; did you mean {near}?"
                )
    return lines


@cache
def _written_series(naming: Naming) -> frozenset[str]:
    names = set()
    for metric in METRICS.values():
        is_gauge, is_counter = metric.kind is InstrumentKind.GAUGE, metric.kind is InstrumentKind.COUNTER
        name = metric_name(metric.name, metric.unit, is_gauge=is_gauge, is_counter=is_counter, naming=naming)
        names.add(name)
        if metric.kind in (InstrumentKind.HISTOGRAM, InstrumentKind.EXPONENTIAL_HISTOGRAM):
            names |= {f"{name}_{part}" for part in ("bucket", "sum", "count")}
    spans = {f"traces_span_metrics_duration_seconds_{part}" for part in ("bucket", "sum", "count")}
    return frozenset(names | spans | {"traces_span_metrics_calls_total", "traces_span_metrics_exceptions_total", "up"})


def _distance(left: str, right: str) -> int:
    """Letters to change, to add or to take away, as far as matters."""
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, 1):
        before, row = row, [i]
        for j, other in enumerate(right, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != other)))
    return row[-1]
