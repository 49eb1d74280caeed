"""
Memory, collections and the durations of functions, looked at from time to time on the thread of insight.

Objects are counted by type once a minute, or less often where that takes long: a hundredth of the time at most. When a type has grown at
five probes, allocations are traced for a second, once for that type, to name its line. Collections are timed by the metric that exists
anyway.
"""

import gc
import sys
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from otel_agent.clock import wall_ns
from otel_agent.config.sections.insight import InsightSettings
from otel_agent.insight.findings import Sighting
from otel_agent.insight.gc_pressure import CollectionTotals, GcPressure
from otel_agent.insight.rounds import Rounds
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from otel_agent.insight.baselines import minutes
    from otel_agent.insight.baselines.verdicts import Comparison
    from otel_agent.insight.memory import allocation_window, leaks, places, type_counts
    from otel_agent.recording.exponential_buckets import ExponentialBuckets
    from otel_agent.telemetry.assembly import baselines
else:  # an agent that ends within a minute needs none of these
    minutes = late_module("otel_agent.insight.baselines.minutes")
    allocation_window = late_module("otel_agent.insight.memory.allocation_window")
    places = late_module("otel_agent.insight.memory.places")
    leaks = late_module("otel_agent.insight.memory.leaks")
    type_counts = late_module("otel_agent.insight.memory.type_counts")
    baselines = late_module("otel_agent.telemetry.assembly.baselines")

__all__ = ["MemoryWatch"]

COLLECTIONS_S = 1.0
MINUTE_S = 60.0

PAUSE_SHARE = 1e-2
"""Share of the time that probes may stop the agent."""

MOST_BLOCKS = 20_000_000
"""An agent with more blocks of memory in use is not probed: a probe would stop it for more than 0.3 s."""

MOST_WINDOWS = 5
"""Windows in which lines are looked for, in the life of a process."""

_FEW_OBJECTS = 300_000
"""Objects that a full collection of ours may walk through, to tell garbage from growth."""

_INSTANCES = 200

PauseTotals = Callable[[], tuple[float, int]]
"""Tells the time in collections since the start, in seconds, and how many of them were long."""


class MemoryWatch:
    """
    Used on one thread, but for `close`.

    Args:
        settings: Section `insight`.
        saw: Takes sightings.
        forget: Takes rule, subject and place of what has turned out to be none.
        pauses: See `PauseTotals`; `None` where collections are not timed.
    """

    def __init__(
        self,
        settings: InsightSettings,
        saw: Callable[[Sighting], object],
        forget: Callable[[str, str, str], object],
        pauses: PauseTotals | None = None,
    ) -> None:
        self._settings = settings
        self._saw = saw
        self._forget = forget
        self._pauses = pauses
        self._is_closed = False
        self.reinit_after_fork()

    def reinit_after_fork(self) -> None:
        """Know nothing, as in a forked child."""
        self._has_probed = self._has_compared = False
        self._leaks: leaks.LeakWatch | None = None
        self._places: dict[str, str] = {}
        self._asked: set[str] = set()  # types whose line has been looked for
        self._window: allocation_window.AllocationWindow | None = None
        self._windows = 0
        self._period_s = self._settings.memory_probe_s
        self._gc_pressure = GcPressure()
        self._own_pauses_s, self._own_long_pauses = 0.0, 0
        self._minutes: minutes.MinuteWatch | None = None
        self._counted: baselines.Counted | None = None

    def arm(self, due: Rounds) -> None:
        """
        Have everything that is asked for looked at.

        Args:
            due: Takes what is looked at.
        """
        rules = self._settings.rules
        if rules.memory_growth:
            due.add("memory", self.probe, lambda: self._period_s)
        if rules.gc_pressure and self._pauses is not None:
            due.add("collections", self.look_at_collections, COLLECTIONS_S)
        if rules.baseline:
            due.add("baseline", self.minute, MINUTE_S)

    def close(self) -> None:
        """Trace nothing any more; safe twice."""
        self._is_closed = True
        self._end_window()

    def _end_window(self) -> None:
        window, self._window = self._window, None
        if window is not None:
            window.__exit__(None, None, None)

    def probe(self) -> None:
        """Count objects, or end the window that names lines."""
        self._period_s = self._settings.memory_probe_s
        if self._is_closed:
            return
        if not self._has_probed:
            self._has_probed = True  # the start of an agent is growth, and says nothing
            return
        if self._leaks is None:
            self._leaks = leaks.LeakWatch()
        if self._window is not None:
            self._find_places(self._leaks, self._window)
            self._end_window()
        elif type_counts.about_how_many() > MOST_BLOCKS:
            return
        else:
            self._count(self._leaks)
        self._tell(self._leaks)

    def _count(self, watch: "leaks.LeakWatch") -> None:
        counts = type_counts.count_types()
        self._period_s = max(self._period_s, counts.pause_s / PAUSE_SHARE)
        watch.add(counts, wall_ns() / 1e9, _full_collections())
        if watch.suspects() and not watch.is_sure() and counts.objects <= _FEW_OBJECTS and gc.isenabled():
            self._collect()
            watch.amend(type_counts.count_types(), _full_collections())

    def _collect(self) -> None:
        """Collect; what that takes is no pressure of the agent's."""
        before_s, before = self._pauses() if self._pauses is not None else (0.0, 0)
        gc.collect()
        after_s, after = self._pauses() if self._pauses is not None else (0.0, 0)
        self._own_pauses_s += after_s - before_s
        self._own_long_pauses += after - before

    def _tell(self, watch: "leaks.LeakWatch") -> None:
        for name in watch.cleared():
            self._forget("memory_growth", name, self._places.get(name) or _definition(name))
        if not watch.is_sure():
            return
        suspects = watch.suspects()
        fresh = {each.type for each in suspects} - self._asked
        if fresh and self._settings.allocation_window_s and self._windows < MOST_WINDOWS:
            self._asked |= fresh
            self._windows += 1
            self._window = allocation_window.AllocationWindow().__enter__()
            self._period_s = self._settings.allocation_window_s
            return  # told when the line is known
        for suspect in suspects:
            where = self._places.get(suspect.type, "")
            if where or not places.is_common(suspect.type):
                watch.found.add(suspect.type)
                self._saw(_growth_sighting(suspect, where or _definition(suspect.type)))

    def _find_places(self, watch: "leaks.LeakWatch", window: "allocation_window.AllocationWindow") -> None:
        names = {each.type for each in watch.suspects()}
        lines = window.lines()
        for name, objects in type_counts.instances(names, _INSTANCES).items():
            known = Counter(each for each in window.places(objects) if not window.is_ours(each[0])).most_common(1)
            found = known[0][0] if known else places.likely_place(name, lines)
            if found is not None:
                self._places[name] = places.place(*found)

    def look_at_collections(self) -> None:
        """See whether collections take too much."""
        if self._pauses is None:
            return
        pauses_s, long_pauses = self._pauses()
        pauses_s, long_pauses = pauses_s - self._own_pauses_s, long_pauses - self._own_long_pauses
        totals = CollectionTotals(wall_ns() / 1e9, pauses_s, long_pauses, sys.getallocatedblocks())
        sighting = self._gc_pressure.add(totals)
        if sighting is not None:
            self._saw(sighting)

    def minute(self) -> None:
        """Compare the minute that has passed with those before."""
        if not self._has_compared:
            self._has_compared = True
            return
        every, before = baselines.counted(), self._counted
        self._counted = now = {} if before is None else {name: every[name] for name in before if name in every}
        others = sorted(every.keys() - now.keys(), key=lambda name: -_total_ns(every[name]))
        now.update((name, every[name]) for name in others[: minutes.MOST_FUNCTIONS - len(now)])
        if before is None:
            return
        if self._minutes is None:
            self._minutes = minutes.MinuteWatch()
        minute = baselines.counted_since(before, {name: counts for name, counts in now.items() if name in before})
        medians = {
            name: buckets.quantile_s(0.5)
            for name, (buckets, _) in minute.items()
            if buckets is not None and buckets.count >= minutes.LEAST_CALLS
        }
        for slower in self._minutes.add(medians):
            buckets = minute[slower.function][0]
            self._saw(_baseline_sighting(slower, 0 if buckets is None else buckets.count))


def _growth_sighting(suspect: "leaks.Suspect", where: str) -> Sighting:
    per_min = (suspect.after - suspect.before) / max(suspect.ended_s - suspect.began_s, 1e-3) * 60
    return Sighting(
        rule="memory_growth",
        subject=suspect.type,
        place=where,
        evidence={"objects": suspect.after, "objects_before": suspect.before, "objects_per_min": per_min},
        fix=f"Let go of {suspect.type} when it is no longer needed, or bound what holds it; otel_agent.memory.growth() shows the lines.",
        saved_s=None,
        began_s=suspect.began_s,
        ended_s=suspect.ended_s,
        confidence=0.8,
    )


def _baseline_sighting(slower: "Comparison", calls: int) -> Sighting:
    before_s, after_s, now_s = slower.before_s or 0.0, slower.after_s or 0.0, wall_ns() / 1e9
    return Sighting(
        rule="baseline",
        subject=slower.function,
        place="",
        evidence={
            "median_s": after_s,
            "median_before_s": before_s,
            "change_ratio": slower.change_ratio or 0.0,
            "p_value": slower.p_value or 0.0,
            "minutes": slower.runs_after,
            "minutes_before": slower.runs_before,
        },
        fix="Look for what changed when it became slower: a version, the data, or what it waits for.",
        saved_s=(after_s - before_s) * calls,
        began_s=now_s - MINUTE_S,
        ended_s=now_s,
        confidence=0.7,
    )


def _total_ns(counts: "tuple[ExponentialBuckets | None, int]") -> int:
    return 0 if counts[0] is None else counts[0].sum_ns


def _full_collections() -> int:
    return int(gc.get_stats()[2]["collections"])


def _definition(name: str) -> str:
    """Where a class is defined, by the first line of a method of its own; empty when that is not known."""
    module, _, qualified = name.rpartition(".")
    found = getattr(sys.modules.get(module), "__dict__", {}).get(qualified)
    for each in vars(found).values() if isinstance(found, type) else ():
        code = getattr(each, "__code__", None)
        if code is not None:
            return places.place(code.co_filename, code.co_firstlineno)
    return ""
