"""Fewer points with the same picture: of each stretch of time the smallest and the largest stay."""

from collections.abc import Sequence

__all__ = ["downsample"]


def downsample(times_ms: Sequence[int], values: Sequence[float], limit: int) -> tuple[list[int], list[float]]:
    """
    Reduce points so that no peak is lost.

    Points are taken in stretches of equal count; of each, the first smallest and the first largest are kept, in their
    order. NaN counts only where a stretch has nothing else.

    Args:
        times_ms: When, ascending.
        values: What, as many.
        limit: Points wanted at most; at least 2.

    Returns:
        Times and values, at most `limit` of them, the extremes of the whole among them.

    Raises:
        ValueError: When `limit` is less than 2.
    """
    if limit < 2:  # noqa: PLR2004 - two points are the least a minimum and a maximum need
        raise ValueError(f"downsample to at least 2 points, not {limit}")
    count = len(times_ms)
    if count <= limit:
        return list(times_ms), list(values)
    stretches = limit // 2
    chosen: list[int] = []
    for stretch in range(stretches):
        begin, end = stretch * count // stretches, (stretch + 1) * count // stretches
        known = [i for i in range(begin, end) if values[i] == values[i]] or [begin]
        low, high = min(known, key=values.__getitem__), max(known, key=values.__getitem__)
        chosen.extend(sorted({low, high}))
    return [times_ms[i] for i in chosen], [values[i] for i in chosen]
