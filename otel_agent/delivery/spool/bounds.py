"""
How much the spool may hold, and what goes first. Pure.

Every signal has a share, so that a flood of log records does not push out traces. What goes is always the oldest closed
segment of the signal that is furthest above its share.
"""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Bounds", "most_above_share"]

SHARES = {"traces": 0.5, "logs": 0.3, "metrics": 0.2}
"""Share of the whole for each signal; one may use more while the others do not use theirs."""

SEGMENT_BYTES = 4 << 20
"""A segment is closed when it is this large."""

FREE_SHARE = 0.05
FREE_BYTES = 512 << 20


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of one process's spool, with what it took over from others."""

    max_bytes: int = 268_435_456
    """All segments together; at least 65,536."""
    max_age_s: float = 86_400.0
    """Older telemetry is given up, in seconds."""
    min_free_bytes: int | None = None
    """What is left free on the disk; `None`: a twentieth of the disk, 512 MiB at most. 0: everything may be used."""

    @property
    def segment_bytes(self) -> int:
        """When a segment is closed: an eighth of everything at most, so that giving one up is no great loss."""
        return max(1 << 13, min(SEGMENT_BYTES, self.max_bytes // 8))

    def floor_bytes(self, disk_bytes: int) -> int:
        """
        What has to stay free.

        Args:
            disk_bytes: Size of the whole disk, in bytes.
        """
        return min(FREE_BYTES, int(disk_bytes * FREE_SHARE)) if self.min_free_bytes is None else self.min_free_bytes


def most_above_share(used_bytes: Mapping[str, int]) -> list[str]:
    """
    Signals by how much of their share they use, the greediest first.

    Args:
        used_bytes: Bytes that each signal uses.
    """
    return sorted(used_bytes, key=lambda signal: used_bytes[signal] / SHARES[signal], reverse=True)
