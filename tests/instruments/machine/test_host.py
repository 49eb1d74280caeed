"""Metrics of the host are those of the last tick, and of the container where it has limits."""

import subprocess
import sys

import pytest
from collected_metrics import CollectedMetrics

from otel_agent.instruments.machine import cgroup, host
from otel_agent.instruments.machine.readings import DiskReading, HostReading, InterfaceReading, MemoryReading


def reading(at_s: float, *, user_s: float = 0.0, idle_s: float = 0.0) -> HostReading:
    """The host as a test wants it."""
    memory = MemoryReading(1000, 600, 100, 0, 0, 0, 0)
    return HostReading(at_s, {"user": user_s, "idle": idle_s}, memory)


def no_limits() -> None:
    """A system without control groups."""


def test_no_cpu_share_before_the_second_reading(collected: CollectedMetrics) -> None:
    """A share needs two readings; the first collection has no point, not a wrong one."""
    readings = iter([reading(0, user_s=0, idle_s=0), reading(1, user_s=1, idle_s=3), reading(2, user_s=1, idle_s=7)])
    host.install(collected.meter, tick_s=0, read=lambda: next(readings), find_limits=no_limits)
    latest = [collected.points() for _ in range(1)]

    assert "system.cpu.utilization" not in latest[0]


def test_totals_leave_out_loopback_and_disks_made_of_others(collected: CollectedMetrics) -> None:
    """By default there is one point for all physical disks and one for all real interfaces, by direction."""
    found = reading(0)._replace(
        disks={"sda": DiskReading(1, 2, 3, 4), "sdb": DiskReading(10, 20, 30, 40), "dm-0": DiskReading(5, 5, 5, 5)},
        physical_disks=frozenset({"sda", "sdb"}),
        interfaces={"lo": InterfaceReading(7, 7, 7, 7), "eth0": InterfaceReading(100, 200, 1, 2)},
    )
    host.install(collected.meter, tick_s=0, read=lambda: found, find_limits=no_limits)
    points = collected.points()

    assert [({"disk.io.direction": "read"}, 11), ({"disk.io.direction": "write"}, 22)] == points["system.disk.io"]
    assert [({}, 77)] == points["system.disk.operations"]
    assert [100, 200] == [value for _, value in points["system.network.io"]]
    assert [({}, 3)] == points["system.network.errors"]


def test_detail_tells_parts_apart(collected: CollectedMetrics) -> None:
    """In detail every CPU, device and interface has points of its own, loopback too."""
    readings = iter(
        reading(at_s)._replace(
            cpus={0: {"user": at_s, "idle": 0.0}, 1: {"user": 0.0, "idle": at_s}},
            disks={"dm-0": DiskReading(5, 6, 7, 8)},
            interfaces={"lo": InterfaceReading(1, 2, 3, 4)},
        )
        for at_s in (1.0, 2.0, *(2.0 for _ in range(100)))
    )
    host.install(collected.meter, tick_s=0, detail=True, read=lambda: next(readings), find_limits=no_limits)
    points = collected.points()

    assert {"lo"} == {attributes["network.interface.name"] for attributes, _ in points["system.network.io"]}
    assert {"dm-0"} == {attributes["system.device"] for attributes, _ in points["system.disk.operations"]}
    assert {(0, "user"), (1, "idle")} <= {
        (attributes["cpu.logical_number"], attributes["cpu.mode"]) for attributes, _ in points["system.cpu.time"]
    }


def test_ratios_for_thresholds_are_between_nothing_and_all() -> None:
    """How full memory and disk are is known at once, the CPU's share from the second reading on."""
    read = host.build_ratios(tick_s=0)
    first = read()
    second = read()

    assert {"memory", "disk"} <= set(first)
    assert all(0 <= ratio <= 1 for ratio in (*first.values(), *second.values()))


def test_limits_are_looked_for_once(collected: CollectedMetrics) -> None:
    """Where the container's limits stand does not change while the process lives."""
    looks: list[int] = []
    host.install(collected.meter, tick_s=0, read=lambda: reading(0), find_limits=lambda: looks.append(1))
    collected.points()
    collected.points()

    assert [1] == looks


def test_the_cpu_share_under_a_limit_is_that_of_the_limit(collected: CollectedMetrics) -> None:
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


def test_psutil_is_not_loaded_before_the_first_reading() -> None:
    """Installing costs no import."""
    code = (
        "import sys\nfrom otel_agent.instruments.machine import host, process, psutil_readings\n"
        "from opentelemetry.metrics import get_meter\nmeter = get_meter('test')\n"
        "host.install(meter, read=psutil_readings.read_host)\nprocess.install(meter)\nprint('psutil' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "False" == result.stdout.strip()
