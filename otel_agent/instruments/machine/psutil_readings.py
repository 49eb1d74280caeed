"""Readings taken with psutil, for systems without `/proc`, and to check ours against on systems with it."""

import os
from typing import TYPE_CHECKING

from otel_agent.clock import monotonic_s, wall_ns
from otel_agent.instruments.machine.readings import (
    DiskReading,
    FilesystemReading,
    HostReading,
    InterfaceReading,
    MemoryReading,
    ProcessReading,
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
        times = process.cpu_times()
        switches = process.num_ctx_switches()
        return ProcessReading(
            at_s=monotonic_s(),
            user_s=times.user,
            system_s=times.system,
            memory_bytes=process.memory_info().rss,
            threads=process.num_threads(),
            voluntary_switches=switches.voluntary,
            involuntary_switches=switches.involuntary,
            uptime_s=max(0.0, wall_ns() / 1e9 - process.create_time()),
            file_descriptors=process.num_fds() if hasattr(process, "num_fds") else None,
        )


def _read_host(*, detail: bool) -> HostReading:
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    disks = psutil.disk_io_counters(perdisk=True, nowrap=False) or {}
    interfaces = psutil.net_io_counters(pernic=True, nowrap=False) or {}
    mountpoints = [part.mountpoint for part in psutil.disk_partitions()] if detail else ["."]
    return HostReading(
        at_s=monotonic_s(),
        cpu=_times(psutil.cpu_times()),
        memory=MemoryReading(
            total_bytes=memory.total,
            available_bytes=memory.available,
            free_bytes=memory.free,
            buffers_bytes=getattr(memory, "buffers", 0),
            cached_bytes=getattr(memory, "cached", 0),
            swap_total_bytes=swap.total,
            swap_used_bytes=swap.used,
        ),
        cpus={number: _times(times) for number, times in enumerate(psutil.cpu_times(percpu=True))} if detail else {},
        load=psutil.getloadavg()[0],
        disks={
            name: DiskReading(each.read_bytes, each.write_bytes, each.read_count, each.write_count)
            for name, each in disks.items()
        },
        physical_disks=frozenset(disks),
        filesystems=dict(_filesystem(mountpoint) for mountpoint in mountpoints),
        interfaces={
            name: InterfaceReading(each.bytes_recv, each.bytes_sent, each.errin, each.errout)
            for name, each in interfaces.items()
        },
    )


def _times(times: object) -> dict[str, float]:
    found = {mode: getattr(times, column) for column, mode in _MODES.items() if hasattr(times, column)}
    found["interrupt"] = sum(getattr(times, column, 0.0) for column in _INTERRUPTS)
    return found


def _filesystem(mountpoint: str) -> tuple[str, FilesystemReading]:
    usage = psutil.disk_usage(mountpoint)
    reserved_bytes = max(0, usage.total - usage.used - usage.free)
    return os.path.realpath(mountpoint), FilesystemReading(usage.used, usage.free, reserved_bytes)
