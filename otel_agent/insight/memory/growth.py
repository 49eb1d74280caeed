"""
`memory.growth`: the lines and types that grow, in a bounded window.

Five looks in the window say what grows; see `growing`. Lines are known from tracemalloc, which is on for the length of the window; the
lines of a type are those at which its newest objects were allocated.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from otel_agent import primitives
from otel_agent.clock import monotonic_s
from otel_agent.insight.memory.allocation_window import AllocationWindow, LineSize
from otel_agent.insight.memory.growing import LEAST_OBJECTS, grows
from otel_agent.insight.memory.places import is_common, line_text, names_type, place
from otel_agent.insight.memory.type_counts import TypeCounts, count_types, instances

__all__ = ["LineGrowth", "MemoryGrowth", "TypeGrowth", "growth"]

LOOKS = 5
"""Looks in a window."""

MOST_S = 3600.0
"""Longest window, in seconds."""

LONG_PAUSE_S = 0.05
"""A look that stopped the agent for longer is followed by fewer of them."""

_FEW_LOOKS = 3
_LEAST_BYTES = 16_384
_INSTANCES = 200
_LEAST_SHARE = 0.02
"""Lines that keep less than this share of what the first one keeps are not told."""
_NEARLY = 0.8


@dataclass(frozen=True, slots=True)
class TypeGrowth:
    """A type of which there are more and more objects."""

    type: str
    """Full name, "trader.book.Order"."""
    before: int
    """Objects at the first look."""
    after: int
    """Objects at the last look."""
    per_s: float
    """How many more there are each second."""
    places: tuple[str, ...]
    """Where the newest were allocated, the most frequent line first; empty when that is not known."""


@dataclass(frozen=True, slots=True)
class LineGrowth:
    """A line that allocates more and more memory and keeps it."""

    place: str
    """File and line, "trader/book.py:112"."""
    size_bytes: int
    """How much was added between the first and the last look, in bytes."""
    blocks: int
    """The same in blocks of memory; an object has one or more."""
    per_s: float
    """Bytes added each second."""
    text: str = ""
    """The line itself."""


@dataclass(frozen=True, slots=True)
class MemoryGrowth:
    """What grew in a window; `str` is the same for people."""

    seconds: float
    """How long the window was."""
    types: tuple[TypeGrowth, ...]
    """Types that grow, the fastest first."""
    lines: tuple[LineGrowth, ...]
    """Lines that grow, the one that keeps most first."""
    objects: int
    """Objects that the garbage collector knew at the last look."""
    pause_s: float
    """Longest time for which a look stopped the agent, in seconds."""

    def __str__(self) -> str:
        return "\n".join(self._texts())

    def _texts(self) -> Iterator[str]:
        yield f"in {self.seconds:.3g} s, {self.objects} objects, stopped for at most {self.pause_s * 1e3:.3g} ms at a time"
        if not (self.types or self.lines):
            yield "nothing grows"
        for kind in self.types:
            places = f", allocated at {', '.join(kind.places)}" if kind.places else ""
            yield f"type {kind.type}: {kind.before} to {kind.after} objects, {kind.per_s:+.3g} a second{places}"
        for line in self.lines:
            yield f"line {line.place}: {_size(line.size_bytes)} in {line.blocks} blocks kept, {_size(line.per_s)} a second"


class _LineHistory:
    """Bytes and blocks of each line at each look, kept in nothing that the garbage collector counts: our own growth is not the agent's."""

    def __init__(self) -> None:
        self._looks = 0
        self._lines: dict[str, array[int]] = {}

    def add(self, look: Mapping[tuple[str, int], LineSize]) -> None:
        """Keep a look."""
        for (filename, line), (size_bytes, blocks) in look.items():
            known = self._lines.setdefault(f"{filename}\0{line}", array("q"))
            known.extend([0] * (2 * self._looks - len(known)))
            known.append(size_bytes)
            known.append(blocks)
        self._looks += 1

    def growing(self, lasted_s: float) -> list[LineGrowth]:
        """Lines that grow, the one that keeps most first."""
        found = []
        for key, known in self._lines.items():
            sizes, blocks = known[::2], known[1::2]
            if len(sizes) == self._looks and (grows(blocks, LEAST_OBJECTS) or grows(sizes, _LEAST_BYTES)):
                filename, _, line = key.partition("\0")
                more = sizes[-1] - sizes[0]
                text = line_text(filename, int(line))
                found.append(
                    LineGrowth(place(filename, int(line)), more, blocks[-1] - blocks[0], more / lasted_s, text)
                )
        found.sort(key=lambda each: -each.size_bytes)
        return [each for each in found if each.size_bytes >= _LEAST_SHARE * found[0].size_bytes]


def growth(seconds: float = 10, top: int = 10) -> MemoryGrowth:
    """
    Name the lines and types that grow. The calling thread waits; the agent goes on in its others.

    Allocations take about three times as long meanwhile. Nothing is left running behind, also when this is interrupted.

    Args:
        seconds: Length of the window; above 0, at most an hour.
        top: Types and lines that are named, at most, of each.

    Returns:
        What grew at each of five looks.

    Raises:
        ValueError: An argument is out of its range.

    Example:
        ```python
        print(otel_agent.memory.growth(seconds=0.5))
        ```
    """
    if not 0 < seconds <= MOST_S:
        raise ValueError(f"seconds: expected more than 0 and at most {MOST_S:g}, found {seconds!r}")
    if top < 1:
        raise ValueError(f"top: expected at least 1, found {top!r}")
    return watched(seconds, top, primitives.sleep)


def watched(seconds: float, top: int, sleep: Callable[[float], object]) -> MemoryGrowth:
    """
    The same with a wait of the caller's.

    Args:
        seconds: Length of the window.
        top: Types and lines that are named, at most, of each.
        sleep: Waits so many seconds.
    """
    counts: list[TypeCounts] = []
    lines = _LineHistory()
    times_s: list[float] = []
    begin_s = monotonic_s()
    with AllocationWindow() as window:
        looks = LOOKS
        number = 0
        while number < looks:
            number += 1
            sleep(max(0.0, begin_s + seconds * number / looks - monotonic_s()))
            counts.append(count_types())
            lines.add(window.lines())
            times_s.append(monotonic_s())
            if number == 1 and counts[0].pause_s > LONG_PAUSE_S:
                looks = _FEW_LOOKS
        names = _growing_types(counts)
        places = {name: Counter(window.places(found)) for name, found in instances(names, _INSTANCES).items()}
    lasted_s = max(times_s[-1] - times_s[0], 1e-3)
    growing = lines.growing(lasted_s)
    first, last = counts[0], counts[-1]
    types = []
    for name in names:
        before, after = first.counts.get(name, 0), last.counts[name]
        traced = places.get(name, Counter())
        where = [each for each, _ in traced.most_common() if not window.is_ours(each[0])]
        found = tuple(place(*each) for each in where[:3]) or _likely_places(name, after - before, growing)
        if found or not (traced or is_common(name)):
            types.append(TypeGrowth(name, before, after, (after - before) / lasted_s, found))
    return MemoryGrowth(
        monotonic_s() - begin_s,
        tuple(types[:top]),
        tuple(growing[:top]),
        last.objects,
        max(each.pause_s for each in counts),
    )


def _likely_places(name: str, more: int, lines: Sequence[LineGrowth]) -> tuple[str, ...]:
    """Lines that name a type and have allocated as many blocks as there are more objects; Python 3.11 cannot tell where some were."""
    return tuple(each.place for each in lines if each.blocks >= _NEARLY * more and names_type(each.text, name))[:3]


def _growing_types(counts: Sequence[TypeCounts]) -> list[str]:
    stride = max(each.stride for each in counts)
    sizes = {name: [each.counts.get(name, 0) for each in counts] for name in counts[-1].counts}
    found = [name for name, values in sizes.items() if grows(values, LEAST_OBJECTS, stride=stride)]
    return sorted(found, key=lambda name: sizes[name][0] - sizes[name][-1])


def _size(size_bytes: float) -> str:
    return f"{size_bytes / 1024:.3g} KiB" if size_bytes < 1 << 20 else f"{size_bytes / (1 << 20):.3g} MiB"
