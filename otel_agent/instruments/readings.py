"""What is read from the machine in one go, in the units of the metrics made of it."""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from otel_agent.clock import monotonic_s

__all__ = ["Disk", "Filesystem", "HostReading", "Interface", "Latest", "Memory", "ProcessReading", "busy_ratio"]

_Reading = TypeVar("_Reading")

CpuTimes = Mapping[str, float]
"""Seconds by mode, as in `cpu.mode`."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory and swap of the host, in bytes."""

    total_bytes: int
    available_bytes: int
    free_bytes: int
    buffers_bytes: int
    cached_bytes: int
    swap_total_bytes: int
    swap_used_bytes: int


@dataclass(frozen=True, slots=True)
class Disk:
    """One device since its start."""

    read_bytes: int
    written_bytes: int
    reads: int
    writes: int


@dataclass(frozen=True, slots=True)
class Filesystem:
    """One mounted filesystem, in bytes."""

    used_bytes: int
    available_bytes: int
    """To a process without privileges."""
    reserved_bytes: int
    """To the superuser."""


@dataclass(frozen=True, slots=True)
class Interface:
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
    memory: Memory
    cpus: Mapping[int, CpuTimes] = field(default_factory=dict)
    """By logical number; empty unless detail was asked for."""
    load: float | None = None
    """Over one minute; `None` where the system has no such thing."""
    disks: Mapping[str, Disk] = field(default_factory=dict)
    physical_disks: frozenset[str] = frozenset()
    """Those of `disks` that are not made of others, so that a sum counts nothing twice."""
    filesystems: Mapping[str, Filesystem] = field(default_factory=dict)
    """By mount point; without detail, the one that holds the working directory."""
    interfaces: Mapping[str, Interface] = field(default_factory=dict)


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


def busy_ratio(before: CpuTimes, after: CpuTimes) -> float | None:
    """
    Share of the time between two readings in which a CPU was not idle.

    Args:
        before: Seconds by mode.
        after: The same, later.

    Returns:
        From 0 to 1; `None` when no time has passed.
    """
    total_s = sum(after.values()) - sum(before.values())
    if total_s <= 0:
        return None
    idle_s = sum(after.get(mode, 0.0) - before.get(mode, 0.0) for mode in ("idle", "iowait"))
    return min(1.0, max(0.0, 1.0 - idle_s / total_s))


class Latest(Generic[_Reading]):
    """
    The newest reading and the one before, shared by all callbacks of one collection.

    A reading is taken anew when the newest is older than most of a tick. So however many callbacks and readers ask, rates are
    always over a tick and never over the moment between two questions. `_lock` is held while reading, so that two readers
    that ask at once share one reading.
    """

    def __init__(self, read: Callable[[], _Reading], tick_s: float, now_s: Callable[[], float] = monotonic_s) -> None:
        """
        Read nothing yet.

        Args:
            read: Takes a reading.
            tick_s: Between two collections; a reading is stale after nine tenths of it.
            now_s: The monotonic clock.
        """
        self._read = read
        self._stale_after_s = 0.9 * tick_s
        self._now_s = now_s
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._taken_s: float | None = None
        self._newest: _Reading | None = None
        self._before: _Reading | None = None

    def get(self) -> tuple[_Reading, _Reading | None]:
        """
        The newest reading and the one before it.

        Returns:
            Both; `None` for the second after the first reading.
        """
        if self._pid != os.getpid():
            self._forget()
        with self._lock:
            now_s = self._now_s()
            newest = self._newest
            if newest is None or self._taken_s is None or now_s - self._taken_s >= self._stale_after_s:
                self._before = newest
                self._newest = newest = self._read()
                self._taken_s = now_s
            return newest, self._before

    def _forget(self) -> None:
        # In a forked child: the parent's readings are not ours, and a thread of the parent may hold the lock for ever.
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._taken_s = None
        self._newest = None
        self._before = None
