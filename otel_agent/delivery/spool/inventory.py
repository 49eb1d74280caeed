"""What lies in a spool directory, for somebody who asks: read only, also while processes write to it."""

import fcntl
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from otel_agent.delivery.spool.directories import OWNER, QUARANTINE, abandoned_homes, segment_signal
from otel_agent.delivery.spool.segments import Segment

__all__ = ["Stock", "take_stock"]


@dataclass(frozen=True, slots=True)
class Stock:
    """What waits for one service."""

    directory: Path
    """Of the service; its name begins with the service's."""
    items: dict[str, int]
    """By signal: spans, log records, collections of metrics that wait."""
    size_bytes: int
    """All segments together."""
    oldest_s: float | None
    """When the oldest segment was last written to, seconds since 1970; `None` when there is none."""
    running: int
    """Processes that live and have a directory here."""
    gone: int
    """Directories whose process is gone: what is in them waits to be taken over."""
    quarantined: int
    """Records that receivers refused."""

    @property
    def total(self) -> int:
        """Items of all signals."""
        return sum(self.items.values())


def take_stock(directory: Path) -> list[Stock]:
    """
    What waits, by service.

    Args:
        directory: Of the spool; one that does not exist is empty.

    Raises:
        OSError: It cannot be read.
    """
    if not directory.exists():
        return []
    return [_stock(path) for path in sorted(directory.iterdir()) if path.is_dir() and not path.is_symlink()]


def _stock(service: Path) -> Stock:
    homes = abandoned_homes(service, set())
    items: Counter[str] = Counter()
    size_bytes = 0
    written_s = []
    for path in (path for home in homes for path in sorted(home.iterdir())):
        signal = segment_signal(path.name)
        if signal is None:
            continue
        segment = Segment(path, 0.0)
        try:
            segment.load()
            written_s.append(path.stat().st_mtime)
        except OSError:  # sent and removed meanwhile
            continue
        finally:
            segment.close()
        items[signal] += segment.items
        size_bytes += segment.size_bytes
    running = sum(_is_owned(home) for home in homes)
    quarantine = service / QUARANTINE
    return Stock(
        directory=service,
        items=dict(items),
        size_bytes=size_bytes,
        oldest_s=min(written_s, default=None),
        running=running,
        gone=len(homes) - running,
        quarantined=len(list(quarantine.glob("*.txt"))) if quarantine.is_dir() else 0,
    )


def _is_owned(home: Path) -> bool:
    try:
        fd = os.open(home / OWNER, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(fd)
    return False
