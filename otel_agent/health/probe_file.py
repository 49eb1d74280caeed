"""
Health as a file, for probes that run a command and for workers without a port.

    its age        seconds since the agent was last known to be alive: as /livez
    its content    the JSON of /healthz, with "live" and "ready": as /readyz
    its absence    the agent has not begun or has ended
"""

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from otel_agent.clock import SYSTEM, Clock
from otel_agent.health.background_calls import CachedCall

__all__ = ["ProbeFile", "ProbeFileWriter"]

WRITE_S = 2.0
"""How often the file is brought up to date, in seconds."""


class ProbeFile:
    """
    A file that is replaced as a whole by each writing.

    Args:
        path: Path of the file, in a directory that exists.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pid = os.getpid()
        self._alive_at_s: float | None = None

    def write(self, content: Mapping[str, Any], *, is_live: bool, wall_s: float) -> None:
        """
        Bring the file up to date.

        Args:
            content: Content of the file, written as JSON.
            is_live: Whether the agent is alive now; when not, the file keeps its age.
            wall_s: The time now, in seconds since 1970.

        Raises:
            OSError: It cannot be written.
        """
        if self._pid != os.getpid():
            return
        if is_live or self._alive_at_s is None:
            self._alive_at_s = wall_s
        draft = self._path.with_name(f".{self._path.name}.{self._pid}")
        draft.write_text(json.dumps(content) + "\n")
        os.utime(draft, (wall_s, self._alive_at_s))
        draft.replace(self._path)

    def remove(self) -> None:
        """Take the file away; silent when there is none, and in a forked child."""
        if self._pid == os.getpid():
            with suppress(OSError):
                self._path.unlink()


class ProbeFileWriter:
    """
    Keeps the probe file up to date on a background thread, so that a slow disk holds up nobody.

    Args:
        path: Path of the file, in a directory that exists.
        status: Returns the content of the file and whether the agent is alive.
        clock: Its wall time becomes the age of the file; its monotonic time says when the next writing is due.
    """

    def __init__(self, path: str, status: Callable[[], tuple[Mapping[str, Any], bool]], clock: Clock = SYSTEM) -> None:
        self._file = ProbeFile(Path(path))
        self._status = status
        self._clock = clock
        self._writing = CachedCall("file", self._write, f"the health file {path} could not be written")
        self._written_at_s = float("-inf")

    def tick(self) -> None:
        """Write when it is time to; returns at once."""
        now_s = self._clock.monotonic_s()
        if now_s - self._written_at_s >= WRITE_S:
            self._written_at_s = now_s
            self.write()

    def write(self) -> None:
        """Write now, unless a writing is under way; returns at once."""
        self._writing.refresh()

    def wait(self, timeout_s: float) -> bool:
        """
        Wait until nothing is being written.

        Args:
            timeout_s: At most, in seconds.

        Returns:
            Whether nothing is.
        """
        return self._writing.wait(timeout_s)

    def close(self, timeout_s: float) -> None:
        """
        Take the file away, unless the disk hangs.

        Args:
            timeout_s: To wait for a writing that is under way, in seconds.
        """
        if self.wait(timeout_s):
            self._file.remove()

    def _write(self) -> None:
        content, is_live = self._status()
        self._file.write(content, is_live=is_live, wall_s=self._clock.wall_ns() / 1e9)
