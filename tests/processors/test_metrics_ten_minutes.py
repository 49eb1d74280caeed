"""Ten minutes at one reading a second: six hundred points, where they belong, for next to nothing."""

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import pytest
from opentelemetry.sdk.metrics.export import Gauge, Metric, MetricsData, NumberDataPoint, ScopeMetrics
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from otel_agent.clock import ManualClock
from otel_agent.processors.meters import AgentMeterProvider
from otel_agent.processors.metrics import AgentMetricReader
from otel_agent.processors.series_writer import SeriesWriter
from otel_agent.series.store import Store

LENGTH_S = 600.0
FLOW_S = 120
"""How long the real run is; the hand-turned one is the ten minutes."""


class HandTurned:
    """Stands in for the reader's `Event`: waiting turns the clock, never exactly, until the time is over."""

    def __init__(self, clock: ManualClock, length_s: float, oversleep_s: Callable[[], float]) -> None:
        self._clock = clock
        self._length_s = length_s
        self._oversleep_s = oversleep_s

    def wait(self, timeout: float) -> bool:
        """Sleep, a little too long as machines do."""
        self._clock.advance(timeout + self._oversleep_s())
        return self._clock.monotonic_s() >= self._length_s + 0.5

    def set(self) -> None:
        """End."""
        self._length_s = 0.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[ManualClock]:
    """The clock the reader goes by."""
    clock = ManualClock()
    monkeypatch.setattr("otel_agent.processors.metrics.monotonic_s", clock.monotonic_s)
    yield clock
    monkeypatch.undo()


def run(clock: ManualClock, oversleep_s: Callable[[], float], takes_s: Callable[[], float]) -> list[int]:
    """Collect for ten minutes; the moments of the points that are in the series then, in milliseconds from the start."""
    begin_ms = clock.wall_ns() // 1_000_000
    store = Store()
    writer = SeriesWriter(store)

    def produce() -> Sequence[ScopeMetrics]:
        point = NumberDataPoint({}, 0, clock.wall_ns(), clock.monotonic_s())
        return [ScopeMetrics(InstrumentationScope("tests"), [Metric("reading", "", "", Gauge([point]))], "")]

    def collected(data: MetricsData) -> None:
        writer.on_collect(data)
        clock.advance(takes_s())

    reader = AgentMetricReader(on_collect=collected, producers=[produce], collect_interval_s=1.0)
    provider = AgentMeterProvider([reader], shutdown_on_exit=False)
    reader._end = HandTurned(clock, LENGTH_S, oversleep_s)  # type: ignore[assignment]  # has what the thread's loop uses
    reader._tick()
    reader.close(0.1)
    provider.shutdown()
    (series,) = (each for each in store if each.labels.get("__name__") == "reading")
    times_ms, _ = series.points.window(begin_ms, begin_ms + int(LENGTH_S * 1000) + 499)[:2]
    return [time_ms - begin_ms for time_ms in times_ms]


def test_ten_minutes_give_six_hundred_points_that_do_not_drift(clock: ManualClock) -> None:
    """However uneven sleeping and collecting are, the n-th point stands at the n-th second."""
    uneven = random.Random(7)
    times_ms = run(clock, lambda: uneven.uniform(0.0, 0.02), lambda: uneven.uniform(0.0, 0.8))

    assert 599 <= len(times_ms) <= 601
    assert all(0 <= time_ms - 1000 * number <= 20 for number, time_ms in enumerate(times_ms, start=1))


def test_collections_do_not_drift(clock: ManualClock) -> None:
    """Ticks stand on absolute deadlines, however long a collection takes."""
    times_ms = run(clock, lambda: 0.0, lambda: 0.25)

    assert [1000 * number for number in range(1, len(times_ms) + 1)] == times_ms


def test_a_machine_that_slept_is_not_caught_up_with(clock: ManualClock) -> None:
    """After half a minute of nothing one point comes, on the old grid, not thirty at once."""
    pauses_s = iter([0.002] * 100 + [30.25] + [0.002] * 1000)
    times_ms = run(clock, lambda: next(pauses_s), lambda: 0.01)
    steps_ms = [after - before for before, after in pairwise(times_ms)]

    assert 569 <= len(times_ms) <= 571
    assert 1 == sum(step > 1500 for step in steps_ms)
    assert times_ms[-1] % 1000 <= 10


SCRIPT = """
import json, sys, time
from otel_agent.instruments.machine import host, process, runtime
from otel_agent.processors import kept_histograms as distributions
from otel_agent.processors.series_writer import SeriesWriter
from otel_agent.processors.meters import AgentMeterProvider
from otel_agent.processors.metrics import AgentMetricReader
from otel_agent.series.store import Store

length_s = float(sys.argv[1])
store, producers = Store(), []
reader = AgentMetricReader(on_collect=SeriesWriter(store).on_collect, producers=producers, collect_interval_s=1.0)
provider = AgentMeterProvider([reader], shutdown_on_exit=False)
meter = provider.get_meter("tests")
handles = [host.install(meter), process.install(meter), runtime.install(meter)]
reader.start()
time.sleep(2.5)
begin_s, begin_ms = time.process_time(), time.time_ns() // 1_000_000
time.sleep(length_s)
used_s, end_ms = time.process_time() - begin_s, time.time_ns() // 1_000_000
found = {
    each.labels.get("__name__"): list(each.points.window(begin_ms, end_ms)[0])
    for each in store
    if each.labels.get("__name__") in {"process_memory_usage_bytes", "system_memory_limit_bytes"}
}
print(json.dumps({"used_s": used_s, "times_ms": found}))
"""


@pytest.mark.slow
@pytest.mark.timeout(FLOW_S + 60)
def test_measuring_every_second_takes_half_a_percent_of_a_core() -> None:
    """Two real minutes: a point a second, evenly, with all host, process and runtime metrics in the series."""
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(FLOW_S)], capture_output=True, text=True, check=True, timeout=FLOW_S + 50
    )
    found = json.loads(result.stdout)

    assert found["used_s"] / FLOW_S <= 0.005
    assert 2 == len(found["times_ms"])
    for times_ms in found["times_ms"].values():
        shifts = sorted(abs(moment - times_ms[0] - 1000 * number) for number, moment in enumerate(times_ms))
        assert FLOW_S - 1 <= len(times_ms) <= FLOW_S + 1
        assert shifts[int(len(shifts) * 0.9)] <= 100
