"""
Whether the disk takes telemetry: it is left alone for half a minute after a failure, and not filled beyond its floor.

What is wrong is said once, when it begins, and once when it is over.
"""

import errno
import os
from pathlib import Path

from otel_agent.clock import Clock
from otel_agent.delivery.spool.bounds import Bounds
from otel_agent.guard import shared

__all__ = ["DiskState"]

RETRY_S = 30.0
"""A disk that failed is left alone this long, in seconds."""

CHECK_FREE_BYTES = 1 << 20
"""Free space is looked at again when so much was written, in bytes."""


class DiskState:
    """
    What is known of the disk that a spool lies on.

    Args:
        directory: Directory of the service, for messages.
        bounds: How much of the disk stays free.
        clock: Its monotonic face spaces attempts.
    """

    def __init__(self, directory: Path, bounds: Bounds, clock: Clock) -> None:
        self._directory = directory
        self._bounds = bounds
        self._clock = clock
        self._failed_at_s: float | None = None
        self._trouble = ""
        self._unchecked_bytes = CHECK_FREE_BYTES

    def fail(self, error: OSError) -> None:
        """
        Leave the disk alone for a while.

        Args:
            error: What happened.
        """
        self._failed_at_s = self._clock.monotonic_s()
        self._trouble = f"the disk takes no telemetry, which waits in memory: {error.strerror}: {self._directory}"
        shared.report("spool.disk", self._trouble)

    def fail_slow(self) -> None:
        """Leave a disk alone that lets others wait."""
        self.fail(OSError(errno.ETIMEDOUT, "it is too slow"))

    def succeed(self) -> None:
        """Say that the disk takes telemetry again, if it did not."""
        if self._failed_at_s is not None:
            self._failed_at_s = None
            shared.recovered("spool.disk", f"the disk takes telemetry again: {self._directory}")

    def is_resting(self) -> bool:
        """Whether it has failed so lately that it is left alone."""
        return self._failed_at_s is not None and self._clock.monotonic_s() - self._failed_at_s < RETRY_S

    def trouble(self) -> str | None:
        """What is wrong with the disk, in one sentence; `None` when nothing is."""
        return self._trouble if self.is_resting() else None

    def check_free(self, more_bytes: int, place: Path) -> None:
        """
        See that there is room, for every megabyte that is written.

        Args:
            more_bytes: Size of what is to be written.
            place: Directory that it is written to; need not exist yet.

        Raises:
            OSError: The disk is nearly full.
        """
        self._unchecked_bytes += more_bytes
        if self._unchecked_bytes < CHECK_FREE_BYTES or self._bounds.min_free_bytes == 0:
            return
        while not place.exists() and place != place.parent:
            place = place.parent
        disk = os.statvfs(place)
        if disk.f_bavail * disk.f_frsize - more_bytes < self._bounds.floor_bytes(disk.f_blocks * disk.f_frsize):
            raise OSError(errno.ENOSPC, "the disk is nearly full", str(place))
        self._unchecked_bytes = 0

    def forget_free(self) -> None:
        """Look at the free space again before the next write."""
        self._unchecked_bytes = CHECK_FREE_BYTES
