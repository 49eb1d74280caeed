"""What becomes of the records of Python's logging: `logs`."""

from typing import Literal

from otel_agent.config.kinds import Size, Whole, WrittenPath
from otel_agent.config.sections.section import Section

__all__ = ["Level", "LogFileSettings", "LogsSettings"]

Level = Literal["NOTSET", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
"""A level of Python's logging."""


class LogFileSettings(Section, frozen=True, kw_only=True):
    """A file of log records, one JSON object a line, which is rotated."""

    path: WrittenPath
    """Where it is."""
    max_bytes: Size = 10_485_760
    """Size at which it is rotated, in bytes."""
    backups: Whole = 5
    """Rotated files that are kept; 0: none, the file begins anew."""


class LogsSettings(Section, frozen=True, kw_only=True):
    """What becomes of the records of Python's logging."""

    console: Literal["json", "text"] | None = None
    """How records are written to the terminal: `json` or `text`. None: not by us, the agent's own handlers stay as they are."""
    files: tuple[LogFileSettings, ...] = ()
    """Files that are written; none by default."""
    export: bool = True
    """Whether records are exported as OpenTelemetry logs."""
    level: Level = "INFO"
    """Records below it are neither written nor exported by us; levels of the agent's loggers are not changed."""
    own_level: Level | None = None
    """Level of the logger `otel_agent`, on which this package speaks about itself; None: as the agent sets it."""
