"""The limits of a container are found, whichever version of control groups sets them."""

from pathlib import Path

from collected_metrics import CollectedMetrics

from otel_agent.instruments.machine import cgroup, host
from otel_agent.instruments.machine.readings import HostReading, MemoryReading


def reading(at_s: float, *, user_s: float = 0.0, idle_s: float = 0.0) -> HostReading:
    """The host as a test wants it."""
    memory = MemoryReading(1000, 600, 100, 0, 0, 0, 0)
    return HostReading(at_s, {"user": user_s, "idle": idle_s}, memory)


def test_a_limit_of_version_2_counts(collected: CollectedMetrics, tmp_path: Path) -> None:
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
    host.install(collected.meter, tick_s=0, read=lambda: reading(0), find_limits=lambda: found)
    points = collected.points()

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
