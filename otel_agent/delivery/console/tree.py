"""
One trace drawn as a tree. Pure: spans in, lines out.

    trade_day                                    14.1 ms
    ├─ trade_symbol                               9.7 ms
    │  ├─ quotes                                  2.3 ms
    │  └─ order_size                              1.9 ms  ✗ RiskLimitError: volatility 47 % is above 45 %
    └─ trade_symbol                               9.9 ms

Text from spans is foreign: anything a terminal could take for a command is replaced before it is drawn.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from otel_agent.outgoing_texts import printable

__all__ = ["SpanNode", "draw", "duration_text"]

NAME_WIDTH = 52
"""Columns for branches and name; longer ones push the duration right."""

NOTE_WIDTH = 100
"""Characters of an error's description that are shown."""

SIBLINGS_SHOWN = 8
"""Equal-named children without an error beyond this many are counted instead of drawn."""


@dataclass(frozen=True, slots=True)
class SpanNode:
    """What the drawing needs to know of a span."""

    span_id: int
    """64 bits."""
    parent_id: int
    """0 for a root."""
    name: str
    start_ns: int
    end_ns: int
    error: str | None
    """Description of the failure; None for a span that did not fail, "" for one that failed without words."""


def draw(spans: Sequence[SpanNode], *, colour: bool = False) -> list[str]:
    """
    Draw the spans of one trace.

    Args:
        spans: In any order. A span whose parent is not among them is drawn as a root.
        colour: Whether to use ANSI colours.

    Returns:
        One line a span, but for long runs of equal siblings, of which the first few are drawn and the rest counted.
    """
    known = {span.span_id for span in spans}
    children: dict[int, list[SpanNode]] = defaultdict(list)
    for span in sorted(spans, key=lambda span: span.start_ns):
        children[span.parent_id if span.parent_id in known else 0].append(span)
    lines: list[str] = []
    for root in children[0]:
        lines.append(_line("", root, colour=colour))
        lines.extend(_branches(root, children, "", colour=colour))
    return lines


def _branches(parent: SpanNode, children: dict[int, list[SpanNode]], indent: str, *, colour: bool) -> Iterator[str]:
    shown, hidden = _shorten(children.get(parent.span_id, []))
    for index, child in enumerate(shown):
        is_last = index == len(shown) - 1 and not hidden
        yield _line(indent + ("└─ " if is_last else "├─ "), child, colour=colour)
        yield from _branches(child, children, indent + ("   " if is_last else "│  "), colour=colour)
    if hidden:
        yield f"{indent}└─ … {hidden} more like these"


def _shorten(siblings: list[SpanNode]) -> tuple[list[SpanNode], int]:
    seen: dict[str, int] = defaultdict(int)
    shown = []
    for sibling in siblings:
        seen[sibling.name] += 1
        if seen[sibling.name] <= SIBLINGS_SHOWN or sibling.error is not None:
            shown.append(sibling)
    return shown, len(siblings) - len(shown)


def _line(branch: str, span: SpanNode, *, colour: bool) -> str:
    head = f"{branch}{printable(span.name)}".ljust(NAME_WIDTH)
    line = f"{head} {duration_text(span.end_ns - span.start_ns):>9}"
    if span.error is None:
        return line
    line = f"{line}  ✗ {printable(span.error)[:NOTE_WIDTH]}"
    return f"\x1b[31m{line}\x1b[0m" if colour else line


def duration_text(duration_ns: int) -> str:
    """
    A duration as people read it.

    Args:
        duration_ns: Nanoseconds.

    Returns:
        Three significant digits or so with a unit: "870 ns", "14.1 ms", "2.31 s".
    """
    value = float(max(duration_ns, 0))
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if value >= size:
            scaled = value / size
            return f"{scaled:.3g} {unit}" if scaled < 1000 else f"{scaled:.0f} {unit}"  # noqa: PLR2004 - 1e+03 is no number for people
    return f"{value:.0f} ns"
