"""This process: CPU, memory, threads, file descriptors, context switches, uptime; 7 points, one reading a collection."""

import functools
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from opentelemetry.metrics import Meter

from otel_agent.catalog import attributes as a
from otel_agent.catalog import process as metrics
from otel_agent.instruments.machine.intervals import LatestReading
from otel_agent.instruments.observing import Handle, observe
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from otel_agent.instruments.machine import cgroup, procfs, psutil_readings, readings
    from otel_agent.instruments.machine.readings import ProcessReading
else:
    # With the first reading, by the thread that takes it.
    cgroup = late_module("otel_agent.instruments.machine.cgroup")
    procfs = late_module("otel_agent.instruments.machine.procfs")
    psutil_readings = late_module("otel_agent.instruments.machine.psutil_readings")
    readings = late_module("otel_agent.instruments.machine.readings")

__all__ = ["install"]

Points = Iterator[tuple[float, Mapping[str, Any] | None]]


def install(
    meter: Meter,
    *,
    tick_s: float = 1.0,
    detail: bool = False,
    read: "Callable[[], ProcessReading] | None" = None,
    find_limits: "Callable[[], cgroup.Cgroup | None] | None" = None,
) -> Handle:
    """
    Measure this process from the next collection on.

    Args:
        meter: Meter of the OpenTelemetry API.
        tick_s: Time between two collections, in seconds.
        detail: Whether CPU time is told apart by mode and context switches by type.
        read: Takes a reading; `/proc` on Linux and psutil elsewhere by default.
        find_limits: Finds the container's limits, at the first collection; `cgroup.find` by default.

    Returns:
        A handle whose `close` takes the metrics out.
    """
    process = _ProcessMetrics(read or _reader(), find_limits, tick_s=tick_s, detail=detail)
    return Handle(observe(meter, metric, getattr(process, method)) for metric, method in _SOURCES)


class _ProcessMetrics:
    """
    Turns readings of this process into points.

    Args:
        read: Takes a reading.
        find_limits: Finds the container's limits, once.
        tick_s: Time between two collections, in seconds.
        detail: Whether modes of CPU time and types of context switches are told apart.
    """

    def __init__(
        self,
        read: "Callable[[], ProcessReading]",
        find_limits: "Callable[[], cgroup.Cgroup | None] | None",
        *,
        tick_s: float,
        detail: bool,
    ) -> None:
        self._group = functools.cache(find_limits or _find_cgroup)
        self._detail = detail
        self._latest = LatestReading(read, tick_s)

    def cpu_time(self) -> Points:
        now, _ = self._latest.get()
        if now.user_s is None or now.system_s is None:
            return
        if self._detail:
            yield now.user_s, {a.CPU_MODE.name: "user"}
            yield now.system_s, {a.CPU_MODE.name: "system"}
        else:
            yield now.user_s + now.system_s, None

    def cpu_utilization(self) -> Points:
        now, before = self._latest.get()
        if before is None or now.at_s <= before.at_s:
            return
        if now.user_s is None or now.system_s is None or before.user_s is None or before.system_s is None:
            return
        used_s = now.user_s + now.system_s - before.user_s - before.system_s
        yield max(0.0, used_s / ((now.at_s - before.at_s) * self._cpus())), None

    def memory_usage(self) -> Points:
        now, _ = self._latest.get()
        if now.memory_bytes is not None:
            yield now.memory_bytes, None

    def thread_count(self) -> Points:
        now, _ = self._latest.get()
        if now.threads is not None:
            yield now.threads, None

    def file_descriptor_count(self) -> Points:
        now, _ = self._latest.get()
        if now.file_descriptors is not None:
            yield now.file_descriptors, None

    def context_switches(self) -> Points:
        now, _ = self._latest.get()
        if now.voluntary_switches is None or now.involuntary_switches is None:
            return
        if self._detail:
            yield now.voluntary_switches, {a.PROCESS_CONTEXT_SWITCH_TYPE.name: "voluntary"}
            yield now.involuntary_switches, {a.PROCESS_CONTEXT_SWITCH_TYPE.name: "involuntary"}
        else:
            yield now.voluntary_switches + now.involuntary_switches, None

    def uptime(self) -> Points:
        now, _ = self._latest.get()
        if now.uptime_s is not None:
            yield now.uptime_s, None

    def _cpus(self) -> float:
        # What this process may use: its own choice of CPUs, within what the container may use.
        group = readings.read_or(None, "/sys/fs/cgroup", self._group)
        cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        limit = None if group is None else group.cpu_limit()
        return cpus if limit is None else min(cpus, limit)


def _find_cgroup() -> "cgroup.Cgroup | None":
    return cgroup.find()


def _reader() -> "Callable[[], ProcessReading]":
    """What takes readings, chosen and made with the first one."""

    @functools.cache
    def source() -> "Callable[[], ProcessReading]":
        return procfs.ProcfsProcessReader() if platform.system() == "Linux" else psutil_readings.read_process

    def read() -> "ProcessReading":
        return source()()

    return read


_SOURCES = (
    (metrics.CPU_TIME, "cpu_time"),
    (metrics.CPU_UTILIZATION, "cpu_utilization"),
    (metrics.MEMORY_USAGE, "memory_usage"),
    (metrics.THREAD_COUNT, "thread_count"),
    (metrics.FILE_DESCRIPTOR_COUNT, "file_descriptor_count"),
    (metrics.CONTEXT_SWITCHES, "context_switches"),
    (metrics.UPTIME, "uptime"),
)
