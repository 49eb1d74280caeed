"""Logs, and what happens to telemetry on its way: `logs`, `spool`, `redact`, `queue` and `lifecycle`."""

from typing import Literal

from otel_agent.config.kinds import Count, Name, NotNegative, Seconds, Size, Whole, WrittenPath
from otel_agent.config.sections.section import Section

__all__ = [
    "Level",
    "LifecycleSettings",
    "LogFileSettings",
    "LogsSettings",
    "QueueSettings",
    "RedactSettings",
    "SpoolSettings",
]

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


class SpoolSettings(Section, frozen=True, kw_only=True):
    """The disk takes what cannot be sent in time; the next start sends it."""

    enabled: bool = True
    """Whether there is one."""
    directory: WrittenPath | None = None
    """Where it is; None: `otel-agent` in the user's state directory."""
    level: Literal["spill", "journal"] = "spill"
    """`spill`: only what could not be sent; `journal`: everything before it is sent, which survives SIGKILL too."""
    max_bytes: Size = 268_435_456
    """Most bytes on disk; the oldest telemetry gives way and is counted as dropped."""
    max_age_s: Seconds = 86_400.0
    """Older telemetry is dropped and counted, in seconds."""
    min_free_bytes: Whole = 67_108_864
    """With less free space on the disk, in bytes, nothing is written; 0: no such bound."""


class RedactSettings(Section, frozen=True, kw_only=True):
    """What must not leave the process."""

    enabled: bool = True
    """Whether values of secret keys and secret shapes are masked before they leave."""
    keys: tuple[Name, ...] = ()
    """Further attribute names, or parts of them, whose values are masked."""
    values: tuple[Name, ...] = ()
    """Further regular expressions; what matches is masked."""
    keep: tuple[Name, ...] = ()
    """Names and values that stay, as regular expressions, and rules for shapes that do not apply, such as `jwt`."""


class QueueSettings(Section, frozen=True, kw_only=True):
    """Memory between the agent and the delivery thread."""

    spans: Count = 65_536
    """Most spans that wait; what comes then goes to the spool, or is dropped and counted."""
    logs: Count = 65_536
    """Most log records that wait."""
    batch: Count = 8192
    """Most spans or records of one request; at most `spans` and `logs`."""
    delay_s: Seconds = 0.2
    """How often the delivery thread looks, in seconds."""


class LifecycleSettings(Section, frozen=True, kw_only=True):
    """The end of the process."""

    shutdown_timeout_s: NotNegative = 2.0
    """Longest time everything of ours takes at exit, in seconds; 0: what waits goes to the spool at once."""
    signals: Literal["auto", "off"] = "auto"
    """`auto`: SIGTERM is seen, telemetry made safe, and the agent's own handler called; `off`: signals are not touched."""
    on_hangup: Literal["auto", "reload", "end"] = "auto"
    """
    What SIGHUP means when the agent has no handler of its own: `reload`: read the configuration again; `end`: as SIGTERM; `auto`:
    `reload` where there is a configuration file and no terminal, as for daemons, otherwise `end`.
    """
