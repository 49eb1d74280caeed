"""
A comparison as SVG, to be pasted into a pull request or a page.

Each function has a line: its run medians before and after as dots, the medians of these as strokes, on an axis of the change against
the baseline. Dots are runs, so that the spread that the verdict had to overcome is seen.
"""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from otel_agent.insight.baselines.tables import duration, percentage
from otel_agent.insight.baselines.verdicts import Comparison

__all__ = ["MOST_LINES", "as_picture"]

MOST_LINES = 40
"""Functions that are drawn; the table has them all."""

_COLORS = {"slower": "#c62828", "faster": "#2e7d32", "same": "#546e7a", "not enough data": "#9e9e9e"}
_LINE, _TOP, _LEFT, _WIDTH, _RIGHT = 34, 56, 300, 420, 240
_WIDEST_NAME = 42
_LEAST_SPAN = 0.12
"""Half the width of the axis at least, as a share: a line of equal runs is not blown up to look like a change."""
_MOST_SPAN = 3.0


def as_picture(
    comparisons: Sequence[Comparison],
    before: Mapping[str, Sequence[float]],
    after: Mapping[str, Sequence[float]],
    title: str = "Run medians against the baseline",
) -> str:
    """
    Draw a comparison.

    Args:
        comparisons: In the order wanted; those that only one side has are left out.
        before: The baseline's run medians by function, in seconds.
        after: The later run medians by function, in seconds.
        title: Stands above.

    Returns:
        An SVG document without references to anything outside.
    """
    drawn = [each for each in comparisons if each.before_s and each.after_s is not None][:MOST_LINES]
    span = _span(drawn, before, after)
    height = _TOP + _LINE * max(1, len(drawn)) + 34
    width = _LEFT + _WIDTH + _RIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="26" font-size="16" fill="#212121">{escape(title)}</text>',
        f'<text x="{_LEFT + _WIDTH + 16}" y="26" fill="#616161">hollow: baseline, full: now</text>',
        *_axis(span, height),
    ]
    if not drawn:
        parts.append(f'<text x="16" y="{_TOP + 20}" fill="#616161">no function was measured on both sides</text>')
    for position, each in enumerate(drawn):
        parts.extend(_drawn_line(each, before[each.function], after[each.function], span, _TOP + _LINE * position + 18))
    return "\n".join([*parts, "</svg>", ""])


def _span(
    drawn: Sequence[Comparison], before: Mapping[str, Sequence[float]], after: Mapping[str, Sequence[float]]
) -> float:
    changes = [
        abs(value / each.before_s - 1)
        for each in drawn
        if each.before_s
        for value in (*before[each.function], *after[each.function])
    ]
    return min(_MOST_SPAN, max([_LEAST_SPAN, *changes]) * 1.05)


def _axis(span: float, height: int) -> list[str]:
    parts = []
    for share in (-1.0, -0.5, 0.0, 0.5, 1.0):
        x = _x(share * span, span)
        color = "#9e9e9e" if share == 0 else "#e0e0e0"
        parts.append(f'<line x1="{x:.1f}" y1="{_TOP - 8}" x2="{x:.1f}" y2="{height - 28}" stroke="{color}"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{height - 10}" text-anchor="middle" fill="#616161">{percentage(share * span)}</text>'
        )
    return parts


def _drawn_line(each: Comparison, before: Sequence[float], after: Sequence[float], span: float, y: int) -> list[str]:
    base, color = each.before_s or 1.0, _COLORS[each.verdict]
    name = each.function if len(each.function) <= _WIDEST_NAME else "…" + each.function[1 - _WIDEST_NAME :]
    now = _x((each.after_s or 0.0) / base - 1, span)
    said = f"{duration(each.before_s)} → {duration(each.after_s)}  {percentage(each.change_ratio)}  {each.verdict}"
    return [
        f'<text x="{_LEFT - 14}" y="{y + 4}" text-anchor="end" fill="#212121">{escape(name)}</text>',
        *(
            f'<circle cx="{_x(value / base - 1, span):.1f}" cy="{y - 5}" r="3" fill="none" stroke="#78909c"/>'
            for value in before
        ),
        *(
            f'<circle cx="{_x(value / base - 1, span):.1f}" cy="{y + 5}" r="3" fill="{color}" fill-opacity="0.6"/>'
            for value in after
        ),
        f'<line x1="{_x(0.0, span):.1f}" y1="{y - 11}" x2="{_x(0.0, span):.1f}" y2="{y + 1}" stroke="#37474f" stroke-width="2"/>',
        f'<line x1="{now:.1f}" y1="{y - 1}" x2="{now:.1f}" y2="{y + 11}" stroke="{color}" stroke-width="2"/>',
        f'<text x="{_LEFT + _WIDTH + 16}" y="{y + 4}" fill="{color}">{escape(said)}</text>',
    ]


def _x(change: float, span: float) -> float:
    return _LEFT + _WIDTH * (min(max(change, -span), span) / span + 1) / 2
