"""What is measured of the host, the container, the process and the runtime."""

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricsData

from otel_agent import catalog
from otel_agent.instruments.machine import cgroup, host, process, psutil_readings, runtime
from otel_agent.instruments.machine.intervals import LatestReading
from otel_agent.instruments.machine.procfs import ProcfsHostReader, ProcfsProcessReader
from otel_agent.instruments.machine.readings import HostReading, MemoryReading, ProcessReading
from otel_agent.processors import kept_histograms
from otel_agent.processors.meters import AgentMeterProvider
from otel_agent.processors.metrics import AgentMetricReader

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

Found = dict[str, list[tuple[dict[str, Any], Any]]]


def collected(data: MetricsData | None) -> Found:
    """Attributes and values by metric."""
    found: Found = {}
    for resource in data.resource_metrics if data else ():
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                found[metric.name] = [
                    (dict(point.attributes or {}), getattr(point, "value", None)) for point in metric.data.data_points
                ]
    return found


class Bench:
    """A provider of the SDK with everything installed that is asked for."""

    def __init__(self) -> None:
        self.reader = InMemoryMetricReader()
        self.provider = MeterProvider([self.reader], shutdown_on_exit=False)
        self.meter = self.provider.get_meter("otel_agent.instruments")

    def collect(self) -> Found:
        return collected(self.reader.get_metrics_data())


@pytest.fixture
def bench() -> Iterator[Bench]:
    """A fresh provider."""
    made = Bench()
    yield made
    made.provider.shutdown()


def reading(at_s: float, *, user_s: float = 0.0, idle_s: float = 0.0) -> HostReading:
    """The host as a test wants it."""
    memory = MemoryReading(1000, 600, 100, 0, 0, 0, 0)
    return HostReading(at_s, {"user": user_s, "idle": idle_s}, memory)


def no_limits() -> None:
    """A system without control groups."""


def test_at_most_25_points_by_default() -> None:
    """Host, process and runtime together are small, and at least 15 metrics."""
    found: list[Found] = []
    reader = AgentMetricReader(on_collect=lambda data: found.append(collected(data)), collect_interval_s=3600)
    provider = AgentMeterProvider([reader], shutdown_on_exit=False)
    meter = provider.get_meter("otel_agent.instruments")
    running = runtime.install(meter)
    reader._producers = (kept_histograms.producer("otel_agent.instruments", running.distributions),)
    handles = [host.install(meter, tick_s=0), process.install(meter, tick_s=0), running]
    reader.force_flush()
    gc.collect()
    asyncio.run(asyncio.sleep(0.05))
    reader.force_flush()
    points = found[-1]
    for handle in handles:
        handle.close()
    reader.close()

    assert sum(len(each) for each in points.values()) <= 25
    assert len(points) >= 15
    assert {"agent.gc.pause.duration", "agent.eventloop.delay"} <= set(points)


@pytest.mark.parametrize("detail", [False, True])
def test_what_is_emitted_is_what_is_catalogued(*, detail: bool) -> None:
    """Names, kinds, units, descriptions and attributes come from the catalogue and nowhere else."""
    taken: list[MetricsData] = []
    reader = AgentMetricReader(on_collect=taken.append, collect_interval_s=3600)
    provider = AgentMeterProvider([reader], shutdown_on_exit=False)
    meter = provider.get_meter("otel_agent.instruments")
    running = runtime.install(meter, detail=detail)
    reader._producers = (kept_histograms.producer("otel_agent.instruments", running.distributions),)
    handles = [
        host.install(meter, tick_s=0, detail=detail),
        process.install(meter, tick_s=0, detail=detail),
        running,
    ]
    reader.force_flush()
    gc.collect()
    asyncio.run(asyncio.sleep(0.05))
    reader.force_flush()
    data = taken[-1]
    for handle in handles:
        handle.close()
    reader.close()
    emitted = {
        metric.name: metric
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    promised = {
        metric.name: metric
        for group in ("Host", "Process", "Python runtime")
        for metric in catalog.GROUPS[group]
        if detail or not metric.only_in_detail
    }
    swapless = {"system.paging.usage", "system.paging.utilization"}

    assert set(promised) - swapless <= set(emitted) <= set(promised)
    for name, metric in emitted.items():
        record = promised[name]
        allowed = {each.name for each in record.attributes + (record.detail_attributes if detail else ())}
        required = allowed if detail else {each.name for each in record.attributes}
        kind = type(metric.data).__name__
        expected = {"counter": "Sum", "updowncounter": "Sum", "gauge": "Gauge", "histogram": "Histogram"}[record.kind]
        assert (record.unit, record.description, expected) == (metric.unit, metric.description, kind)
        if kind == "Sum":
            assert (record.kind is catalog.InstrumentKind.COUNTER) == metric.data.is_monotonic  # type: ignore[union-attr]  # a sum
        for point in metric.data.data_points:
            assert required == set(point.attributes or {})
            if record.is_integer:
                assert isinstance(point.value, int)  # type: ignore[union-attr]  # a number


@on_linux
def test_host_values_agree_with_psutil() -> None:
    """Both ways of reading the host give the same values within one per cent."""
    ours, theirs = ProcfsHostReader(detail=True)(), psutil_readings.read_host_in_detail()

    assert theirs.memory.total_bytes == ours.memory.total_bytes
    assert pytest.approx(theirs.memory.available_bytes, rel=0.01) == ours.memory.available_bytes
    assert pytest.approx(sum(theirs.cpu.values()), rel=0.01) == sum(ours.cpu.values())
    assert pytest.approx(theirs.cpu["user"], rel=0.01, abs=0.1) == ours.cpu["user"]
    assert set(theirs.cpus) == set(ours.cpus)
    for name, disk in ours.disks.items():
        assert pytest.approx(theirs.disks[name].read_bytes, rel=0.01) == disk.read_bytes
        assert pytest.approx(theirs.disks[name].writes, rel=0.01, abs=10) == disk.writes
    for name, interface in ours.interfaces.items():
        assert pytest.approx(theirs.interfaces[name].received_bytes, rel=0.01, abs=10_000) == interface.received_bytes
    usage = psutil.disk_usage(".")
    (here,) = ProcfsHostReader()().filesystems.values()
    assert pytest.approx(usage.used, rel=0.01) == here.used_bytes
    assert pytest.approx(usage.free, rel=0.01) == here.available_bytes


@on_linux
def test_process_values_agree_with_psutil() -> None:
    """Both ways of reading this process give the same values."""
    ours, theirs = ProcfsProcessReader()(), psutil_readings.read_process()

    assert pytest.approx(theirs.memory_bytes, rel=0.02) == ours.memory_bytes
    assert pytest.approx(theirs.user_s + theirs.system_s, rel=0.01, abs=0.1) == ours.user_s + ours.system_s
    assert theirs.threads == pytest.approx(ours.threads, abs=1), "a thread of another test may be ending"
    assert theirs.file_descriptors == (ours.file_descriptors or 0) + 1, "psutil counts the descriptor it counts with"
    assert pytest.approx(theirs.uptime_s, abs=1.0) == ours.uptime_s
    assert theirs.voluntary_switches >= ours.voluntary_switches > 0


def test_no_cpu_share_before_the_second_reading(bench: Bench) -> None:
    """A share needs two readings; the first collection has no point, not a wrong one."""
    readings = iter([reading(0, user_s=0, idle_s=0), reading(1, user_s=1, idle_s=3), reading(2, user_s=1, idle_s=7)])
    host.install(bench.meter, tick_s=0, read=lambda: next(readings), find_limits=no_limits)
    latest = [bench.collect() for _ in range(1)]

    assert "system.cpu.utilization" not in latest[0]


def test_the_cpu_share_is_that_of_the_last_tick() -> None:
    """However often a reading is asked for within a tick, the share is over the tick."""
    now_s = [0.0]
    readings = iter([reading(0, user_s=0, idle_s=0), reading(1, user_s=1, idle_s=3), reading(2, user_s=3, idle_s=5)])
    latest = LatestReading(lambda: next(readings), 1.0, lambda: now_s[0])
    first = [latest.get() for _ in range(3)]
    now_s[0] = 1.0
    second = [latest.get() for _ in range(3)]
    now_s[0] = 1.5
    third = latest.get()

    assert 1 == len({id(now) for now, _ in first})
    assert [None] * 3 == [before for _, before in first]
    assert 1 == len({id(now) for now, _ in second})
    assert second[0] == third


def test_a_limit_of_version_2_counts(bench: Bench, tmp_path: Path) -> None:
    """Under a container's limits, memory is that of the container, without what could be given back."""
    group = tmp_path / "agent.slice"
    group.mkdir()
    (tmp_path / "cgroup.controllers").write_text("cpu memory\n")
    (tmp_path / "cgroup").write_text("0::/agent.slice\n")
    (group / "memory.max").write_text("800\n")
    (group / "memory.current").write_text("500\n")
    (group / "memory.stat").write_text("anon 100\ninactive_file 100\n")
    (group / "cpu.max").write_text("50000 100000\n")
    (group / "cpu.stat").write_text("usage_usec 2000000\n")
    found = cgroup.find(tmp_path, tmp_path / "cgroup")
    host.install(bench.meter, tick_s=0, read=lambda: reading(0), find_limits=lambda: found)
    points = bench.collect()

    assert [({"system.memory.state": "used"}, 0.5)] == points["system.memory.utilization"]
    assert [({}, 800)] == points["system.memory.limit"]
    assert found is not None
    assert cgroup.CgroupLimits(800, 400, 0.5, 2.0) == found.read()


def test_the_limit_of_an_enclosing_group_counts_too(tmp_path: Path) -> None:
    """The tightest limit on the way up is the one that kills."""
    inner = tmp_path / "pod" / "container"
    inner.mkdir(parents=True)
    (tmp_path / "cgroup.controllers").write_text("memory\n")
    (tmp_path / "cgroup").write_text("0::/pod/container\n")
    (inner / "memory.max").write_text("max\n")
    (inner.parent / "memory.max").write_text("700\n")
    (inner.parent / "memory.current").write_text("70\n")
    found = cgroup.find(tmp_path, tmp_path / "cgroup")

    assert found is not None
    assert (700, 70) == (found.read().memory_limit_bytes, found.read().memory_used_bytes)


def test_a_limit_of_version_1_counts(tmp_path: Path) -> None:
    """Control groups of version 1 are read as well, and their largest number means no limit."""
    memory, cpu, accounts = (tmp_path / name for name in ("memory", "cpu", "cpuacct"))
    for directory in (memory, cpu, accounts):
        directory.mkdir()
    (tmp_path / "cgroup").write_text("5:memory:/somewhere/else\n2:cpuacct:/\n1:cpu:/\n")
    (memory / "memory.limit_in_bytes").write_text("1000\n")
    (memory / "memory.usage_in_bytes").write_text("600\n")
    (memory / "memory.stat").write_text("total_inactive_file 50\n")
    (cpu / "cpu.cfs_quota_us").write_text("150000\n")
    (cpu / "cpu.cfs_period_us").write_text("100000\n")
    (accounts / "cpuacct.usage").write_text("3000000000\n")
    found = cgroup.find(tmp_path, tmp_path / "cgroup", limits_last_s=0)

    assert found is not None
    assert cgroup.CgroupLimits(1000, 550, 1.5, 3.0) == found.read()

    (memory / "memory.limit_in_bytes").write_text("9223372036854771712\n")
    (cpu / "cpu.cfs_quota_us").write_text("-1\n")

    assert cgroup.CgroupLimits() == found.read()


def test_the_cpu_share_under_a_limit_is_that_of_the_limit(bench: Bench) -> None:
    """Half a CPU used up is a share of 1, whatever the host has left."""
    readings = iter([reading(0, idle_s=0), reading(1, user_s=0.5, idle_s=7.5)])
    limits = iter([cgroup.CgroupLimits(None, None, 0.5, 10.0), cgroup.CgroupLimits(None, None, 0.5, 10.4)])

    class Group(cgroup.Cgroup):
        def __init__(self) -> None: ...
        def read(self) -> cgroup.CgroupLimits:
            return next(limits)

    measured = host._HostMetrics(lambda: next(readings), Group, tick_s=0, detail=False)
    measured._latest.get()
    ((share, _),) = measured.cpu_utilization()

    assert pytest.approx(0.8) == share


def test_process_shares_are_of_the_cpus_it_may_use() -> None:
    """One CPU kept busy under a limit of half a CPU is a share of 2, which tells that it is throttled."""
    readings = iter([ProcessReading(0, 0, 0, 1, 1, 0, 0, 0), ProcessReading(1, 0.5, 0, 1, 1, 0, 0, 1)])

    class Group(cgroup.Cgroup):
        def __init__(self) -> None: ...
        def cpu_limit(self) -> float:
            return 0.5

    measured = process._ProcessMetrics(lambda: next(readings), Group, tick_s=0, detail=False)
    measured._latest.get()
    ((share, _),) = measured.cpu_utilization()

    assert pytest.approx(1.0) == share


@on_linux
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_reports_itself(bench: Bench) -> None:
    """The child's instruments, inherited and still holding a fresh reading of the parent, tell of the child."""
    process.install(bench.meter, tick_s=3600)
    before = bench.collect()
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        ballast = b"\1" * (64 << 20)
        found = bench.collect()
        os.write(send, f"{found['process.uptime'][0][1]} {found['process.memory.usage'][0][1]} {len(ballast)}".encode())
        os._exit(0)
    os.waitpid(pid, 0)
    uptime_s, memory_bytes, _ = os.read(receive, 100).decode().split()
    os.close(receive)
    os.close(send)

    assert float(uptime_s) < before["process.uptime"][0][1]
    assert int(memory_bytes) > before["process.memory.usage"][0][1] + (32 << 20)


def test_closed_instruments_have_no_points_and_can_be_installed_again(bench: Bench) -> None:
    """The API forgets callbacks of a second instrument of the same name; ours come back."""
    first = process.install(bench.meter, tick_s=0)
    assert "process.uptime" in bench.collect()
    first.close()
    first.close()
    assert "process.uptime" not in bench.collect()
    second = process.install(bench.meter, tick_s=0)
    assert "process.uptime" in bench.collect()
    second.close()


def test_pauses_of_the_garbage_collector_are_counted(bench: Bench) -> None:
    """Each collection is one value of the histogram, by generation in detail."""
    running = runtime.install(bench.meter, detail=True)
    gc.disable()
    try:
        before = [sum(each.read()[0]) for each in running._distributions]
        for _ in range(3):
            gc.collect(0)
        gc.collect(2)
        after = [sum(each.read()[0]) for each in running._distributions]
    finally:
        gc.enable()
        running.close()

    assert [3, 0, 1, 0] == [now - then for now, then in zip(after, before, strict=True)]
    assert not [each for each in gc.callbacks if type(each).__name__ == "_PauseWatch"]


def test_a_callback_that_blocks_the_loop_shows(bench: Bench) -> None:
    """The largest delay is the block, less at most the time between two heartbeats."""
    running = runtime.install(bench.meter)

    async def agent() -> None:
        await asyncio.sleep(0.03)
        time.sleep(0.2)  # noqa: ASYNC251 - blocking is what is measured
        await asyncio.sleep(0.03)

    asyncio.run(agent())
    (delays,) = [each for each in running.distributions() if each.metric.name == "agent.eventloop.delay"]
    running.close()

    assert delays.read()[3] >= 0.17


def test_a_heartbeat_ends_with_its_loop(bench: Bench) -> None:
    """No timer is left behind, and the wrapped method is given back."""
    original = asyncio.BaseEventLoop.run_forever
    running = runtime.install(bench.meter)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(asyncio.sleep(0))
    left = [timer for timer in loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]  # asyncio's own list
    loop.close()
    running.close()

    assert [] == left
    assert original is asyncio.BaseEventLoop.run_forever


def test_a_loop_that_runs_already_is_watched(bench: Bench) -> None:
    """`init` inside a coroutine finds the loop it is in."""

    async def agent() -> int:
        running = runtime.install(bench.meter)
        await asyncio.sleep(0.1)
        running.close()
        return sum(running.distributions()[-1].read()[0])

    assert asyncio.run(agent()) >= 1


def test_loops_of_several_threads_are_watched(bench: Bench) -> None:
    """Every thread may run a loop."""
    running = runtime.install(bench.meter)
    threads = [threading.Thread(target=lambda: asyncio.run(asyncio.sleep(0.1))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    running.close()

    assert sum(running._distributions[-1].read()[0]) >= 3


def test_psutil_is_not_loaded_before_the_first_reading() -> None:
    """Installing costs no import."""
    code = (
        "import sys\nfrom otel_agent.instruments.machine import host, process, psutil_readings as portable\n"
        "from opentelemetry.metrics import get_meter\nmeter = get_meter('test')\n"
        "host.install(meter, read=portable.read_host)\nprocess.install(meter)\nprint('psutil' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "False" == result.stdout.strip()
