"""The names of the functions the subset holds, and which of them Prometheus has only behind a switch."""

from otel_agent.alerts.promql.elementwise import ELEMENTWISE
from otel_agent.alerts.promql.windows import COUNTED, SUMMARIES

__all__ = ["EXPERIMENTAL", "FUNCTIONS", "NATIVE"]

NATIVE = frozenset({"histogram_count", "histogram_sum", "histogram_avg", "histogram_fraction"})
"""Functions of native histograms."""

FUNCTIONS = frozenset(
    {
        *ELEMENTWISE,
        *SUMMARIES,
        *COUNTED,
        *NATIVE,
        *("rate", "increase", "delta", "irate", "deriv", "predict_linear"),
        *("last_over_time", "quantile_over_time", "double_exponential_smoothing"),
    }
)
"""Functions computed series by series."""

EXPERIMENTAL = frozenset({"mad_over_time", "double_exponential_smoothing"})
"""Behind `--enable-feature=promql-experimental-functions` in Prometheus 3, absent from earlier ones."""
