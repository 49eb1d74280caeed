"""
Durations as the SDK's exponential histograms, for the metric reader.

Points are cumulative. Buckets are made coarser, by whole powers of two, until a point fits into the SDK's usual number of them; a
coarser bucket is the sum of whole finer ones, so counts stay exact.

Source: https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
"""

from collections.abc import Callable, Sequence
from typing import Any

from opentelemetry.sdk.metrics import Exemplar
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Buckets,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Metric,
    ScopeMetrics,
)
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from otel_agent.catalog.functions import DURATION
from otel_agent.clock import wall_ns
from otel_agent.recording.durations import Durations
from otel_agent.recording.exponential_buckets import ExponentialBuckets, as_dense
from otel_agent.recording.function_durations import Example

__all__ = ["MAX_BUCKETS", "producer"]

MAX_BUCKETS = 160
"""Most buckets of one point. Source: the SDK's default for exponential histograms."""


def producer(scope: str, durations: Durations) -> Callable[[], Sequence[ScopeMetrics]]:
    """
    Make a producer for the metric reader.

    Args:
        scope: Name of the instrumentation scope.
        durations: Durations that are exported.

    Returns:
        A function that gives one cumulative exponential histogram with a point for each function and outcome; nothing before the first call.
    """
    instrumentation = InstrumentationScope(scope)

    def produce() -> Sequence[ScopeMetrics]:
        now_ns = wall_ns()
        examples = durations.examples()
        points = [
            _point(name, error_type, distribution, (durations.start_ns, now_ns), examples.get((name, error_type)))
            for name, error_type, distribution in durations.collect()
        ]
        if not points:
            return ()
        data = ExponentialHistogram(points, AggregationTemporality.CUMULATIVE)
        return [ScopeMetrics(instrumentation, [Metric(DURATION.name, DURATION.description, DURATION.unit, data)], "")]

    return produce


def _point(
    name: str,
    error_type: str | None,
    distribution: ExponentialBuckets,
    span_ns: tuple[int, int],
    example: Example | None,
) -> ExponentialHistogramDataPoint:
    attributes: dict[str, Any] = {"code.function.name": name}
    if error_type is not None:
        attributes["error.type"] = error_type
    scale, offset, counts = as_dense(distribution.counts, MAX_BUCKETS)
    return ExponentialHistogramDataPoint(
        attributes=attributes,
        start_time_unix_nano=span_ns[0],
        time_unix_nano=span_ns[1],
        count=sum(counts) + distribution.zeros,
        sum=distribution.sum_ns / 1e9,
        scale=scale,
        zero_count=distribution.zeros,
        positive=Buckets(offset, counts),
        negative=Buckets(0, []),
        flags=0,
        min=distribution.min_ns / 1e9,
        max=distribution.max_ns / 1e9,
        exemplars=[] if example is None else [_exemplar(example)],
    )


def _exemplar(example: Example) -> Exemplar:
    value = example.duration_ns / 1e9
    return Exemplar({}, value, example.time_ns, span_id=example.span_id, trace_id=example.trace_id)
