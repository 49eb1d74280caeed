"""
Readings taken from Linux's `/proc`.

A fifth of what psutil's way costs, with the same values, because only what is needed is read and parsed. Files are opened for
every reading: a descriptor kept open would go on describing the parent after a fork, and whoever closes all descriptors to
become a daemon would leave us with a foreign file in its place.

Source: https://man7.org/linux/man-pages/man5/proc.5.html
"""

import functools
import os
from collections.abc import Iterator
from pathlib import Path

from otel_agent.clock import monotonic_s
from otel_agent.instruments.machine.readings import (
    DiskReading,
    FilesystemReading,
    HostReading,
    InterfaceReading,
    MemoryReading,
    ProcessReading,
    read_or,
)

__all__ = ["ProcfsHostReader", "ProcfsProcessReader"]

_MODES = ("user", "nice", "system", "idle", "iowait", "interrupt", "softirq", "steal")
"""Order of the columns of `/proc/stat`; guest time, which follows, is contained in user and nice."""

_SECTOR_BYTES = 512
_MADE_OF_OTHERS = ("loop", "ram", "zram", "dm-", "md", "sr")
_UNINTERESTING_FILESYSTEMS = frozenset({"squashfs", "iso9660", "overlay"})


class ProcfsHostReader:
    """
    Reads the host.

    Args:
        detail: Whether every CPU and every filesystem is read too.
        proc: Where the process filesystem is mounted.
        sys: Where the system filesystem is mounted.
    """

    def __init__(self, *, detail: bool = False, proc: Path = Path("/proc"), sys: Path = Path("/sys")) -> None:
        self._detail = detail
        self._proc = str(proc)
        # The network is that of a thread; `net` belongs to the first one, which may have ended.
        self._network = f"{proc}/thread-self/net/dev" if (proc / "thread-self").exists() else f"{proc}/net/dev"
        self._blocks = sys / "block"
        self._tick_s = 1.0 / os.sysconf("SC_CLK_TCK")
        self._physical: dict[str, bool] = {}

    def __call__(self) -> HostReading:
        """Take a reading; each source may be missing, and costs what is read from it alone."""
        unread: tuple[dict[str, float], dict[int, dict[str, float]]] = ({}, {})
        cpu, cpus = read_or(unread, "/proc/stat", self._cpu)
        no_disks: dict[str, DiskReading] = {}
        disks = read_or(no_disks, "/proc/diskstats", lambda: dict(self._disks()))
        return HostReading(
            at_s=monotonic_s(),
            cpu=cpu,
            memory=read_or(None, "/proc/meminfo", self._memory),
            cpus=cpus,
            load=read_or(None, "/proc/loadavg", lambda: os.getloadavg()[0]),
            disks=disks,
            physical_disks=frozenset(name for name in disks if self._is_physical(name)),
            filesystems=read_or({}, "the file system", lambda: dict(self._filesystems())),
            interfaces=read_or({}, "/proc/net/dev", lambda: dict(self._interfaces())),
        )

    def _cpu(self) -> tuple[dict[str, float], dict[int, dict[str, float]]]:
        lines = _read(f"{self._proc}/stat").split(b"\n")
        if not lines[0].startswith(b"cpu "):
            raise ValueError("no line cpu")
        cpus: dict[int, dict[str, float]] = {}
        if self._detail:
            for line in lines[1:]:
                if not line.startswith(b"cpu"):
                    break
                cpus[int(line[3 : line.index(b" ")])] = self._times(line)
        return self._times(lines[0]), cpus

    def _times(self, line: bytes) -> dict[str, float]:
        tick_s = self._tick_s
        times = {mode: int(ticks) * tick_s for mode, ticks in zip(_MODES, line.split()[1:], strict=False)}
        times["interrupt"] = times.get("interrupt", 0.0) + times.pop("softirq", 0.0)
        return times

    def _memory(self) -> MemoryReading | None:
        table = {}
        for line in _read(f"{self._proc}/meminfo").split(b"\n"):
            name, _, rest = line.partition(b":")
            if name in _MEMORY_ROWS:
                table[name] = int(rest.split()[0]) * 1024
        if not table.get(b"MemTotal"):
            raise ValueError("no line MemTotal")
        free = table.get(b"MemFree", 0)
        cached = table.get(b"Cached", 0) + table.get(b"SReclaimable", 0)
        return MemoryReading(
            total_bytes=table[b"MemTotal"],
            available_bytes=table.get(b"MemAvailable", free + table.get(b"Buffers", 0) + cached),
            free_bytes=free,
            buffers_bytes=table.get(b"Buffers", 0),
            cached_bytes=cached,
            swap_total_bytes=table.get(b"SwapTotal", 0),
            swap_used_bytes=table.get(b"SwapTotal", 0) - table.get(b"SwapFree", 0),
        )

    def _disks(self) -> Iterator[tuple[str, DiskReading]]:
        for line in _read(f"{self._proc}/diskstats").split(b"\n"):
            columns = line.split()
            if len(columns) > 9 and columns[3] + columns[7] != b"00":  # noqa: PLR2004 - columns of the format
                reads, read_sectors, writes, written_sectors = (int(columns[index]) for index in (3, 5, 7, 9))
                yield (
                    columns[2].decode(),
                    DiskReading(read_sectors * _SECTOR_BYTES, written_sectors * _SECTOR_BYTES, reads, writes),
                )

    def _is_physical(self, name: str) -> bool:
        known = self._physical.get(name)
        if known is None:
            # Partitions have no directory of their own there. A slash in a device's name is written as an exclamation mark.
            is_whole = (self._blocks / name.replace("/", "!")).exists()
            known = self._physical[name] = is_whole and not name.startswith(_MADE_OF_OTHERS)
        return known

    def _interfaces(self) -> Iterator[tuple[str, InterfaceReading]]:
        for line in _read(self._network).split(b"\n")[2:]:
            name, _, rest = line.rpartition(b":")
            columns = rest.split()
            if len(columns) > 10:  # noqa: PLR2004 - columns of the format
                received, receive_errors, sent, send_errors = (int(columns[index]) for index in (0, 2, 8, 10))
                yield name.strip().decode(), InterfaceReading(received, sent, receive_errors, send_errors)

    def _filesystems(self) -> Iterator[tuple[str, FilesystemReading]]:
        for mountpoint in self._mountpoints() if self._detail else (None,):
            try:
                found = os.statvfs(mountpoint or _here())
            except OSError:
                if not self._detail:
                    raise
                continue
            if found.f_blocks:
                yield mountpoint or _mountpoint(_here()), _filesystem(found)

    def _mountpoints(self) -> Iterator[str]:
        known = {
            name
            for flags, _, name in (
                line.rpartition("\t") for line in _read(f"{self._proc}/filesystems").decode().splitlines()
            )
            if not flags.startswith("nodev")
        } - _UNINTERESTING_FILESYSTEMS
        seen = set()
        for line in _read(f"{self._proc}/self/mounts").decode(errors="replace").splitlines():
            device, mountpoint, kind, *_ = line.split(" ")
            if kind in known and device not in seen:
                seen.add(device)
                yield mountpoint.replace("\\040", " ")


_MEMORY_ROWS = frozenset(
    {b"MemTotal", b"MemFree", b"MemAvailable", b"Buffers", b"Cached", b"SReclaimable", b"SwapTotal", b"SwapFree"}
)


class ProcfsProcessReader:
    """
    Reads whichever process runs it, so that a forked child reads itself.

    Args:
        proc: Where the process filesystem is mounted.
    """

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._self = f"{proc}/self"
        self._proc = str(proc)
        self._tick_s = 1.0 / os.sysconf("SC_CLK_TCK")
        self._page_bytes = os.sysconf("SC_PAGE_SIZE")

    def __call__(self) -> ProcessReading:
        """Take a reading."""
        columns = read_or(None, "/proc/self/stat", self._columns)
        status = read_or(b"", "/proc/self/status", lambda: _read(f"{self._self}/status"))
        tick_s = self._tick_s
        return ProcessReading(
            at_s=monotonic_s(),
            user_s=None if columns is None else columns[11] * tick_s,
            system_s=None if columns is None else columns[12] * tick_s,
            memory_bytes=None if columns is None else columns[21] * self._page_bytes,
            threads=None if columns is None else columns[17],
            voluntary_switches=_row(status, b"\nvoluntary_ctxt_switches:"),
            involuntary_switches=_row(status, b"\nnonvoluntary_ctxt_switches:"),
            uptime_s=None
            if columns is None
            else read_or(None, "/proc/uptime", lambda: max(0.0, self._host_uptime_s() - columns[19] * tick_s)),
            file_descriptors=read_or(None, "/proc/self/fd", self._file_descriptors),
        )

    def _columns(self) -> list[int]:
        # The command's name, in parentheses, may contain anything; what follows the last one is a letter and numbers.
        columns = _read(f"{self._self}/stat").rpartition(b")")[2].split()
        return [0, *map(int, columns[1:22])]

    def _host_uptime_s(self) -> float:
        return float(_read(f"{self._proc}/uptime").split()[0])

    def _file_descriptors(self) -> int | None:
        # One of them is the descriptor that reads the directory.
        return len(os.listdir(f"{self._self}/fd")) - 1  # noqa: PTH208 - a list of names is all that is needed


def _filesystem(found: os.statvfs_result) -> FilesystemReading:
    block_bytes = found.f_frsize
    return FilesystemReading(
        used_bytes=(found.f_blocks - found.f_bfree) * block_bytes,
        available_bytes=found.f_bavail * block_bytes,
        reserved_bytes=(found.f_bfree - found.f_bavail) * block_bytes,
    )


def _here() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - Path objects cost more than the reading
    except OSError:  # the directory is gone
        return "/"


@functools.lru_cache(maxsize=1)
def _mountpoint(path: str) -> str:
    while not os.path.ismount(path):
        path = os.path.dirname(path)  # noqa: PTH120 - see above
    return path


def _row(table: bytes, name: bytes) -> int | None:
    at = table.find(name)
    return None if at < 0 else int(table[at + len(name) : table.index(b"\n", at + 1)])


def _read(path: str) -> bytes:
    # A whole file of /proc in one call, so that its parts belong to one moment.
    descriptor = os.open(path, os.O_RDONLY)
    try:
        data = os.read(descriptor, _WHOLE_BYTES)
        if len(data) == _WHOLE_BYTES:
            data += b"".join(iter(lambda: os.read(descriptor, _WHOLE_BYTES), b""))
        return data
    finally:
        os.close(descriptor)


_WHOLE_BYTES = 1 << 17
