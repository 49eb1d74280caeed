"""What lies in a spool directory, for somebody who asks: read only, also while processes write to it."""

import fcntl
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from otel_agent.delivery.spool.directories import OWNER, QUARANTINE, process_directories, segment_signal
from otel_agent.delivery.spool.segments import Segment

__all__ = ["ServiceInventory", "take_inventory"]


@dataclass(frozen=True, slots=True)
class ServiceInventory:
    """What waits for one service."""

    directory: Path
    """Directory of the service; its name begins with the service's."""
    items: dict[str, int]
    """Spans, log records and collections of metrics that wait, by signal."""
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


def take_inventory(directory: Path) -> list[ServiceInventory]:
    """
    What waits on the disk for each service.

    Args:
        directory: Directory of the spools of all services; one that does not exist is empty.

    Raises:
        OSError: It cannot be read.
    """
    if not directory.exists():
        return []
    return [_inventory(path) for path in sorted(directory.iterdir()) if path.is_dir() and not path.is_symlink()]


def _inventory(service: Path) -> ServiceInventory:
    directories = process_directories(service, set())
    items: Counter[str] = Counter()
    size_bytes = 0
    written_s = []
    for path in (path for directory in directories for path in sorted(directory.iterdir())):
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
    running = sum(_is_owned(directory) for directory in directories)
    quarantine = service / QUARANTINE
    return ServiceInventory(
        directory=service,
        items=dict(items),
        size_bytes=size_bytes,
        oldest_s=min(written_s, default=None),
        running=running,
        gone=len(directories) - running,
        quarantined=len(list(quarantine.glob("*.txt"))) if quarantine.is_dir() else 0,
    )


def _is_owned(directory: Path) -> bool:
    try:
        fd = os.open(directory / OWNER, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(fd)
    return False
