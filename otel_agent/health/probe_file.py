"""
Health as a file, for probes that run a command and for workers without a port.

    its age        seconds since the agent was last known to be alive: as /livez
    its content    the JSON of /healthz, with "live" and "ready": as /readyz
    its absence    the agent has not begun or has ended
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["ProbeFile"]


class ProbeFile:
    """Keeps a file; each writing replaces it as a whole."""

    def __init__(self, path: Path) -> None:
        """
        Write nothing yet.

        Args:
            path: Its directory exists.
        """
        self._path = path
        self._pid = os.getpid()
        self._alive_at_s: float | None = None

    def write(self, content: Mapping[str, Any], *, is_live: bool, wall_s: float) -> None:
        """
        Bring the file up to date.

        Args:
            content: Becomes JSON.
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
