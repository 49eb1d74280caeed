"""What was seen, in a dozen lines at the end. Pure: figures in, lines out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from otel_agent.delivery.console.tree import duration_text
from otel_agent.outgoing_texts import counted, printable

__all__ = ["CacheFigures", "FunctionFigures", "RunSummary", "render"]

WIDTH = 72
FUNCTIONS_SHOWN = 8
"""The ones that took most time in all."""

FINDINGS_SHOWN = 5
"""The ones that save most."""


@dataclass(frozen=True, slots=True)
class FunctionFigures:
    """How often and how long a function ran."""

    name: str
    calls: int
    errors: int
    total_s: float
    """All its calls together, in seconds."""
    p50_s: float
    p99_s: float


@dataclass(frozen=True, slots=True)
class CacheFigures:
    """How often a cache was asked and knew."""

    name: str
    hits: int
    lookups: int


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Everything the last lines tell."""

    service: str
    elapsed_s: float
    """Since `init`, in seconds."""
    traces: int
    spans: int
    errors: int
    """Spans that failed."""
    log_records: int
    metric_points: int
    """In the last collection."""
    functions: Sequence[FunctionFigures] = field(default=())
    caches: Sequence[CacheFigures] = field(default=())
    alerts: Sequence[str] = field(default=())
    """Alerts firing at the end, a line each; None are none."""
    findings: Sequence[str] = field(default=())
    """What can be made better, a line each, most saving first."""
    health: str | None = None
    """The aggregated state; None when no check is registered."""


def render(summary: RunSummary) -> list[str]:
    """
    Write the figures as lines.

    Args:
        summary: What was counted.

    Returns:
        Lines without line ends, at most `WIDTH` columns but for long names.
    """
    lines = [f"── {printable(summary.service)}: {duration_text(int(summary.elapsed_s * 1e9))} ".ljust(WIDTH, "─")]
    lines.append(f"spans     {summary.spans:,} in {counted(summary.traces, 'trace')}, {summary.errors:,} failed")
    lines.append(f"logs      {counted(summary.log_records, 'record')}")
    lines.append(f"metrics   {counted(summary.metric_points, 'point')} in the last collection")
    lines.extend(_functions(summary.functions))
    lines.extend(_cache(cache) for cache in summary.caches if cache.lookups)
    lines.append(f"alerts    {len(summary.alerts)} firing" if summary.alerts else "alerts    none firing")
    lines.extend(f"  {printable(alert)}" for alert in summary.alerts)
    if summary.findings:
        lines.append(f"findings  {len(summary.findings)}")
        lines.extend(f"  {printable(finding)}" for finding in summary.findings[:FINDINGS_SHOWN])
    if summary.health is not None:
        lines.append(f"health    {summary.health}")
    lines.append("─" * WIDTH)
    return lines


def _functions(functions: Sequence[FunctionFigures]) -> list[str]:
    if not functions:
        return []
    longest = sorted(functions, key=lambda function: -function.total_s)[:FUNCTIONS_SHOWN]
    lines = [f"functions {'':34}{'calls':>7}{'failed':>7}{'p50':>8}{'p99':>8}"]
    for function in longest:
        name = printable(function.name)
        short = name if len(name) <= 42 else f"…{name[-41:]}"  # noqa: PLR2004 - the width of the column
        times = f"{_seconds(function.p50_s):>8}{_seconds(function.p99_s):>8}"
        lines.append(f"  {short:42}{function.calls:>7,}{function.errors:>7,}{times}")
    return lines


def _cache(cache: CacheFigures) -> str:
    return f"cache     {printable(cache.name)}: {cache.hits / cache.lookups:.1%} of {counted(cache.lookups, 'lookup')} answered"


def _seconds(value_s: float) -> str:
    return duration_text(int(value_s * 1e9))
