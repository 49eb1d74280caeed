"""The environment of this process, as runs keep it."""

import os
import platform
from pathlib import Path

from otel_agent.insight.baselines.runs import RunEnvironment

__all__ = ["read_environment"]

_CPU_INFO = Path("/proc/cpuinfo")
_NAMES = ("model name", "hardware", "cpu model", "uarch")
"""What `/proc/cpuinfo` calls the model of the processor, by architecture."""


def read_environment(otel_agent_version: str = "", directory: Path | None = None) -> RunEnvironment:
    """
    Read what this process runs on.

    Args:
        otel_agent_version: Version of this package.
        directory: Folder whose repository's commit is noted; the working directory by default.
    """
    return RunEnvironment(
        python=f"{platform.python_implementation()} {platform.python_version()}",
        system=f"{platform.system()} {platform.machine()}",
        cpu=_cpu(),
        cpus=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        otel_agent=otel_agent_version,
        commit=commit(Path.cwd() if directory is None else directory),
    )


def commit(directory: Path) -> str:
    """
    Commit that is checked out, read from the files of git.

    Args:
        directory: Inside the repository.

    Returns:
        Its hash; empty when there is no repository or no commit.
    """
    try:
        git = next(found for folder in (directory, *directory.parents) if (found := folder / ".git").exists())
        if git.is_file():  # a worktree
            git = directory / git.read_text().partition("gitdir:")[2].strip()
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        reference = head.removeprefix("ref: ")
        common = git / (git / "commondir").read_text().strip() if (git / "commondir").exists() else git
        if (common / reference).exists():
            return (common / reference).read_text().strip()
        packed = (common / "packed-refs").read_text().splitlines()
        return next(line.split()[0] for line in packed if line.endswith(f" {reference}"))
    except (OSError, StopIteration, ValueError):
        return ""


def _cpu() -> str:
    try:
        lines = [line.partition(":") for line in _CPU_INFO.read_text().splitlines()]
    except (OSError, ValueError):
        lines = []
    named = {key.strip().lower(): value.strip() for key, _, value in lines}
    return next((named[name] for name in _NAMES if named.get(name)), "") or platform.processor() or "unknown"
