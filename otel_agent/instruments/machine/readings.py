"""Readings of the host and of this process: what is read in one go, in the units of the metrics made of it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from otel_agent.guard import shared as guard

__all__ = [
    "CpuTimes",
    "DiskReading",
    "FilesystemReading",
    "HostReading",
    "InterfaceReading",
    "MemoryReading",
    "ProcessReading",
    "read_or",
]

_Part = TypeVar("_Part")

_NOTHING: Mapping[Any, Any] = MappingProxyType({})

CpuTimes = Mapping[str, float]
"""Seconds by mode, as in `cpu.mode`."""


class MemoryReading(NamedTuple):
    """Memory and swap of the host, in bytes."""

    total_bytes: int
    available_bytes: int
    free_bytes: int
    buffers_bytes: int
    cached_bytes: int
    swap_total_bytes: int
    swap_used_bytes: int


class DiskReading(NamedTuple):
    """One device since its start."""

    read_bytes: int
    written_bytes: int
    reads: int
    writes: int


class FilesystemReading(NamedTuple):
    """One mounted filesystem, in bytes."""

    used_bytes: int
    available_bytes: int
    """Free for a process without privileges."""
    reserved_bytes: int
    """Free for the superuser only."""


class InterfaceReading(NamedTuple):
    """One network interface since its start."""

    received_bytes: int
    sent_bytes: int
    receive_errors: int
    send_errors: int


class HostReading(NamedTuple):
    """The host at one moment."""

    at_s: float
    """On the monotonic clock."""
    cpu: CpuTimes
    """Over all CPUs; empty where it cannot be read."""
    memory: MemoryReading | None
    """`None` where it cannot be read."""
    cpus: Mapping[int, CpuTimes] = _NOTHING
    """By logical number; empty unless detail was asked for."""
    load: float | None = None
    """Over one minute; `None` where the system has no such thing."""
    disks: Mapping[str, DiskReading] = _NOTHING
    physical_disks: frozenset[str] = frozenset()
    """Those of `disks` that are not made of others, so that a sum counts nothing twice."""
    filesystems: Mapping[str, FilesystemReading] = _NOTHING
    """By mount point; without detail, the one that holds the working directory."""
    interfaces: Mapping[str, InterfaceReading] = _NOTHING


class ProcessReading(NamedTuple):
    """This process at one moment."""

    at_s: float
    """On the monotonic clock."""
    user_s: float | None
    """As all that follow, `None` where it cannot be read or the system has no such thing."""
    system_s: float | None
    memory_bytes: int | None
    threads: int | None
    voluntary_switches: int | None
    involuntary_switches: int | None
    uptime_s: float | None
    file_descriptors: int | None = None


def read_or(absent: _Part, source: str, read: Callable[[], _Part]) -> _Part:
    """
    Read one source; when it is not there, or says something else than it should, only what is made of it is missing.

    Args:
        absent: What stands for it then.
        source: What it is, for the line that says so: "/proc/net/dev".
        read: Reads it.
    """
    try:
        found = read()
    except Exception as error:  # noqa: BLE001 - sandboxes and drivers answer with whatever they like
        guard.report(f"machine.{source}", f"{source} cannot be read, and what is measured by it is missing", error)
        return absent
    guard.recovered(f"machine.{source}", f"{source} is read again")
    return found
