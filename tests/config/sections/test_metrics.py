"""Collection and sending of metrics."""

from otel_agent.config.sections.metrics import MetricsSettings


def test_metrics_are_collected_each_second_and_sent_each_minute() -> None:
    """Of machine, process and runtime, without further detail."""
    metrics = MetricsSettings()

    assert (1.0, 60.0) == (metrics.collect_interval_s, metrics.interval_s)
    assert (True, True, True, True, False) == (
        metrics.enabled,
        metrics.host,
        metrics.process,
        metrics.runtime,
        metrics.detail,
    )
