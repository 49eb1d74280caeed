"""Metrics of the process are those of whoever reads, and go away when closed."""

import os
import sys
from pathlib import Path

import pytest
from collected_metrics import CollectedMetrics

from otel_agent.instruments.machine import cgroup, process
from otel_agent.instruments.machine.readings import ProcessReading

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


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
def test_a_forked_child_reports_itself(collected: CollectedMetrics) -> None:
    """The child's instruments, inherited and still holding a fresh reading of the parent, tell of the child."""
    process.install(collected.meter, tick_s=3600)
    before = collected.points()
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        # Which pages a child has from its parent is the kernel's affair: what it is told to have is compared with what it has.
        found = collected.points()
        resident_bytes = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        os.write(
            send, f"{found['process.uptime'][0][1]} {found['process.memory.usage'][0][1]} {resident_bytes}".encode()
        )
        os._exit(0)
    os.waitpid(pid, 0)
    uptime_s, memory_bytes, resident = os.read(receive, 100).decode().split()
    os.close(receive)
    os.close(send)

    assert float(uptime_s) < before["process.uptime"][0][1]
    assert abs(int(memory_bytes) - int(resident)) < 4 << 20


def test_closed_instruments_have_no_points_and_can_be_installed_again(collected: CollectedMetrics) -> None:
    """The API forgets callbacks of a second instrument of the same name; ours come back."""
    first = process.install(collected.meter, tick_s=0)
    assert "process.uptime" in collected.points()
    first.close()
    first.close()
    assert "process.uptime" not in collected.points()
    second = process.install(collected.meter, tick_s=0)
    assert "process.uptime" in collected.points()
    second.close()
