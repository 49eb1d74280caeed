"""
How fast the error budget of an objective is used up.

An objective of 99.9 % leaves a budget of 0.1 %. A rate of 1 uses it up exactly over the period. Pages come at 14.4 and 6 times
that over an hour and six, tickets at 3 and 1 times over a day and three, each confirmed by a twelfth of the window so that it
ends soon after the trouble does. For other periods than 30 days the windows keep their share of the period.

A window longer than the process has lived is not judged as if it were complete: there must be counts as old as the window. And
there must be at least ten bad events, because one failure of three calls is no trend.

Source: https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts
"""

from otel_agent.alerts.rules.durations import duration_text
from otel_agent.alerts.shorthand.drafts import RuleDraft, drafted
from otel_agent.alerts.shorthand.fields import Fields, quoted
from otel_agent.alerts.shorthand.spans import CALLS
from otel_agent.series.naming import Naming

__all__ = ["burn_rate"]

MONTH_S = 2_592_000.0
PAGES = ((14.4, 3600.0, 300.0), (6.0, 21_600.0, 1800.0))
TICKETS = ((3.0, 86_400.0, 7200.0), (1.0, 259_200.0, 21_600.0))
"""Rate, window and confirming window, for a period of 30 days, in seconds."""
LEAST_WINDOW_S = 30.0


def burn_rate(fields: Fields, naming: Naming) -> list[RuleDraft]:
    """
    Two alerts: `name` pages, `nameSlow` is a ticket.

    Args:
        fields: name, objective in percent, period, span, or bad and total as selectors of counters; min_bad.
        naming: Which translation.
    """
    del naming
    name, objective = fields.name(), fields.number("objective")
    if objective is not None and not 0 < objective < 100:  # noqa: PLR2004 - percent
        fields.say("objective", f"expected a percentage such as 99.9, found {objective:g}")
        objective = 99.0
    period_s, least = fields.duration("period", MONTH_S), fields.number("min_bad", 10.0)
    bad, total, by = _counters(fields)
    budget = 1 - (objective or 99.0) / 100
    scale = period_s / MONTH_S
    drafts = []
    for suffix, severity, windows in (("", fields.text("severity", "critical"), PAGES), ("Slow", "warning", TICKETS)):
        parts = [_burns(bad, total, by, budget, least, window) for window in _scaled(windows, scale)]
        summary = (
            f"{name}: {{{{ $value | humanizePercentage }}}} fail, the objective of {objective:.15g} % is in danger"
        )
        drafts.append(drafted(fields, name + suffix, " or ".join(parts), summary, severity=severity))
    return drafts


def _scaled(windows: tuple[tuple[float, float, float], ...], scale: float) -> list[tuple[float, float, float]]:
    return [
        (rate, max(LEAST_WINDOW_S, window_s * scale), max(LEAST_WINDOW_S, confirm_s * scale))
        for rate, window_s, confirm_s in windows
    ]


def _counters(fields: Fields) -> tuple[str, str, str]:
    span = fields.text("span", None)
    bad, total = fields.text("bad", None), fields.text("total", None)
    if span is not None and bad is None and total is None:
        chosen = f"span_name={quoted(span)}"
        return (
            f'{CALLS}{{{chosen}, status_code="STATUS_CODE_ERROR"}}',
            f"{CALLS}{{{chosen}}}",
            "sum by (job, span_name)",
        )
    if span is not None or bad is None or total is None:
        fields.say("span", "say either span, or both bad and total, which are selectors of counters")
    return str(bad or "bad_total"), str(total or "all_total"), "sum by (job)"


def _burns(bad: str, total: str, by: str, budget: float, least: float, window: tuple[float, float, float]) -> str:
    rate, window_s, confirm_s = window
    long, short = duration_text(window_s), duration_text(confirm_s)
    limit = f"{rate * budget:.12g}"
    ratios = [f"{by} (rate({bad}[{length}])) / {by} (rate({total}[{length}])) > {limit}" for length in (long, short)]
    conditions = [
        *(f"({ratio})" for ratio in ratios),
        f"({by} (increase({bad}[{long}])) >= {least:.15g})",
        f"({by} ({total} offset {long}))",
    ]
    return f"({' and '.join(conditions)})"
