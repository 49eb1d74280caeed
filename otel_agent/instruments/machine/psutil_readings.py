"""Readings taken with psutil, for systems without `/proc`, and to check ours against on systems with it."""

import os
from typing import TYPE_CHECKING, Any

from otel_agent.clock import monotonic_s, wall_ns
from otel_agent.instruments.machine.readings import (
    DiskReading,
    FilesystemReading,
    HostReading,
    InterfaceReading,
    MemoryReading,
    ProcessReading,
    read_or,
)
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    import psutil
else:
    psutil = late_module("psutil")

__all__ = ["read_host", "read_host_in_detail", "read_process"]

_MODES = {"user": "user", "nice": "nice", "system": "system", "idle": "idle", "iowait": "iowait", "steal": "steal"}
_INTERRUPTS = ("irq", "softirq", "interrupt", "dpc")


def read_host() -> HostReading:
    """
    Read totals of the host.

    Returns:
        One filesystem, and no single CPUs.
    """
    return _read_host(detail=False)


def read_host_in_detail() -> HostReading:
    """
    Read the host with every CPU and every filesystem.

    Returns:
        A reading.
    """
    return _read_host(detail=True)


def read_process() -> ProcessReading:
    """
    Read the process that calls this, so that a forked child reads itself.

    Returns:
        A reading.
    """
    process = psutil.Process(os.getpid())
    with process.oneshot():
        times = read_or(None, "CPU time of the process", process.cpu_times)
        switches = read_or(None, "context switches of the process", process.num_ctx_switches)
        return ProcessReading(
            at_s=monotonic_s(),
            user_s=None if times is None else times.user,
            system_s=None if times is None else times.system,
            memory_bytes=read_or(None, "memory of the process", lambda: process.memory_info().rss),
            threads=read_or(None, "threads of the process", process.num_threads),
            voluntary_switches=None if switches is None else switches.voluntary,
            involuntary_switches=None if switches is None else switches.involuntary,
            uptime_s=read_or(None, "start of the process", lambda: max(0.0, wall_ns() / 1e9 - process.create_time())),
            file_descriptors=read_or(None, "files of the process", process.num_fds)
            if hasattr(process, "num_fds")
            else None,
        )


def _read_host(*, detail: bool) -> HostReading:
    disks: dict[str, Any] = read_or({}, "disk counters", _disk_counters)
    interfaces: dict[str, Any] = read_or({}, "network counters", _network_counters)
    return HostReading(
        at_s=monotonic_s(),
        cpu=read_or({}, "CPU times", lambda: _times(psutil.cpu_times())),
        memory=read_or(None, "memory of the host", _memory),
        cpus=read_or({}, "times of each CPU", lambda: dict(enumerate(map(_times, psutil.cpu_times(percpu=True)))))
        if detail
        else {},
        load=read_or(None, "load", lambda: psutil.getloadavg()[0]),
        disks={
            name: DiskReading(each.read_bytes, each.write_bytes, each.read_count, each.write_count)
            for name, each in disks.items()
        },
        physical_disks=frozenset(disks),
        filesystems=read_or({}, "the file system", lambda: dict(map(_filesystem, _mountpoints(detail=detail)))),
        interfaces={
            name: InterfaceReading(each.bytes_recv, each.bytes_sent, each.errin, each.errout)
            for name, each in interfaces.items()
        },
    )


def _disk_counters() -> dict[str, Any]:
    return psutil.disk_io_counters(perdisk=True, nowrap=False) or {}


def _network_counters() -> dict[str, Any]:
    return psutil.net_io_counters(pernic=True, nowrap=False) or {}


def _memory() -> MemoryReading | None:
    memory = psutil.virtual_memory()
    swap = read_or(None, "swap", psutil.swap_memory)
    return MemoryReading(
        total_bytes=memory.total,
        available_bytes=memory.available,
        free_bytes=memory.free,
        buffers_bytes=getattr(memory, "buffers", 0),
        cached_bytes=getattr(memory, "cached", 0),
        swap_total_bytes=0 if swap is None else swap.total,
        swap_used_bytes=0 if swap is None else swap.used,
    )


def _mountpoints(*, detail: bool) -> list[str]:
    return [part.mountpoint for part in psutil.disk_partitions()] if detail else ["."]


def _times(times: object) -> dict[str, float]:
    found = {mode: getattr(times, column) for column, mode in _MODES.items() if hasattr(times, column)}
    found["interrupt"] = sum(getattr(times, column, 0.0) for column in _INTERRUPTS)
    return found


def _filesystem(mountpoint: str) -> tuple[str, FilesystemReading]:
    usage = psutil.disk_usage(mountpoint)
    reserved_bytes = max(0, usage.total - usage.used - usage.free)
    return os.path.realpath(mountpoint), FilesystemReading(usage.used, usage.free, reserved_bytes)
