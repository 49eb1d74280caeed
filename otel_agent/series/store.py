"""
Store of series: every series of the process, found by labels.

One thread appends, any thread reads. `lock` guards everything here: the appending thread holds it for a whole collection,
a reader for the moment it takes to copy a window. Nothing foreign is ever called while it is held.

All series together are bounded in bytes; see `retention` for what gives way. The number of series is bounded too. A series too
many is counted and refused, never the oldest one thrown out: a series that rules watch must not vanish because something else began to
misbehave. For those that rules read by name there is more room, so that what comes late is seen all the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from otel_agent import primitives
from otel_agent.series.histogram_rings import HistogramRing
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.labels import NAME, Labels
from otel_agent.series.matchers import Matcher, MatchType
from otel_agent.series.retention import SERIES_BYTES, keep_within
from otel_agent.series.rings import COARSE_LIMIT, FINE_LIMIT, STALE, Ring

__all__ = ["SERIES_LIMIT", "Series", "Store"]

SERIES_LIMIT = 10_000
"""Series kept at most."""
WANTED_RESERVE = 5_000
"""As many more of those that rules read by name."""
SELECTIONS_LIMIT = 2_000
"""Different selections remembered at most."""
KEEP_BYTES = 1 << 26
"""Memory of all series together: 64 MiB."""

_TARGET = 0.9
"""Share of the bound that is left when something had to go, so that it is not the same again at once."""
_LOOKS = (5, 30)
"""After how many collections the size is looked at again: at least, and at most."""


class Series:
    """
    One series: its labels and its points.

    Args:
        labels: Labels of the series, its name included.
        points: Its points, which are numbers or native histograms.
    """

    __slots__ = ("is_asked", "labels", "points")

    def __init__(self, labels: Labels, points: Ring | HistogramRing) -> None:
        self.labels = labels
        self.points = points
        self.is_asked = False
        """Whether a rule or a query has asked for it."""


class Store:
    """
    All series, by labels. See the module for what `lock` guarantees.

    Args:
        series_limit: Series kept at most.
        fine_limit: Points kept of each series at full resolution.
        coarse_limit: Minutes kept of each series in the coarse tier; 0 for none.
        keep_bytes: Memory of all series together, in bytes; `None` for no bound.
    """

    def __init__(
        self,
        *,
        series_limit: int = SERIES_LIMIT,
        fine_limit: int = FINE_LIMIT,
        coarse_limit: int = COARSE_LIMIT,
        keep_bytes: int | None = KEEP_BYTES,
    ) -> None:
        self.lock = primitives.Lock()
        self.overflow_count = 0
        """Series refused since the start, each attempt counted."""
        self.out_of_order_count = 0
        """Points refused because they were not later than the one before."""
        self._series_limit = series_limit
        self._fine_limit = fine_limit
        self._coarse_limit = coarse_limit
        self._keep_bytes = keep_bytes
        self._wanted: frozenset[str] = frozenset()
        self._size_before = 0
        self._look_in, self._looked_after = _LOOKS[0], _LOOKS[0]
        self._by_labels: dict[Labels, Series] = {}
        self._by_name: dict[str, list[Series]] = {}
        # Rules select the same again and again; what they found holds until a series comes or goes.
        self._selected: dict[tuple[Matcher, ...], list[Series]] = {}

    def __len__(self) -> int:
        return len(self._by_labels)

    def names(self) -> list[str]:
        """Names of the series there are."""
        with self.lock:
            return list(self._by_name)

    def __iter__(self) -> Iterator[Series]:
        with self.lock:
            return iter(list(self._by_labels.values()))

    def unlocked(self) -> Iterable[Series]:
        """All series. The caller holds `lock`."""
        return self._by_labels.values()

    def series(self, labels: Labels, *, is_counter: bool = False, is_histogram: bool = False) -> Series | None:
        """
        Find a series or begin it. The caller holds `lock`.

        Args:
            labels: Labels of the series, its name included.
            is_counter: Whether its values only grow (see `Ring`); read when the series begins.
            is_histogram: Whether its points are native histograms; read when the series begins.

        Returns:
            The series; `None` when there are too many, or when its points are of the other kind.
        """
        found = self._by_labels.get(labels)
        if found is not None:
            return found if isinstance(found.points, HistogramRing) == is_histogram else None
        if len(self._by_labels) >= self._series_limit and not self._has_reserve(labels):
            self.overflow_count += 1
            return None
        points = HistogramRing() if is_histogram else Ring(self._fine_limit, self._coarse_limit, is_counter=is_counter)
        found = self._by_labels[labels] = Series(labels, points)
        self._by_name.setdefault(labels.get(NAME), []).append(found)
        self._selected.clear()
        return found

    def want(self, names: Iterable[str]) -> None:
        """
        Keep room for series that rules read, beyond what others may fill.

        Args:
            names: Names of the series.
        """
        with self.lock:
            self._wanted = frozenset(names)

    def _has_reserve(self, labels: Labels) -> bool:
        return labels.get(NAME) in self._wanted and len(self._by_labels) < self._series_limit + WANTED_RESERVE

    def append(
        self,
        labels: Labels | Mapping[str, str],
        time_ms: int,
        value: float | NativeHistogram,
        *,
        is_counter: bool = False,
    ) -> bool:
        """
        Add one point to the series of these labels.

        Args:
            labels: Labels of the series, its name included as `__name__`.
            time_ms: Moment of the point, in milliseconds since 1970.
            value: A number or a native histogram.
            is_counter: Whether the values of the series only grow (see `Ring`); read when it begins.

        Returns:
            Whether the point was taken.
        """
        labels = labels if isinstance(labels, Labels) else Labels(labels)
        with self.lock:
            is_histogram = isinstance(value, NativeHistogram)
            found = self.series(labels, is_counter=is_counter, is_histogram=is_histogram)
            if found is None:
                return False
            is_taken = found.points.push(time_ms, value)  # type: ignore[arg-type] # `series` gave the matching kind
            self.out_of_order_count += not is_taken
            return is_taken

    def end(self, labels: Labels, time_ms: int) -> None:
        """
        Say that a series has no value any more, so that nothing hangs on to its last one.

        Args:
            labels: Labels of the series, its name included.
            time_ms: Moment from which on it has no value, in milliseconds since 1970.
        """
        with self.lock:
            found = self._by_labels.get(labels)
            if found is not None:
                found.points.push(time_ms, STALE if isinstance(found.points, Ring) else None)  # type: ignore[arg-type] # by kind

    def select(self, matchers: Sequence[Matcher]) -> list[Series]:
        """
        The series that satisfy every condition. The list is shared; nobody changes it.

        Args:
            matchers: Label matchers; an equality on `__name__` makes the search quick.
        """
        key = tuple(matchers)
        with self.lock:
            found = self._selected.get(key)
            if found is None:
                if len(self._selected) >= SELECTIONS_LIMIT:
                    self._selected.clear()
                found = self._selected[key] = self._search(key)
        return found

    def _search(self, matchers: tuple[Matcher, ...]) -> list[Series]:
        named = next((m for m in matchers if m.name == NAME and m.match is MatchType.EQUAL), None)
        candidates = self._by_labels.values() if named is None else self._by_name.get(named.value, ())
        rest = [m for m in matchers if m is not named]
        matching = [found for found in candidates if all(m.accepts(found.labels) for m in rest)]
        for found in matching:
            found.is_asked = True
        return matching

    def remove(self, labels: Labels) -> None:
        """
        Forget a series and make room for another.

        Args:
            labels: Labels of the series, its name included.
        """
        with self.lock:
            found = self._by_labels.pop(labels, None)
            if found is not None:
                self._selected.clear()
                named = self._by_name[labels.get(NAME)]
                named.remove(found)
                if not named:
                    del self._by_name[labels.get(NAME)]

    def size_bytes(self) -> int:
        """Memory taken by all series, in bytes."""
        return sum(SERIES_BYTES + found.points.size_bytes() for found in self)

    def bound(self) -> None:
        """
        Keep within the bound; called once a collection, by who appends. The caller holds `lock`.

        Most calls only count: how soon the size is looked at again follows from how it grew.
        """
        self._look_in -= 1
        if self._look_in > 0 or self._keep_bytes is None:
            return
        series = list(self._by_labels.values())
        size = sum(SERIES_BYTES + one.points.size_bytes() for one in series)
        growth = max(1.0, (size - self._size_before) / self._looked_after)
        if size > self._keep_bytes:
            size = keep_within(series, int(_TARGET * self._keep_bytes))
        self._size_before = size
        room = max(0, self._keep_bytes - size)
        self._looked_after = self._look_in = int(min(max(_LOOKS[0], room / growth / 4), _LOOKS[1]))

    def reinit_after_fork(self) -> None:
        """Make the lock anew in a forked child."""
        self.lock = primitives.Lock()
