"""This process: CPU, memory, threads, file descriptors, context switches, uptime; 7 points, one reading a collection."""

import os
import platform
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from opentelemetry.metrics import Meter

from otel_agent.catalog import attributes as a
from otel_agent.catalog import process as metrics
from otel_agent.instruments.machine.intervals import LatestReading
from otel_agent.instruments.observing import Handle, observe

if TYPE_CHECKING:
    # Loaded with the first reading, by the thread that takes it.
    from otel_agent.instruments.machine import cgroup
    from otel_agent.instruments.machine.readings import ProcessReading

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
        meter: Of the API.
        tick_s: Between two collections, in seconds.
        detail: Whether CPU time is told apart by mode and context switches by type.
        read: Takes a reading; `/proc` on Linux and psutil elsewhere by default.
        find_limits: Finds the container's limits, at the first collection; `cgroup.find` by default.

    Returns:
        Whose `close` ends it.
    """
    process = _ProcessMetrics(read or _reader(), find_limits, tick_s=tick_s, detail=detail)
    return Handle(observe(meter, metric, getattr(process, method)) for metric, method in _SOURCES)


class _ProcessMetrics:
    """Turns readings into points."""

    def __init__(
        self,
        read: "Callable[[], ProcessReading]",
        find_limits: "Callable[[], cgroup.Cgroup | None] | None",
        *,
        tick_s: float,
        detail: bool,
    ) -> None:
        """
        Read nothing yet; see `install`.

        Args:
            read: Takes a reading.
            find_limits: Finds the container's limits.
            tick_s: Between two collections, in seconds.
            detail: Whether modes and types are told apart.
        """
        self._find_limits = find_limits
        self._detail = detail
        self._group: cgroup.Cgroup | None = None
        self._has_looked = False
        self._latest = LatestReading(read, tick_s)

    def cpu_time(self) -> Points:
        now, _ = self._latest.get()
        if self._detail:
            yield now.user_s, {a.CPU_MODE.name: "user"}
            yield now.system_s, {a.CPU_MODE.name: "system"}
        else:
            yield now.user_s + now.system_s, None

    def cpu_utilization(self) -> Points:
        now, before = self._latest.get()
        if before is None or now.at_s <= before.at_s:
            return
        used_s = now.user_s + now.system_s - before.user_s - before.system_s
        yield max(0.0, used_s / ((now.at_s - before.at_s) * self._cpus())), None

    def memory_usage(self) -> Points:
        now, _ = self._latest.get()
        yield now.memory_bytes, None

    def thread_count(self) -> Points:
        now, _ = self._latest.get()
        yield now.threads, None

    def file_descriptor_count(self) -> Points:
        now, _ = self._latest.get()
        if now.file_descriptors is not None:
            yield now.file_descriptors, None

    def context_switches(self) -> Points:
        now, _ = self._latest.get()
        if self._detail:
            yield now.voluntary_switches, {a.PROCESS_CONTEXT_SWITCH_TYPE.name: "voluntary"}
            yield now.involuntary_switches, {a.PROCESS_CONTEXT_SWITCH_TYPE.name: "involuntary"}
        else:
            yield now.voluntary_switches + now.involuntary_switches, None

    def uptime(self) -> Points:
        now, _ = self._latest.get()
        yield now.uptime_s, None

    def _cpus(self) -> float:
        # What this process may use: its own choice of CPUs, within what the container may use.
        if not self._has_looked:
            from otel_agent.instruments.machine import cgroup

            self._has_looked = True
            self._group = (self._find_limits or cgroup.find)()
        cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        limit = None if self._group is None else self._group.cpu_limit()
        return cpus if limit is None else min(cpus, limit)


def _reader() -> "Callable[[], ProcessReading]":
    made: list[Callable[[], ProcessReading]] = []

    def read() -> "ProcessReading":
        if not made:
            made.append(_source())
        return made[0]()

    return read


def _source() -> "Callable[[], ProcessReading]":
    if platform.system() == "Linux":
        from otel_agent.instruments.machine.procfs import ProcessFiles

        return ProcessFiles()
    from otel_agent.instruments.machine import psutil_readings

    return psutil_readings.read_process


_SOURCES = (
    (metrics.CPU_TIME, "cpu_time"),
    (metrics.CPU_UTILIZATION, "cpu_utilization"),
    (metrics.MEMORY_USAGE, "memory_usage"),
    (metrics.THREAD_COUNT, "thread_count"),
    (metrics.FILE_DESCRIPTOR_COUNT, "file_descriptor_count"),
    (metrics.CONTEXT_SWITCHES, "context_switches"),
    (metrics.UPTIME, "uptime"),
)
