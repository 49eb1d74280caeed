"""
The configuration read again while the agent runs.

What is wrong changes nothing. What is right counts at once where it can (levels of logging); for every other setting that has
changed a line says that it counts from the next start on. Credentials need no reload: files with tokens are read again when a
receiver refuses them.
"""

import logging
from collections.abc import Callable

from otel_agent.config.loading import Loaded
from otel_agent.config.reloading import differences
from otel_agent.guard import shared as guard
from otel_agent.telemetry.parts import Parts

__all__ = ["Reloading"]

AT_ONCE = ("logs.level", "logs.own_level")
"""Settings that count without a new start."""


class Reloading:
    """What is in force, and how it is read again."""

    def __init__(self, loaded: Loaded, read: Callable[[], Loaded], parts: Parts) -> None:
        """
        Hold what is in force.

        Args:
            loaded: The configuration of the start.
            read: Reads everything again.
            parts: What it is applied to.
        """
        self._loaded = loaded
        self._read = read
        self._parts = parts

    def reload(self) -> tuple[str, ...]:
        """
        Read again, say what is wrong, apply what can be applied.

        Returns:
            A line for each setting that differs, secrets masked: "logs.level: INFO → DEBUG".
        """
        found = self._read()
        if found.problems:
            for line in found.problems:
                guard.report(f"config.{line}", f"{line} (the configuration in force stays)")
            return ()
        changed = differences(self._loaded, found)
        self._loaded = found
        self._apply(found)
        later = [line.partition(":")[0] for line in changed if not line.startswith(AT_ONCE)]
        if later:
            guard.report("config.reload", f"counts from the next start on: {', '.join(later)}")
        return changed

    def _apply(self, loaded: Loaded) -> None:
        logs = loaded.config.logs
        if self._parts.bridge is not None:
            self._parts.bridge.setLevel(logs.level)
        if logs.own_level is not None:
            logging.getLogger("otel_agent").setLevel(logs.own_level)
