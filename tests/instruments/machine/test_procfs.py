"""What is read from `/proc` is what the kernel writes there."""

import os
import sys
from pathlib import Path

import psutil
import pytest

from otel_agent.instruments.machine import psutil_readings
from otel_agent.instruments.machine.procfs import ProcfsHostReader, ProcfsProcessReader
from otel_agent.instruments.machine.readings import DiskReading, InterfaceReading, MemoryReading, ProcessReading

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@on_linux
def test_host_values_agree_with_psutil() -> None:
    """Both ways of reading the host give the same values within one per cent."""
    ours, theirs = ProcfsHostReader(detail=True)(), psutil_readings.read_host_in_detail()

    assert theirs.memory is not None
    assert ours.memory is not None
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
    assert pytest.approx((theirs.user_s or 0) + (theirs.system_s or 0), rel=0.01, abs=0.1) == (ours.user_s or 0) + (
        ours.system_s or 0
    )
    assert theirs.threads == pytest.approx(ours.threads, abs=1), "a thread of another test may be ending"
    assert theirs.file_descriptors == (ours.file_descriptors or 0) + 1, "psutil counts the descriptor it counts with"
    assert pytest.approx(theirs.uptime_s, abs=1.0) == ours.uptime_s
    assert (theirs.voluntary_switches or 0) >= (ours.voluntary_switches or 0) > 0


STAT = """\
cpu  100 20 30 400 5 6 7 8 9 10
cpu0 50 10 15 200 0 0 0 0 0 0
cpu1 50 10 15 200 5 6 7 8 9 10
intr 5
"""
MEMINFO = """\
MemTotal:        1000 kB
MemFree:          100 kB
MemAvailable:     600 kB
Buffers:           50 kB
Cached:           200 kB
SReclaimable:      20 kB
SwapTotal:        400 kB
SwapFree:         300 kB
"""
DISKSTATS = """\
   8       0 sda 10 0 100 0 20 0 200 0 0 0 0
   8       1 sda1 10 0 100 0 20 0 200 0 0 0 0
 254       0 dm-0 3 0 30 0 4 0 40 0 0 0 0
   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0
"""
NET = """\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 70 1 0 0 0 0 0 0 70 1 0 0 0 0 0 0
  eth0: 1000 9 2 0 0 0 0 0 3000 8 4 0 0 0 0 0
"""


@pytest.fixture
def host(tmp_path: Path) -> tuple[Path, Path]:
    """The process and the system filesystem of a small host with two CPUs, one disk and one network card."""
    proc, system = tmp_path / "proc", tmp_path / "sys"
    for path, text in (("stat", STAT), ("meminfo", MEMINFO), ("diskstats", DISKSTATS), ("net/dev", NET)):
        (proc / path).parent.mkdir(parents=True, exist_ok=True)
        (proc / path).write_text(text)
    for device in ("sda", "dm-0", "loop0"):
        (system / "block" / device).mkdir(parents=True)
    return proc, system


@on_linux
def test_columns_are_read_in_the_units_of_the_metrics(host: tuple[Path, Path]) -> None:
    """Ticks become seconds, kilobytes and sectors become bytes, and interrupts are one mode."""
    tick_s = 1 / os.sysconf("SC_CLK_TCK")
    found = ProcfsHostReader(proc=host[0], sys=host[1])()

    assert {
        mode: pytest.approx(ticks * tick_s) for mode, ticks in (("user", 100), ("idle", 400), ("interrupt", 13))
    } == {mode: found.cpu[mode] for mode in ("user", "idle", "interrupt")}
    assert {} == found.cpus
    assert MemoryReading(1000 << 10, 600 << 10, 100 << 10, 50 << 10, 220 << 10, 400 << 10, 100 << 10) == found.memory
    assert InterfaceReading(1000, 3000, 2, 4) == found.interfaces["eth0"]
    assert DiskReading(100 * 512, 200 * 512, 10, 20) == found.disks["sda"]


@on_linux
def test_disks_made_of_others_are_not_summed(host: tuple[Path, Path]) -> None:
    """A partition, a mapped device and an idle loop are no physical disks."""
    found = ProcfsHostReader(proc=host[0], sys=host[1])()

    assert {"sda"} == found.physical_disks
    assert {"sda", "sda1", "dm-0"} == set(found.disks)


@on_linux
def test_detail_is_every_cpu_and_every_real_filesystem(host: tuple[Path, Path], tmp_path: Path) -> None:
    """Filesystems without a device and images are left out, a mount point with a space is read as written."""
    spaced = tmp_path / "with space"
    spaced.mkdir()
    (host[0] / "self").mkdir()
    (host[0] / "filesystems").write_text("nodev\tproc\n\text4\n\tsquashfs\n")
    (host[0] / "self" / "mounts").write_text(
        f"/dev/sda1 {str(spaced).replace(' ', chr(92) + '040')} ext4 rw 0 0\n"
        "/dev/sda1 /elsewhere ext4 rw 0 0\nproc /proc proc rw 0 0\n/dev/loop0 /snap squashfs ro 0 0\n"
    )
    found = ProcfsHostReader(detail=True, proc=host[0], sys=host[1])()

    assert [0, 1] == sorted(found.cpus)
    assert [str(spaced)] == list(found.filesystems)


@on_linux
def test_a_process_may_be_called_anything(tmp_path: Path) -> None:
    """A command's name with parentheses and spaces in it does not shift the columns."""
    (tmp_path / "self" / "fd").mkdir(parents=True)
    columns = ["S", *("0" for _ in range(10)), "200", "100", *("0" for _ in range(4)), "7", "0", "0", "0", "3", "0"]
    (tmp_path / "self" / "stat").write_text(f"42 (a ) b) {' '.join(columns)}\n")
    (tmp_path / "self" / "status").write_text(
        "Name:\ta\nvoluntary_ctxt_switches:\t11\nnonvoluntary_ctxt_switches:\t12\n"
    )
    (tmp_path / "uptime").write_text("5.0 1.0\n")
    found = ProcfsProcessReader(tmp_path)()

    assert (7, 11, 12, 5.0) == (
        found.threads,
        found.voluntary_switches,
        found.involuntary_switches,
        found.uptime_s,
    )
    assert 2 * (found.system_s or 0) == pytest.approx(found.user_s)


SOURCES = {"stat": "cpu", "meminfo": "memory", "diskstats": "disks", "net/dev": "interfaces"}


@on_linux
@pytest.mark.parametrize(
    "content", [None, "", "nonsense: of a sandbox\n1 2 3\n", "\xff\xfe"], ids=["absent", "empty", "odd", "bytes"]
)
@pytest.mark.parametrize("source", SOURCES)
def test_each_source_of_the_host_fails_alone(host: tuple[Path, Path], source: str, content: str | None) -> None:
    """What is read from a file that is not there, or says something else, is missing; everything else is there."""
    if content is None:
        (host[0] / source).unlink()
    else:
        (host[0] / source).write_text(content, "latin-1")
    found = ProcfsHostReader(proc=host[0], sys=host[1])()
    parts = {part: getattr(found, part) for part in SOURCES.values()}

    assert not parts.pop(SOURCES[source])
    assert all(parts.values())
    assert found.filesystems


@on_linux
@pytest.mark.parametrize(("source", "missing"), [
    ("self/stat", {"user_s", "system_s", "memory_bytes", "threads", "uptime_s"}),
    ("self/status", {"voluntary_switches", "involuntary_switches"}),
    ("uptime", {"uptime_s"}),
    ("self/fd", {"file_descriptors"}),
])  # fmt: skip
def test_each_source_of_the_process_fails_alone(tmp_path: Path, source: str, missing: set[str]) -> None:
    """As those of the host do."""
    (tmp_path / "self" / "fd").mkdir(parents=True)
    (tmp_path / "self" / "stat").write_text(f"42 (a) S {' '.join('1' for _ in range(40))}\n")
    (tmp_path / "self" / "status").write_text("Name:\ta\nvoluntary_ctxt_switches:\t1\nnonvoluntary_ctxt_switches:\t2\n")
    (tmp_path / "uptime").write_text("5.0 1.0\n")
    victim = tmp_path / source
    victim.rename(tmp_path / "gone")
    found = ProcfsProcessReader(tmp_path)()

    assert missing == {name for name in ProcessReading._fields if getattr(found, name) is None}
