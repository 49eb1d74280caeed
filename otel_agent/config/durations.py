"""
Durations as Prometheus writes them: "1h30m".

Source: https://prometheus.io/docs/prometheus/latest/querying/basics/#time-durations
"""

import re

__all__ = ["duration_s", "duration_text"]

_UNITS_MS = {"y": 31_536_000_000, "w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_COUNT = r"(\d{1,15})"
"""More digits would be longer than a float can say."""
_FORM = "".join(f"(?:{_COUNT}{unit})?" for unit in _UNITS_MS)


def duration_s(text: object) -> float:
    """
    Read a duration.

    Args:
        text: A string such as "5m", "1h30m", "250ms" or "0"; a number counts as seconds.

    Returns:
        Seconds, at least 0.

    Raises:
        ValueError: When it is not a duration; the message says how to write one.
    """
    if isinstance(text, int | float) and not isinstance(text, bool) and 0 <= text < _UNITS_MS["y"]:
        return float(text)
    match = re.fullmatch(_FORM, text) if isinstance(text, str) else None
    if text == "0":
        return 0.0
    if match is None or not text:
        raise ValueError(f"{text!r} is not a duration; write it like 30s, 5m or 1h30m")
    return (
        sum(int(count) * unit_ms for count, unit_ms in zip(match.groups(), _UNITS_MS.values(), strict=True) if count)
        / 1000
    )


def duration_text(seconds: float) -> str:
    """
    Write a duration as Prometheus does.

    Args:
        seconds: Length in seconds, at least 0; it is rounded to milliseconds.
    """
    rest_ms = round(seconds * 1000)
    if not rest_ms:
        return "0s"
    parts = []
    for unit, unit_ms in _UNITS_MS.items():
        # Years and weeks only when nothing is left, as Prometheus does: 8d is not 1w1d.
        if unit in ("y", "w") and rest_ms % unit_ms:
            continue
        count, rest_ms = divmod(rest_ms, unit_ms)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)
