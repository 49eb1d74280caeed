"""
The configuration read again while the agent runs.

What is wrong changes nothing. What is right counts at once where it can (rules of alerts, levels of logging, redaction); for every
other setting that has changed a line says that it counts from the next start on. Credentials need no reload: files with tokens are
read again when a receiver refuses them.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from otel_agent import primitives
from otel_agent.config.loading import Loaded
from otel_agent.guard import shared as guard
from otel_agent.late_imports import late_module
from otel_agent.redaction.redactor import Redactor
from otel_agent.telemetry.parts import Parts

if TYPE_CHECKING:
    from otel_agent.config import explaining
else:
    explaining = late_module("otel_agent.config.explaining")

__all__ = ["Reloading"]

AT_ONCE = ("logs.level", "logs.own_level", "redact.")
RULES = ("alerts.rules", "alerts.rule_files", "alerts.defaults", "alerts.overrides")
"""Settings that count without a new start; rules where there was one at the start."""


class Reloading:
    """
    The configuration in force, and how it is read again.

    Args:
        loaded: The configuration of the start.
        read: Reads file, environment and arguments again.
        parts: Parts to which it is applied.
        directory: What relative paths of rule files begin at.
    """

    def __init__(self, loaded: Loaded, read: Callable[[], Loaded], parts: Parts, directory: Path) -> None:
        self._loaded = loaded
        self._read = read
        self._parts = parts
        self._directory = directory
        self._lock = primitives.Lock()

    def reload(self) -> tuple[str, ...]:
        """
        Read again, say what is wrong, apply what can be applied.

        Returns:
            A line for each setting that differs, secrets masked: "logs.level: INFO → DEBUG".
        """
        with self._lock:
            found = self._read()
            alerting = self._parts.alerting
            redactor = self._redactor(found)
            problems = found.problems or tuple(map(found.located, redactor.problems))
            if alerting is not None and not problems:
                problems = tuple(map(found.located, alerting.reload(found.config.alerts, self._directory)))
            for line in problems:
                guard.report(f"config.{line}", f"{line} (the configuration in force stays)")
            if problems:
                return ()
            changed = explaining.differences(self._loaded, found)
            self._loaded = found
            self._set_levels(found)
            if any(line.startswith("redact.") for line in changed):
                self._parts.redactor.follow(redactor)
        at_once = AT_ONCE if alerting is None else (*AT_ONCE, *RULES)
        later = [path for path in (line.partition(":")[0] for line in changed) if not path.startswith(at_once)]
        if later:
            guard.report("config.reload", f"counts from the next start on: {', '.join(later)}")
        return changed

    @staticmethod
    def _redactor(loaded: Loaded) -> Redactor:
        settings = loaded.config.redact
        return Redactor(settings.keys, settings.values, enabled=settings.enabled, keep=settings.keep)

    def _set_levels(self, loaded: Loaded) -> None:
        logs = loaded.config.logs
        if self._parts.logs.bridge is not None:
            self._parts.logs.bridge.setLevel(logs.level)
        if logs.own_level is not None:
            logging.getLogger("otel_agent").setLevel(logs.own_level)
