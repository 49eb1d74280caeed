"""
The host, or the container when it has limits: CPU, load, memory, paging, disks, filesystem, network.

All metrics of one collection come from one reading. By default they are totals, 16 points; in detail there is a point for
each CPU, device, filesystem and interface instead.
"""

import functools
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from opentelemetry.metrics import Meter

from otel_agent.catalog import attributes as a
from otel_agent.catalog import host as metrics
from otel_agent.instruments.machine.intervals import LatestReading, busy_ratio
from otel_agent.instruments.observing import Handle, observe
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from otel_agent.instruments.machine import cgroup, procfs, psutil_readings, readings
    from otel_agent.instruments.machine.readings import HostReading
else:
    # With the first reading, by the thread that takes it.
    cgroup = late_module("otel_agent.instruments.machine.cgroup")
    procfs = late_module("otel_agent.instruments.machine.procfs")
    psutil_readings = late_module("otel_agent.instruments.machine.psutil_readings")
    readings = late_module("otel_agent.instruments.machine.readings")

__all__ = ["build_ratios", "install"]

Points = Iterator[tuple[float, Mapping[str, Any] | None]]

_USED = {a.SYSTEM_MEMORY_STATE.name: "used"}
_SWAP_USED = {a.SYSTEM_PAGING_STATE.name: "used"}
_SWAP_FREE = {a.SYSTEM_PAGING_STATE.name: "free"}
_READ, _WRITE = ({a.DISK_IO_DIRECTION.name: value} for value in a.DISK_IO_DIRECTION.values)
_RECEIVE, _TRANSMIT = ({a.NETWORK_IO_DIRECTION.name: value} for value in a.NETWORK_IO_DIRECTION.values)
_LOOPBACK = ("lo", "lo0")


def install(
    meter: Meter,
    *,
    tick_s: float = 1.0,
    detail: bool = False,
    read: "Callable[[], HostReading] | None" = None,
    find_limits: "Callable[[], cgroup.Cgroup | None] | None" = None,
) -> Handle:
    """
    Measure the host from the next collection on.

    Args:
        meter: Meter of the OpenTelemetry API.
        tick_s: Time between two collections, in seconds.
        detail: Whether every CPU, device, filesystem and interface gets points of its own.
        read: Takes a reading; `/proc` on Linux and psutil elsewhere by default.
        find_limits: Finds the container's limits, at the first collection; `cgroup.find` by default.

    Returns:
        A handle whose `close` takes the metrics out.
    """
    host = _HostMetrics(read or _reader(detail=detail), find_limits, tick_s=tick_s, detail=detail)
    return Handle(observe(meter, metric, getattr(host, method)) for metric, method in _SOURCES)


def build_ratios(tick_s: float = 1.0) -> Callable[[], Mapping[str, float]]:
    """
    Make a reader of how full the host, or the container, is; for thresholds.

    Args:
        tick_s: Between two readings, in seconds.

    Returns:
        Answers with ratios from 0 to 1 by name: "cpu" (from the second reading on), "memory", "disk" (of the fullest
        filesystem looked at). What the platform does not tell is left out.
    """
    host = _HostMetrics(_reader(detail=False), None, tick_s=tick_s, detail=False)
    sources = {"cpu": host.cpu_utilization, "memory": host.memory_utilization, "disk": host.filesystem_utilization}

    def read() -> Mapping[str, float]:
        found = {name: [value for value, _ in points()] for name, points in sources.items()}
        return {name: max(values) for name, values in found.items() if values}

    return read


class _HostMetrics:
    """
    Turns readings of the host into points.

    Args:
        read: Takes a reading.
        find_limits: Finds the container's limits, once.
        tick_s: Time between two collections, in seconds.
        detail: Whether CPUs, devices, filesystems and interfaces are told apart.
    """

    def __init__(
        self,
        read: "Callable[[], HostReading]",
        find_limits: "Callable[[], cgroup.Cgroup | None] | None",
        *,
        tick_s: float,
        detail: bool,
    ) -> None:
        self._read = read
        self._group = functools.cache(find_limits or _find_cgroup)
        self._detail = detail
        self._latest = LatestReading(self._take, tick_s)

    def cpu_utilization(self) -> Points:
        (now, limits), before = self._latest.get()
        if before is None:
            return
        earlier, earlier_limits = before
        if self._detail and now.cpus:
            for number, times in now.cpus.items():
                if number in earlier.cpus and (ratio := busy_ratio(earlier.cpus[number], times)) is not None:
                    yield ratio, {a.CPU_LOGICAL_NUMBER.name: number}
            return
        share = _share_of_limit(limits, earlier_limits, now.at_s - earlier.at_s)
        ratio = busy_ratio(earlier.cpu, now.cpu) if share is None else share
        if ratio is not None:
            yield ratio, None

    def cpu_time(self) -> Points:
        (now, _), _ = self._latest.get()
        if self._detail and now.cpus:
            for number, times in now.cpus.items():
                for mode, time_s in times.items():
                    yield time_s, {a.CPU_LOGICAL_NUMBER.name: number, a.CPU_MODE.name: mode}
            return
        times = now.cpu
        if not times:
            return
        yield times.get("user", 0.0) + times.get("nice", 0.0), {a.CPU_MODE.name: "user"}
        yield times.get("system", 0.0) + times.get("interrupt", 0.0), {a.CPU_MODE.name: "system"}

    def cpu_load(self) -> Points:
        (now, _), _ = self._latest.get()
        if now.load is not None:
            yield now.load, None

    def memory_usage(self) -> Points:
        memory = self._latest.get()[0][0].memory
        for used_bytes, _ in self._memory():
            yield used_bytes, _USED
        if self._detail and memory is not None:
            for state, size_bytes in (
                ("free", memory.free_bytes),
                ("buffers", memory.buffers_bytes),
                ("cached", memory.cached_bytes),
            ):
                yield size_bytes, {a.SYSTEM_MEMORY_STATE.name: state}

    def memory_limit(self) -> Points:
        for _, limit_bytes in self._memory():
            yield limit_bytes, None

    def memory_utilization(self) -> Points:
        for used_bytes, limit_bytes in self._memory():
            yield used_bytes / limit_bytes, _USED

    def paging_usage(self) -> Points:
        (now, _), _ = self._latest.get()
        memory = now.memory
        if self._detail and memory is not None and memory.swap_total_bytes:
            yield memory.swap_used_bytes, _SWAP_USED
            yield memory.swap_total_bytes - memory.swap_used_bytes, _SWAP_FREE

    def paging_utilization(self) -> Points:
        (now, _), _ = self._latest.get()
        memory = now.memory
        if memory is not None and memory.swap_total_bytes:
            yield memory.swap_used_bytes / memory.swap_total_bytes, _SWAP_USED

    def disk_io(self) -> Points:
        (now, _), _ = self._latest.get()
        if self._detail:
            for name, disk in now.disks.items():
                yield disk.read_bytes, {a.SYSTEM_DEVICE.name: name, **_READ}
                yield disk.written_bytes, {a.SYSTEM_DEVICE.name: name, **_WRITE}
        elif now.physical_disks:
            yield sum(now.disks[name].read_bytes for name in now.physical_disks), _READ
            yield sum(now.disks[name].written_bytes for name in now.physical_disks), _WRITE

    def disk_operations(self) -> Points:
        (now, _), _ = self._latest.get()
        if self._detail:
            for name, disk in now.disks.items():
                yield disk.reads, {a.SYSTEM_DEVICE.name: name, **_READ}
                yield disk.writes, {a.SYSTEM_DEVICE.name: name, **_WRITE}
        elif now.physical_disks:
            yield sum(now.disks[name].reads + now.disks[name].writes for name in now.physical_disks), None

    def filesystem_usage(self) -> Points:
        (now, _), _ = self._latest.get()
        for mountpoint, space in now.filesystems.items():
            yield space.used_bytes, _at(mountpoint, "used")
            if self._detail:
                yield space.available_bytes, _at(mountpoint, "free")
                yield space.reserved_bytes, _at(mountpoint, "reserved")

    def filesystem_utilization(self) -> Points:
        (now, _), _ = self._latest.get()
        for mountpoint, space in now.filesystems.items():
            size_bytes = space.used_bytes + space.available_bytes
            if size_bytes:
                yield space.used_bytes / size_bytes, _at(mountpoint, "used")

    def network_io(self) -> Points:
        (now, _), _ = self._latest.get()
        if self._detail:
            for name, each in now.interfaces.items():
                yield each.received_bytes, {a.NETWORK_INTERFACE_NAME.name: name, **_RECEIVE}
                yield each.sent_bytes, {a.NETWORK_INTERFACE_NAME.name: name, **_TRANSMIT}
            return
        outward = [each for name, each in now.interfaces.items() if name not in _LOOPBACK]
        if outward:
            yield sum(each.received_bytes for each in outward), _RECEIVE
            yield sum(each.sent_bytes for each in outward), _TRANSMIT

    def network_errors(self) -> Points:
        (now, _), _ = self._latest.get()
        if self._detail:
            for name, each in now.interfaces.items():
                yield each.receive_errors, {a.NETWORK_INTERFACE_NAME.name: name, **_RECEIVE}
                yield each.send_errors, {a.NETWORK_INTERFACE_NAME.name: name, **_TRANSMIT}
            return
        outward = [each for name, each in now.interfaces.items() if name not in _LOOPBACK]
        if outward:
            yield sum(each.receive_errors + each.send_errors for each in outward), None

    def _memory(self) -> Iterator[tuple[int, int]]:
        """Bytes in use and how many there are, once; nothing where neither the container nor the host tells."""
        (now, limits), _ = self._latest.get()
        limit_bytes, used_bytes = limits.memory_limit_bytes, limits.memory_used_bytes
        memory = now.memory
        if limit_bytes and used_bytes is not None and (memory is None or limit_bytes < memory.total_bytes):
            yield used_bytes, limit_bytes
        elif memory is not None and memory.total_bytes:
            yield memory.total_bytes - memory.available_bytes, memory.total_bytes

    def _take(self) -> "tuple[HostReading, cgroup.CgroupLimits]":
        return self._read(), readings.read_or(cgroup.CgroupLimits(), "/sys/fs/cgroup", self._limits)

    def _limits(self) -> "cgroup.CgroupLimits":
        group = self._group()
        return cgroup.CgroupLimits() if group is None else group.read()


def _share_of_limit(now: "cgroup.CgroupLimits", before: "cgroup.CgroupLimits", elapsed_s: float) -> float | None:
    if now.cpu_limit is None or now.cpu_used_s is None or before.cpu_used_s is None or elapsed_s <= 0:
        return None
    if now.cpu_limit >= (os.cpu_count() or 1):
        return None
    return min(1.0, max(0.0, (now.cpu_used_s - before.cpu_used_s) / (elapsed_s * now.cpu_limit)))


def _at(mountpoint: str, state: str) -> dict[str, str]:
    return {a.SYSTEM_FILESYSTEM_MOUNTPOINT.name: mountpoint, a.SYSTEM_FILESYSTEM_STATE.name: state}


def _find_cgroup() -> "cgroup.Cgroup | None":
    return cgroup.find()


def _reader(*, detail: bool) -> "Callable[[], HostReading]":
    """What takes readings, chosen and made with the first one."""

    @functools.cache
    def source() -> "Callable[[], HostReading]":
        if platform.system() == "Linux":
            return procfs.ProcfsHostReader(detail=detail)
        return psutil_readings.read_host_in_detail if detail else psutil_readings.read_host

    def read() -> "HostReading":
        return source()()

    return read


_SOURCES = (
    (metrics.CPU_UTILIZATION, "cpu_utilization"),
    (metrics.CPU_TIME, "cpu_time"),
    (metrics.CPU_LOAD, "cpu_load"),
    (metrics.MEMORY_USAGE, "memory_usage"),
    (metrics.MEMORY_LIMIT, "memory_limit"),
    (metrics.MEMORY_UTILIZATION, "memory_utilization"),
    (metrics.PAGING_USAGE, "paging_usage"),
    (metrics.PAGING_UTILIZATION, "paging_utilization"),
    (metrics.DISK_IO, "disk_io"),
    (metrics.DISK_OPERATIONS, "disk_operations"),
    (metrics.FILESYSTEM_USAGE, "filesystem_usage"),
    (metrics.FILESYSTEM_UTILIZATION, "filesystem_utilization"),
    (metrics.NETWORK_IO, "network_io"),
    (metrics.NETWORK_ERRORS, "network_errors"),
)
