"""
How fast the error budget of an objective is used up.

An objective of 99.9 % leaves a budget of 0.1 %. A rate of 1 uses it up exactly over the period. Pages come at 14.4 and 6 times
that over an hour and six, tickets at 3 and 1 times over a day and three, each confirmed by a twelfth of the window so that it
ends soon after the trouble does. For other periods than 30 days the windows keep their share of the period.

A window longer than the process has lived is not judged as if it were complete: there must be counts as old as the window. And
there must be at least ten bad events, because one failure of three calls is no trend.

Source: https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts
"""

from otel_agent.alerts.shorthand.drafts import RuleDraft, drafted, quoted
from otel_agent.alerts.shorthand.spans import CALLS
from otel_agent.config.durations import duration_text
from otel_agent.config.sections.alert_rules import BurnRateRuleSettings
from otel_agent.series.naming import Naming

__all__ = ["burn_rate"]

MONTH_S = 2_592_000.0
PAGES = ((14.4, 3600.0, 300.0), (6.0, 21_600.0, 1800.0))
TICKETS = ((3.0, 86_400.0, 7200.0), (1.0, 259_200.0, 21_600.0))
"""Rate, window and confirming window, for a period of 30 days, in seconds."""
LEAST_WINDOW_S = 30.0


def burn_rate(settings: BurnRateRuleSettings, naming: Naming) -> list[RuleDraft]:
    """
    Two alerts: `name` pages, `nameSlow` is a ticket.

    Args:
        settings: The entry.
        naming: Not needed; spans and selectors are named as Prometheus shows them.
    """
    del naming
    bad, total, by = _counters(settings)
    budget, scale = 1 - settings.objective / 100, settings.period / MONTH_S
    drafts = []
    for suffix, severity, windows in (("", settings.severity, PAGES), ("Slow", "warning", TICKETS)):
        parts = [_burns(bad, total, by, budget, settings.min_bad, window) for window in _scaled(windows, scale)]
        summary = (
            f"{settings.name}: {{{{ $value | humanizePercentage }}}} fail, "
            f"the objective of {settings.objective:.15g} % is in danger"
        )
        name = settings.name + suffix
        drafts.append(drafted(settings, " or ".join(parts), summary, name=name, severity=severity))
    return drafts


def _scaled(windows: tuple[tuple[float, float, float], ...], scale: float) -> list[tuple[float, float, float]]:
    return [
        (rate, max(LEAST_WINDOW_S, window_s * scale), max(LEAST_WINDOW_S, confirm_s * scale))
        for rate, window_s, confirm_s in windows
    ]


def _counters(settings: BurnRateRuleSettings) -> tuple[str, str, str]:
    if settings.span is None:
        return str(settings.bad), str(settings.total), "sum by (job)"
    chosen = f"span_name={quoted(settings.span)}"
    return (
        f'{CALLS}{{{chosen}, status_code="STATUS_CODE_ERROR"}}',
        f"{CALLS}{{{chosen}}}",
        "sum by (job, span_name)",
    )


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
