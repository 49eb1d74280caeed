"""Sizes and times of delivery fit each other."""

import pytest

from otel_agent.delivery.settings import SIGNALS, DeliverySettings


@pytest.mark.parametrize("signal", SIGNALS)
def test_each_signal_has_a_limit_of_its_own(signal: str) -> None:
    """The limit of a queue is the setting of its signal."""
    settings = DeliverySettings(queue_spans=1, queue_logs=2, queue_metrics=3)

    assert {"traces": 1, "logs": 2, "metrics": 3}[signal] == settings.queue_limit(signal)


def test_a_request_stays_below_what_grpc_receivers_take() -> None:
    """The default size leaves room for a frame below 4 MiB."""
    assert DeliverySettings().request_bytes < 4 << 20


def test_first_waits_are_shorter_than_longest() -> None:
    """Both pairs of waits grow."""
    settings = DeliverySettings()

    assert 0 < settings.retry_first_s < settings.retry_most_s
    assert 0 < settings.held_first_s < settings.held_most_s
