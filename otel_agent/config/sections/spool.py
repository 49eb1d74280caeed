"""Where telemetry waits: `queue` in memory and `spool` on the disk."""

from typing import Literal

from otel_agent.config.kinds import Count, Seconds, Size, Whole, WrittenPath
from otel_agent.config.sections.section import Section

__all__ = ["QueueSettings", "SpoolSettings"]


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
