"""What spans tell: errors, slowness, exceptions."""

from otel_agent.alerts.rules.durations import duration_text
from otel_agent.alerts.shorthand.drafts import RuleDraft, drafted
from otel_agent.alerts.shorthand.fields import Fields, quoted
from otel_agent.series.naming import Naming

__all__ = ["exception", "span_errors", "span_latency"]

CALLS = "traces_span_metrics_calls_total"
DURATION = "traces_span_metrics_duration_seconds"
EXCEPTIONS = "traces_span_metrics_exceptions_total"
BY = "by (job, span_name)"


def span_errors(fields: Fields, naming: Naming) -> list[RuleDraft]:
    """
    Too large a share of a span's calls fails; silent while there are too few calls to tell.

    Args:
        fields: name, span, ratio_above, window, min_calls.
        naming: Which translation.
    """
    del naming
    name, span = fields.name(), quoted(str(fields.text("span")))
    limit, least = fields.share("ratio_above"), fields.number("min_calls", 20.0)
    window = duration_text(fields.duration("window", 300.0))
    failed = f'sum {BY} (rate({CALLS}{{span_name={span}, status_code="STATUS_CODE_ERROR"}}[{window}]))'
    calls = f"{CALLS}{{span_name={span}}}[{window}]"
    expression = (
        f"{failed} / sum {BY} (rate({calls})) > {limit or 0.0:.15g} and sum {BY} (increase({calls})) >= {least:.15g}"
    )
    summary = "{{ $value | humanizePercentage }} of the calls of {{ $labels.span_name }} fail"
    return [drafted(fields, name, expression, summary, is_woken=True)]


def span_latency(fields: Fields, naming: Naming) -> list[RuleDraft]:
    """
    A quantile of a span's duration is too long; silent while there are too few calls to tell.

    Args:
        fields: name, span, quantile, above, window, min_calls.
        naming: Which translation.
    """
    del naming
    name, span = fields.name(), quoted(str(fields.text("span")))
    share, limit_s = fields.share("quantile", 0.99), fields.quantity("above")
    window, least = duration_text(fields.duration("window", 300.0)), fields.number("min_calls", 20.0)
    chosen = f"{{span_name={span}}}[{window}]"
    buckets = f"sum by (le, job, span_name) (rate({DURATION}_bucket{chosen}))"
    enough = f"sum {BY} (increase({DURATION}_count{chosen})) >= {least:.15g}"
    expression = f"histogram_quantile({share:.15g}, {buckets}) > {limit_s or 0.0:.15g} and {enough}"
    summary = f"{share * 100:.15g} % of the calls of {{{{ $labels.span_name }}}} take up to {{{{ $value | humanizeDuration }}}}"
    return [drafted(fields, name, expression, summary)]


def exception(fields: Fields, naming: Naming) -> list[RuleDraft]:
    """
    An exception of a type was recorded on a span; evaluated at once when it happens.

    Args:
        fields: name, type, window: for how long one occurrence counts.
        naming: Which translation.
    """
    del naming
    name, kind = fields.name(), str(fields.text("type"))
    window = duration_text(fields.duration("window", 60.0))
    chosen = f"exception_type={quoted(kind.rpartition('.')[2])}"
    expression = f"sum by (job, span_name, exception_type) (increase({EXCEPTIONS}{{{chosen}}}[{window}])) > 0"
    summary = "{{ $labels.exception_type }} in {{ $labels.span_name }}"
    return [drafted(fields, name, expression, summary, is_woken=True)]
