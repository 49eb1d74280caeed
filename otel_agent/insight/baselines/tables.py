"""A comparison as text, for a terminal, and as plain values, for programs."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from otel_agent.insight.baselines.verdicts import Comparison

__all__ = ["as_table", "as_values", "duration", "percentage", "refusal"]

_COLUMNS = ("function", "baseline", "now", "change", "p", "runs", "verdict")


def as_table(comparisons: Sequence[Comparison]) -> str:
    """
    A line for each function, and a last one that sums up.

    Args:
        comparisons: In the order wanted.
    """
    rows = [
        (
            each.function,
            duration(each.before_s),
            duration(each.after_s),
            percentage(each.change_ratio),
            "" if each.p_value is None else f"{each.p_value:.2g}",
            f"{each.runs_before}:{each.runs_after}",
            each.verdict,
        )
        for each in comparisons
    ]
    widths = [max(len(row[column]) for row in (_COLUMNS, *rows)) for column in range(len(_COLUMNS))]
    lines = [
        "  ".join(
            cell.ljust(width) if position in (0, len(_COLUMNS) - 1) else cell.rjust(width)
            for position, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (_COLUMNS, *rows)
    ]
    counts = Counter(each.verdict for each in comparisons)
    summary = ", ".join(
        f"{counts[verdict]} {verdict}" for verdict in ("slower", "faster", "same", "not enough data") if counts[verdict]
    )
    return "\n".join([*lines, "", summary or "no function was measured"])


def as_values(comparisons: Sequence[Comparison]) -> list[dict[str, Any]]:
    """
    Every comparison as a plain dictionary.

    Args:
        comparisons: In the order wanted.
    """
    return [{name: getattr(each, name) for name in Comparison.__slots__} for each in comparisons]


def duration(seconds: float | None) -> str:
    """
    A duration in the unit that suits it: "12.3 ms".

    Args:
        seconds: `None`: not measured.
    """
    if seconds is None:
        return "-"
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}" if seconds * factor < 1000 else f"{seconds * factor:.0f} {unit}"  # noqa: PLR2004 - of three digits
    return f"{seconds * 1e9:.0f} ns"


def percentage(ratio: float | None) -> str:
    """
    A change in per cent with its sign: "+12.3 %".

    Args:
        ratio: As a share; `None`: not known.
    """
    return "" if ratio is None else f"{ratio * 100:+.1f} %"


def refusal(path: Path, reasons: Sequence[str]) -> str:
    """
    Why nothing was compared, and what to do.

    Args:
        path: The baseline.
        reasons: What differs between its environment and this one.
    """
    return f"{path} was recorded in another environment ({'; '.join(reasons)}); record one here"
