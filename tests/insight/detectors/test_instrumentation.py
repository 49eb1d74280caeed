"""Spans that cost too much."""

from otel_agent.insight.detectors.instrumentation import SPAN_S, span_cost_s


def test_only_many_quick_calls_are_too_many() -> None:
    """What takes long, or is called seldom, has its span for nothing."""
    assert 100_000 * SPAN_S == span_cost_s(100_000, 0.1, 1.0)
    assert span_cost_s(100_000, 50.0, 60.0) is None
    assert span_cost_s(100_000, 0.1, 3600.0) is None
    assert span_cost_s(500, 0.0001, 0.01) is None
