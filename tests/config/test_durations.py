"""Lengths of time as Prometheus writes them."""

import pytest

from otel_agent.config.durations import duration_s, duration_text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5m", 300), ("1h30m", 5400), ("250ms", 0.25), ("0", 0), ("1d", 86400), ("1w", 604800), (7, 7.0)],
)
def test_durations_are_read(text: object, seconds: float) -> None:
    """Lengths of time are read as Prometheus writes them."""
    assert seconds == duration_s(text)


@pytest.mark.parametrize(
    "text", ["", "5", "m5", "5m1h", "-5m", "5 m", True, -1, None, "1.5h", "9" * 4000 + "s", float("nan")]
)
def test_what_is_no_duration_is_refused(text: object) -> None:
    """Everything else is refused with the right form in the message."""
    with pytest.raises(ValueError, match="write it like 30s"):
        duration_s(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (90, "1m30s"), (0.25, "250ms"), (86400, "1d"), (691200, "8d"), (604800, "1w"), (259200, "3d")],
)
def test_durations_are_written(seconds: float, text: str) -> None:
    """What is written is what Prometheus would write, and is read back the same."""
    assert text == duration_text(seconds)
    assert seconds == duration_s(text)
