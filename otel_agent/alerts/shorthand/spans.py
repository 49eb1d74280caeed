"""What spans tell: errors, slowness, exceptions."""

from otel_agent.alerts.shorthand.drafts import RuleDraft, drafted, quoted
from otel_agent.config.durations import duration_text
from otel_agent.config.sections.alert_rules import (
    ExceptionRuleSettings,
    SpanErrorsRuleSettings,
    SpanLatencyRuleSettings,
)
from otel_agent.series.naming import Naming

__all__ = ["exception", "span_errors", "span_latency"]

CALLS = "traces_span_metrics_calls_total"
DURATION = "traces_span_metrics_duration_seconds"
EXCEPTIONS = "traces_span_metrics_exceptions_total"
BY = "by (job, span_name)"


def span_errors(settings: SpanErrorsRuleSettings, naming: Naming) -> list[RuleDraft]:
    """
    Too large a share of a span's calls fails; silent while there are too few calls to tell.

    Args:
        settings: The entry.
        naming: Not needed; spans are named as Prometheus shows them.
    """
    del naming
    span, window = quoted(settings.span), duration_text(settings.window)
    failed = f'sum {BY} (rate({CALLS}{{span_name={span}, status_code="STATUS_CODE_ERROR"}}[{window}]))'
    calls = f"{CALLS}{{span_name={span}}}[{window}]"
    expression = (
        f"{failed} / sum {BY} (rate({calls})) > {settings.ratio_above:.15g} "
        f"and sum {BY} (increase({calls})) >= {settings.min_calls:.15g}"
    )
    summary = "{{ $value | humanizePercentage }} of the calls of {{ $labels.span_name }} fail"
    value = f"{failed} / sum {BY} (rate({calls}))"
    return [drafted(settings, expression, summary, is_woken=True, value=value)]


def span_latency(settings: SpanLatencyRuleSettings, naming: Naming) -> list[RuleDraft]:
    """
    A quantile of a span's duration is too long; silent while there are too few calls to tell.

    Args:
        settings: The entry.
        naming: Not needed; spans are named as Prometheus shows them.
    """
    del naming
    share, limit_s = settings.quantile, settings.above
    chosen = f"{{span_name={quoted(settings.span)}}}[{duration_text(settings.window)}]"
    buckets = f"sum by (le, job, span_name) (rate({DURATION}_bucket{chosen}))"
    enough = f"sum {BY} (increase({DURATION}_count{chosen})) >= {settings.min_calls:.15g}"
    expression = f"histogram_quantile({share:.15g}, {buckets}) > {limit_s:.15g} and {enough}"
    summary = f"{share * 100:.15g} % of the calls of {{{{ $labels.span_name }}}} take up to {{{{ $value | humanizeDuration }}}}"
    return [drafted(settings, expression, summary, value=f"histogram_quantile({share:.15g}, {buckets})")]


def exception(settings: ExceptionRuleSettings, naming: Naming) -> list[RuleDraft]:
    """
    An exception of a type was recorded on a span; evaluated at once when it happens.

    Args:
        settings: The entry.
        naming: Not needed; spans are named as Prometheus shows them.
    """
    del naming
    window = duration_text(settings.window)
    chosen = f"exception_type={quoted(settings.type.rpartition('.')[2])}"
    expression = f"sum by (job, span_name, exception_type) (increase({EXCEPTIONS}{{{chosen}}}[{window}])) > 0"
    summary = "{{ $labels.exception_type }} in {{ $labels.span_name }}"
    return [drafted(settings, expression, summary, is_woken=True)]
