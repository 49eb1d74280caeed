"""
Control groups: the limits a container sets for this process, in both versions of Linux.

What the host has is no use to an agent that may only have a part of it: where a limit is set and lower, it counts. Limits of
enclosing groups hold too, so the tightest on the way up to the root is taken.

Source: https://docs.kernel.org/admin-guide/cgroup-v2.html
Source: https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from otel_agent.clock import monotonic_s

__all__ = ["Cgroup", "CgroupLimits", "find"]

_UNLIMITED_BYTES = 1 << 60
"""Version 1 writes "no limit" as the largest number of whole pages; nothing real is this large."""


class CgroupLimits(NamedTuple):
    """Limits and use at one moment; `None` means not set."""

    memory_limit_bytes: int | None = None
    memory_used_bytes: int | None = None
    """Without what could be given back at once; only where there is a limit."""
    cpu_limit: float | None = None
    """How many CPUs' worth of time there is."""
    cpu_used_s: float | None = None
    """CPU time used since the group was made; only where there is a limit."""


class Cgroup:
    """
    The control group of this process, found once by `find`. Use is read at every tick, limits now and then.

    Args:
        memory: Directories that limit memory, innermost first.
        cpu: Directories that limit CPU time, innermost first.
        cpu_usage: The file with the CPU time used.
        is_v2: Whether it is a control group of version 2.
        limits_last_s: How long limits are taken to be what they were, in seconds.
    """

    def __init__(
        self,
        memory: Sequence[Path],
        cpu: Sequence[Path],
        cpu_usage: Path | None,
        *,
        is_v2: bool,
        limits_last_s: float = 10.0,
    ) -> None:
        self._memory = tuple(map(str, memory))
        self._cpu = tuple(map(str, cpu))
        self._cpu_usage = None if cpu_usage is None else str(cpu_usage)
        self._is_v2 = is_v2
        self._limits_last_s = limits_last_s
        self._read_s: float | None = None
        self._tightest: tuple[int | None, str | None] = (None, None)
        self._cpus: float | None = None

    def read(self) -> CgroupLimits:
        """
        Read limits and use. Never raises: what cannot be read is not set.

        Returns:
            All `None` without any limit.
        """
        self._refresh()
        memory_limit, memory_directory = self._tightest
        cpu_limit = self._cpus
        return CgroupLimits(
            memory_limit,
            None if memory_directory is None else self._memory_used(memory_directory),
            cpu_limit,
            None if cpu_limit is None else self._cpu_used_s(),
        )

    def cpu_limit(self) -> float | None:
        """
        Read how many CPUs' worth of time there is.

        Returns:
            `None` without a limit.
        """
        self._refresh()
        return self._cpus

    def _refresh(self) -> None:
        now_s = monotonic_s()
        if self._read_s is None or now_s - self._read_s >= self._limits_last_s:
            self._read_s = now_s
            self._tightest = self._memory_limit()
            self._cpus = self._cpu_limit()

    def _cpu_limit(self) -> float | None:
        limits = []
        for directory in self._cpu:
            if self._is_v2:
                quota, _, period = _text(f"{directory}/cpu.max").partition(" ")
            else:
                quota = _text(f"{directory}/cpu.cfs_quota_us")
                period = _text(f"{directory}/cpu.cfs_period_us") if quota.isdigit() else ""
            if quota.isdigit() and period.isdigit() and int(period):
                limits.append(int(quota) / int(period))
        return min(limits, default=None)

    def _memory_limit(self) -> tuple[int | None, str | None]:
        name = "memory.max" if self._is_v2 else "memory.limit_in_bytes"
        tightest: tuple[int | None, str | None] = (None, None)
        for directory in self._memory:
            limit = _number(f"{directory}/{name}")
            if limit is not None and limit < _UNLIMITED_BYTES and (tightest[0] is None or limit < tightest[0]):
                tightest = (limit, directory)
        return tightest

    def _memory_used(self, directory: str) -> int | None:
        used = _number(f"{directory}/{'memory.current' if self._is_v2 else 'memory.usage_in_bytes'}")
        if used is None:
            return None
        # File pages nobody looks at are given back before anything is killed; the kubelet leaves them out too.
        key = "inactive_file" if self._is_v2 else "total_inactive_file"
        return max(0, used - _table(f"{directory}/memory.stat").get(key, 0))

    def _cpu_used_s(self) -> float | None:
        if self._cpu_usage is None:
            return None
        if self._is_v2:
            used_us = _table(self._cpu_usage).get("usage_usec")
            return None if used_us is None else used_us / 1e6
        used_ns = _number(self._cpu_usage)
        return None if used_ns is None else used_ns / 1e9


def find(
    root: Path = Path("/sys/fs/cgroup"), proc: Path = Path("/proc/self/cgroup"), *, limits_last_s: float = 10.0
) -> Cgroup | None:
    """
    Find the groups this process is in.

    Args:
        root: Where control groups are mounted.
        proc: What the kernel says the groups are.
        limits_last_s: How long limits are taken to be what they were, in seconds.

    Returns:
        Where to read; `None` on a system without control groups.
    """
    paths: dict[str, str] = {}
    for line in _text(str(proc)).splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        for controller in controllers.split(","):
            paths[controller] = path
    if (root / "cgroup.controllers").exists():
        directories = tuple(_upwards(root, paths.get("", "/")))
        usage = next((each / "cpu.stat" for each in directories if (each / "cpu.stat").exists()), None)
        return Cgroup(directories, directories, usage, is_v2=True, limits_last_s=limits_last_s)
    if not paths:
        return None
    memory = tuple(_upwards(root / "memory", paths.get("memory", "/")))
    cpu = tuple(_upwards(root / "cpu", paths.get("cpu", "/")))
    accounts = _upwards(root / "cpuacct", paths.get("cpuacct", "/"))
    usage = next((each / "cpuacct.usage" for each in accounts if (each / "cpuacct.usage").exists()), None)
    return Cgroup(memory, cpu, usage, is_v2=False, limits_last_s=limits_last_s)


def _upwards(mount: Path, path: str) -> Iterator[Path]:
    # Inside a container the path may be the host's and lead nowhere; the mount itself is then the container's group.
    directory = mount / path.lstrip("/")
    while directory not in {mount, directory.parent}:
        if directory.is_dir():
            yield directory
        directory = directory.parent
    if mount.is_dir():
        yield mount


def _text(path: str) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return ""
    try:
        return os.read(descriptor, 1 << 16).decode().strip()
    except (OSError, ValueError):
        return ""
    finally:
        os.close(descriptor)


def _number(path: str) -> int | None:
    text = _text(path)
    return int(text) if text.isdigit() else None


def _table(path: str) -> dict[str, int]:
    rows = (line.split() for line in _text(path).splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}  # noqa: PLR2004 - key and value
