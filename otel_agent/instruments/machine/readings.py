"""Readings of the host and of this process: what is read in one go, in the units of the metrics made of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "CpuTimes",
    "DiskReading",
    "FilesystemReading",
    "HostReading",
    "InterfaceReading",
    "MemoryReading",
    "ProcessReading",
]

CpuTimes = Mapping[str, float]
"""Seconds by mode, as in `cpu.mode`."""


@dataclass(frozen=True, slots=True)
class MemoryReading:
    """Memory and swap of the host, in bytes."""

    total_bytes: int
    available_bytes: int
    free_bytes: int
    buffers_bytes: int
    cached_bytes: int
    swap_total_bytes: int
    swap_used_bytes: int


@dataclass(frozen=True, slots=True)
class DiskReading:
    """One device since its start."""

    read_bytes: int
    written_bytes: int
    reads: int
    writes: int


@dataclass(frozen=True, slots=True)
class FilesystemReading:
    """One mounted filesystem, in bytes."""

    used_bytes: int
    available_bytes: int
    """Free for a process without privileges."""
    reserved_bytes: int
    """Free for the superuser only."""


@dataclass(frozen=True, slots=True)
class InterfaceReading:
    """One network interface since its start."""

    received_bytes: int
    sent_bytes: int
    receive_errors: int
    send_errors: int


@dataclass(frozen=True, slots=True)
class HostReading:
    """The host at one moment."""

    at_s: float
    """On the monotonic clock."""
    cpu: CpuTimes
    """Over all CPUs."""
    memory: MemoryReading
    cpus: Mapping[int, CpuTimes] = field(default_factory=dict)
    """By logical number; empty unless detail was asked for."""
    load: float | None = None
    """Over one minute; `None` where the system has no such thing."""
    disks: Mapping[str, DiskReading] = field(default_factory=dict)
    physical_disks: frozenset[str] = frozenset()
    """Those of `disks` that are not made of others, so that a sum counts nothing twice."""
    filesystems: Mapping[str, FilesystemReading] = field(default_factory=dict)
    """By mount point; without detail, the one that holds the working directory."""
    interfaces: Mapping[str, InterfaceReading] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProcessReading:
    """This process at one moment."""

    at_s: float
    """On the monotonic clock."""
    user_s: float
    system_s: float
    memory_bytes: int
    threads: int
    voluntary_switches: int
    involuntary_switches: int
    uptime_s: float
    file_descriptors: int | None = None
    """`None` where the system has no such thing."""
