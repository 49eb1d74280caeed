"""Memory, collections and minutes of an agent, as insight looks at them."""

import gc
import time
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator

import pytest

import otel_agent
from otel_agent.config.sections.insight import FindingRulesSettings, InsightSettings
from otel_agent.insight.findings import Sighting
from otel_agent.insight.gc_pressure import CollectionTotals, GcPressure
from otel_agent.insight.rounds import Rounds
from otel_agent.telemetry.assembly import memory_watch
from otel_agent.telemetry.assembly.memory_watch import MOST_WINDOWS, MemoryWatch


class Order:
    """What is kept."""

    def __init__(self) -> None:
        self.price = 1.0


class Sample:
    """What comes and goes."""


@pytest.fixture(autouse=True)
def small_heap() -> Iterator[None]:
    """What other tests have left is none of the agent's here: it is set aside, and collections are enabled."""
    gc.enable()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def sightings() -> list[Sighting]:
    """What was seen."""
    return []


@pytest.fixture
def watch(sightings: list[Sighting]) -> Iterator[MemoryWatch]:
    """A watch that is driven by hand."""
    made = MemoryWatch(InsightSettings(), sightings.append, lambda *_: None, lambda: (0.0, 0))
    yield made
    made.close()


def probed(watch: MemoryWatch, step: Callable[[], object], probes: int = 6) -> None:
    """The start, and so many probes with work between them; one more where a window is open, with work inside of it."""
    watch.probe()
    for _ in range(probes):
        step()
        watch.probe()
        if tracemalloc.is_tracing():
            step()
            watch.probe()


def test_a_leak_is_named_by_type_and_line_within_five_probes(watch: MemoryWatch, sightings: list[Sighting]) -> None:
    """A thousand objects of one class between two probes; tracing is off again."""
    orders: list[Order] = []
    probed(watch, lambda: orders.extend([Order() for _ in range(1000)]), probes=5)
    found = [each for each in sightings if each.subject == f"{__name__}.Order"]

    assert ["memory_growth"] == [each.rule for each in found]
    assert "test_memory_watch.py:" in found[0].place
    assert 5000 <= int(found[0].evidence["objects"]) <= len(orders)
    assert not tracemalloc.is_tracing()


def test_an_agent_that_is_too_large_is_not_counted(
    watch: MemoryWatch, sightings: list[Sighting], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look would stop it for too long."""
    monkeypatch.setattr(memory_watch, "MOST_BLOCKS", 1000)
    orders: list[Order] = []
    probed(watch, lambda: orders.extend([Order() for _ in range(1000)]), probes=6)

    assert [] == sightings


@pytest.mark.parametrize("kept", [deque(maxlen=500), deque(maxlen=2500)], ids=["a queue", "a cache that fills"])
def test_clean_programs_give_nothing(watch: MemoryWatch, sightings: list[Sighting], kept: "deque[Sample]") -> None:
    """Also at ten probes."""
    probed(watch, lambda: kept.extend([Sample() for _ in range(1000)]), probes=10)

    assert [] == [each for each in sightings if "Sample" in each.subject]


def test_garbage_gives_nothing(watch: MemoryWatch, sightings: list[Sighting]) -> None:
    """Cycles that wait for a full collection are no growth."""

    def cycles() -> None:
        for _ in range(300):
            sample = Sample()
            sample.__dict__["itself"] = sample

    probed(watch, cycles, probes=8)

    assert [] == [each for each in sightings if "Sample" in each.subject]


def test_a_window_that_is_open_at_the_end_is_closed(watch: MemoryWatch) -> None:
    """Nothing is left running."""
    orders: list[Order] = []
    watch.probe()
    for _ in range(5):
        orders.extend([Order() for _ in range(1000)])
        watch.probe()
    assert tracemalloc.is_tracing()
    watch.close()
    watch.probe()

    assert not tracemalloc.is_tracing()


def test_without_windows_the_class_is_the_place(sightings: list[Sighting]) -> None:
    """Where lines are never looked for, it is said where the class is defined."""
    settings = InsightSettings(allocation_window_s=0.0)
    watch = MemoryWatch(settings, sightings.append, lambda *_: None)
    orders: list[Order] = []
    probed(watch, lambda: orders.extend([Order() for _ in range(1000)]), probes=5)
    (found,) = [each for each in sightings if each.subject == f"{__name__}.Order"]

    assert found.place.endswith(f"test_memory_watch.py:{Order.__init__.__code__.co_firstlineno}")


def test_lines_are_looked_for_a_few_times_only(watch: MemoryWatch) -> None:
    """However many types grow: once for a type, and for five of them."""
    kinds = [type(f"Kind{number}", (), {"__module__": "elsewhere"}) for number in range(8)]
    kept: list[object] = []
    windows = 0
    watch.probe()
    for round_number in range(20):
        for kind in kinds[: round_number // 2 + 1]:
            kept.extend([kind() for _ in range(500)])
        watch.probe()
        windows += tracemalloc.is_tracing()
        if tracemalloc.is_tracing():
            watch.probe()

    assert 1 <= windows <= MOST_WINDOWS


def test_only_rules_that_are_asked_for_are_looked_at() -> None:
    """What is switched off costs nothing."""
    rules = FindingRulesSettings(memory_growth=False, gc_pressure=False, baseline=False)
    due = Rounds()
    MemoryWatch(InsightSettings(rules=rules), print, print, lambda: (0.0, 0)).arm(due)

    assert [] == due._rounds


def test_long_collections_are_seen(sightings: list[Sighting], monkeypatch: pytest.MonkeyPatch) -> None:
    """From the totals of the metric."""
    at_s = iter(range(100))
    monkeypatch.setattr("otel_agent.telemetry.assembly.memory_watch.wall_ns", lambda: int(next(at_s) * 1e9))
    pauses_s = iter(range(100))
    watch = MemoryWatch(InsightSettings(), sightings.append, lambda *_: None, lambda: (next(pauses_s) * 0.2, 0))
    for _ in range(8):
        watch.look_at_collections()

    assert "gc_pressure" == sightings[0].rule


def test_a_function_that_becomes_slower_in_production_is_a_finding(sightings: list[Sighting]) -> None:
    """Minutes of twenty calls each, as they come."""
    with otel_agent.init("agent", export="none", instrument=False, trace_modules=False, spool=False):

        @otel_agent.timed("test_memory_watch.decide")
        def decide(wait_s: float) -> None:
            end_s = time.perf_counter() + wait_s
            while time.perf_counter() < end_s:
                pass

        watch = MemoryWatch(InsightSettings(), sightings.append, lambda *_: None)
        watch.minute()
        for minute in range(30):
            for _ in range(20):
                decide(0.0002 if minute < 20 else 0.002)
            watch.minute()
    found = [each for each in sightings if each.subject == "test_memory_watch.decide"]

    assert found
    assert ("baseline", True) == (found[0].rule, float(found[0].evidence["change_ratio"]) > 1)


def test_an_agent_has_its_collections_looked_at() -> None:
    """From `init` on, by the totals of its own metric."""
    with otel_agent.init("agent", export="none", instrument=False, trace_modules=False, spool=False) as telemetry:
        telemetry.collect()
        pauses = telemetry._parts.insight._pauses  # type: ignore[union-attr]

        assert pauses is not None
        assert pauses()[0] >= 0


def test_collections_of_ours_are_no_pressure_of_the_agents(
    sightings: list[Sighting], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A probe that collects to tell garbage from growth takes its pause on itself."""
    ours, seen = [0], list[CollectionTotals]()
    watch = MemoryWatch(InsightSettings(), sightings.append, lambda *_: None, lambda: (float(ours[0]), ours[0]))
    monkeypatch.setattr(GcPressure, "add", lambda _, totals: seen.append(totals))
    monkeypatch.setattr(gc, "collect", lambda: ours.__setitem__(0, ours[0] + 1))
    watch._collect()
    watch.look_at_collections()
    watch.close()

    assert 1 == ours[0]
    assert [(0.0, 0)] == [(totals.pauses_s, totals.long_pauses) for totals in seen]
