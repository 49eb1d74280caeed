"""
The spool: requests on the disk, kept over failures of the receiver and the end of the process.

    append ──► own segments ──────┐
                                  ├──► next ──► (sent) ──► ack ──► removed
    adopt ───► segments of others ┘

Nothing is touched before the first `append` or `adopt`. Nothing raises: when the disk fails, the spool says so once, answers
"not kept" for half a minute, and tries again.

Process death loses nothing that `append` has answered for, because the system has it; a power failure loses what came after
the last `tend`, which is called every second.

`_lock` guards the shelves and every write. Segments are read back outside of it, so that a producer that journals never waits
for the sender's reading; a segment that is being read is marked `is_out` and is not removed.
"""

import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from otel_agent.clock import SYSTEM, Clock
from otel_agent.delivery.settings import SIGNALS
from otel_agent.delivery.spool.bounds import Bounds, most_above_share
from otel_agent.delivery.spool.directories import Home, make_home, service_directory
from otel_agent.delivery.spool.frames import BATCH, pack
from otel_agent.delivery.spool.orphans import Orphans
from otel_agent.delivery.spool.quarantine import put_apart
from otel_agent.delivery.spool.reading import Spooled, read_requests
from otel_agent.delivery.spool.segment_lists import Shelf
from otel_agent.delivery.spool.segments import Segment
from otel_agent.guard import guarded, shared

__all__ = ["AGED", "DAMAGED", "FULL", "Loss", "Spool"]

FULL = "spool_full"
"""Reason of what was given up because the spool had reached its size."""
AGED = "spool_age"
"""Reason of what was given up because it was too old."""
DAMAGED = "spool_damaged"
"""Reason of what the disk did not give back as it was."""

RETRY_S = 30.0
"""A disk that failed is left alone this long, in seconds."""

Loss = tuple[str, int, str]
"""Signal, number of items, reason."""

_LOCK_PATIENCE_S = 0.5
_JOURNAL_SEGMENT_BYTES = 1 << 16
_CHECK_FREE_BYTES = 1 << 20


class Spool:
    """One process's spool; see the module. Thread-safe; from `next` to `ack` one signal is one thread's at a time."""

    def __init__(
        self,
        directory: Path | str,
        *,
        service: str | None = "unknown_service",
        level: str = "spill",
        bounds: Bounds | None = None,
        clock: Clock = SYSTEM,
    ) -> None:
        """
        Know where; nothing is made yet.

        Args:
            directory: Of all services.
            service: Whose telemetry; `None`: `directory` is already one service's.
            level: "spill": what could not be sent in time. "journal": every span and log record before anything else.
            bounds: Size, age, free disk.
            clock: Its monotonic face measures ages.
        """
        self.directory = Path(directory) if service is None else service_directory(Path(directory), service)
        self.level = level
        self._bounds = bounds or Bounds()
        self._clock = clock
        self._on_loss: Callable[[str, int, str], object] = lambda _signal, _items, _reason: None
        self._failed_at_s: float | None = None
        self._failure = ""
        self._begin()

    def on_loss(self, callback: Callable[[str, int, str], object]) -> None:
        """
        Hear of items that had been kept and are given up.

        Args:
            callback: Called with signal, number and reason; must not raise.
        """
        self._on_loss = callback

    def is_journaling(self, signal: str) -> bool:
        """
        Whether everything of a signal is kept before anything else is done with it.

        Args:
            signal: Collections of metrics are not: the next one says all that the last one said.
        """
        return self.level == "journal" and signal != "metrics"

    def append(self, signal: str, body: bytes, items: int, kind: int = BATCH) -> bool:
        """
        Keep a request.

        Args:
            signal: "traces", "metrics" or "logs".
            body: The bytes of a request.
            items: How many items are in it.
            kind: `frames.BATCH`, or `frames.RECORD` for one item of the journal.

        Returns:
            Whether it is kept. It is not when the disk fails, is full, or when a signal handler comes in the middle of
            another `append` of its own thread.
        """
        if self._failed_at_s is not None and self._is_resting():
            return False
        frame = pack(body, items, kind)
        losses: list[Loss] = []
        if not self._enter():
            return False
        try:
            if not self._make_room(len(frame), losses):
                return False
            self._write(signal, frame, items)
        except OSError as error:
            self._fail(error)
            return False
        finally:
            self._leave()
            if losses:
                self._tell(losses)
        if self._failed_at_s is not None:
            self._failed_at_s = None
            shared.recovered("spool.disk", f"the disk takes telemetry again: {self.directory}")
        return True

    def next(self, signal: str) -> Spooled | None:
        """
        The requests that have been kept longest, put together into one. They stay until `ack`.

        Args:
            signal: "traces", "metrics" or "logs".

        Returns:
            `None` when nothing is kept, or the disk does not give it back.
        """
        while True:
            with self._turn() as is_mine:
                segment = self._shelves[signal].first() if is_mine else None
                if segment is None:
                    return None
                segment.is_out = True
                size_bytes = segment.size_bytes
            try:
                found = read_requests(signal, segment)
            except OSError as error:
                segment.is_out = False
                self._fail(error)
                return None
            if found is not None:
                return found
            self._abandon(signal, segment, size_bytes)

    def ack(self, spooled: Spooled) -> None:
        """
        Take requests off the disk: they were delivered, or given up.

        Args:
            spooled: From `next`.
        """
        segment = spooled.segment
        losses: list[Loss] = []
        with (
            self._turn() as is_mine,
            guarded("spool.ack", "an acknowledgement could not be written: telemetry may be sent twice"),
        ):
            segment.is_out = False
            if is_mine and segment.is_held:
                segment.acknowledge(spooled.end, spooled.items)
                if segment.is_finished and self._is_done_with(segment):
                    self._drop(spooled.signal, segment, DAMAGED, losses)
        self._tell(losses)

    def release(self, spooled: Spooled) -> None:
        """
        Leave requests on the disk: they could not be sent.

        Args:
            spooled: From `next`.
        """
        spooled.segment.is_out = False

    def adopt(self) -> list[tuple[str, int]]:
        """
        Take over what processes that are gone have left, a piece at a time.

        Returns:
            Signal and number of items, for each segment that was looked through; empty when there is nothing (more) to do.
        """
        if self._is_resting() or not self._orphans.turn.acquire(blocking=False):
            return []
        try:
            found = []
            for signal, segment in self._orphans.look(self._home.path if self._home is not None else None):
                found.append((signal, segment.items))
                with self._turn() as is_mine:
                    self._shelves[signal].adopt(segment)
                    if is_mine and segment.is_finished:
                        self._drop(signal, segment, DAMAGED, [])
            return found
        finally:
            self._orphans.turn.release()

    def is_crowded(self) -> bool:
        """Whether more may have been left by others than is taken over at a time."""
        return self._orphans.is_full()

    def tend(self) -> None:
        """What is to be done every second: see that the disk has what was written, and give up what is too old."""
        before_s = self._clock.monotonic_s() - self._bounds.max_age_s
        losses: list[Loss] = []
        dirty: list[Segment] = []
        with self._turn() as is_mine:
            for signal, shelf in self._shelves.items() if is_mine else ():
                for segment in shelf.older_than(before_s):
                    self._drop(signal, segment, AGED, losses)
                dirty += [segment for segment in shelf if segment.is_dirty]
        self._tell(losses)
        self._sync(dirty)

    def sync(self, signal: str) -> None:
        """
        Wait until the disk has what was written of a signal.

        Args:
            signal: "traces", "metrics" or "logs".
        """
        with self._turn():
            dirty = [segment for segment in self._shelves[signal] if segment.is_dirty]
        self._sync(dirty)

    def quarantine(self, signal: str, body: bytes, words: str) -> None:
        """
        Put a record apart that no receiver takes, for somebody to look at.

        Args:
            signal: "traces", "metrics" or "logs".
            body: The bytes of a request.
            words: What the receiver said.
        """
        with guarded("spool.quarantine", "a refused record could not be put apart"):
            put_apart(self.directory, signal, body, words, self._clock.wall_ns())

    def trouble(self) -> str | None:
        """What is wrong with the disk, in one sentence; `None` when nothing is."""
        return self._failure if self._is_resting() else None

    @property
    def size_bytes(self) -> int:
        """Of all segments, with those taken over."""
        size_bytes = 0
        for shelf in self._shelves.values():  # a plain loop: this is asked for with every span of a journal
            size_bytes += shelf.size_bytes
        return size_bytes

    def close(self) -> None:
        """Let go of everything, so that the next process can take it at once. Safe twice; a later `append` begins anew."""
        orphans = self._orphans
        is_calm = orphans.turn.acquire(timeout=_LOCK_PATIENCE_S)
        with self._turn(), guarded("spool.close", "the spool could not be left in order"):
            for shelf in self._shelves.values():
                for segment in shelf:
                    if segment.is_finished:
                        shelf.remove(segment)
                    segment.close()
            orphans.release()
            if self._home is not None:
                self._home.release()
            self._forget()
        if is_calm:
            orphans.turn.release()

    def hold_for_fork(self) -> None:
        """Let a write end before a fork."""
        self._is_held = self._lock.acquire(timeout=_LOCK_PATIENCE_S)

    def go_on_after_fork(self) -> None:
        """Go on, in the parent."""
        if self._is_held:
            self._is_held = False
            self._lock.release()

    def reinit_after_fork(self) -> None:
        """Leave, in a forked child, everything to the parent: its segments, and the locks that keep them its own."""
        for shelf in self._shelves.values():
            for segment in shelf:
                segment.close()
        self._orphans.forget()
        if self._home is not None:
            self._home.forget()
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._owner = 0
        self._is_held = False
        self._forget()

    def _forget(self) -> None:
        self._home: Home | None = None
        self._shelves = {signal: Shelf() for signal in SIGNALS}
        self._orphans = Orphans(self.directory, self._clock)
        self._number = 0
        self._unchecked_bytes = _CHECK_FREE_BYTES

    def _enter(self) -> bool:
        """
        Take `_lock`, unless that could be for ever.

        It is when this very thread holds it already: a signal handler that ends a span in the middle of `append` must not
        wait for itself. And a disk that keeps another thread for long must not be felt by this one, and not again and again.
        """
        me = threading.get_ident()
        if self._owner == me:
            return False
        if not self._lock.acquire(timeout=_LOCK_PATIENCE_S):
            self._fail(OSError(errno.ETIMEDOUT, "it is too slow"))
            return False
        self._owner = me
        return True

    def _leave(self) -> None:
        self._owner = 0
        self._lock.release()

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        """`_enter` and `_leave`; says whether the lock is held."""
        is_mine = self._enter()
        try:
            yield is_mine
        finally:
            if is_mine:
                self._leave()

    def _write(self, signal: str, frame: bytes, items: int) -> None:
        shelf = self._shelves[signal]
        segment = shelf.writable(len(frame), self._bounds.segment_bytes)
        if segment is None:
            if self._home is None:
                self._home = make_home(self.directory, self._clock.wall_ns())
            self._number += 1
            segment = Segment(self._home.path / f"{signal}-{self._number:08d}.seg", self._clock.monotonic_s())
            segment.create()
            shelf.begin(segment)
        shelf.append(segment, frame, items)

    def _is_done_with(self, segment: Segment) -> bool:
        """Whether a finished segment goes although it could be appended to: a journal keeps the one it has just begun."""
        return not segment.is_open or self.level != "journal" or segment.size_bytes >= _JOURNAL_SEGMENT_BYTES

    def _sync(self, segments: list[Segment]) -> None:
        for segment in segments:
            try:
                segment.sync()
            except OSError as error:
                if error.errno != errno.EBADF:  # it was removed meanwhile
                    self._fail(error)

    def _abandon(self, signal: str, segment: Segment, size_bytes: int) -> None:
        """Remove a segment in which nothing is intact any more, unless it has grown meanwhile."""
        losses: list[Loss] = []
        with self._turn() as is_mine:
            segment.is_out = False
            if is_mine and segment.size_bytes == size_bytes:
                self._drop(signal, segment, DAMAGED, losses)
        self._tell(losses)

    def _drop(self, signal: str, segment: Segment, reason: str, losses: list[Loss]) -> None:
        """Remove a segment; what was not sent of it is given up. `_lock` is held."""
        segment.is_open = False
        lost = self._shelves[signal].remove(segment)
        if lost:
            losses.append((signal, lost, reason))
        self._orphans.let_go({each.path.parent for shelf in self._shelves.values() for each in shelf})

    def _make_room(self, more_bytes: int, losses: list[Loss]) -> bool:
        if more_bytes > self._bounds.max_bytes:
            return False
        self._check_free(more_bytes)
        while self.size_bytes + more_bytes > self._bounds.max_bytes:
            used_bytes = {signal: shelf.size_bytes for signal, shelf in self._shelves.items()}
            for signal in most_above_share(used_bytes):
                segment = self._shelves[signal].oldest()
                if segment is not None:
                    self._drop(signal, segment, FULL, losses)
                    break
            else:
                return False
        return True

    def _check_free(self, more_bytes: int) -> None:
        """Raise `OSError` when the disk is too full; looked at for every megabyte."""
        self._unchecked_bytes += more_bytes
        if self._unchecked_bytes < _CHECK_FREE_BYTES or self._bounds.min_free_bytes == 0:
            return
        place = self._home.path if self._home is not None else self.directory
        while not place.exists() and place != place.parent:
            place = place.parent
        disk = os.statvfs(place)
        if disk.f_bavail * disk.f_frsize - more_bytes < self._bounds.floor_bytes(disk.f_blocks * disk.f_frsize):
            raise OSError(errno.ENOSPC, "the disk is nearly full", str(place))
        self._unchecked_bytes = 0

    def _is_resting(self) -> bool:
        return self._failed_at_s is not None and self._clock.monotonic_s() - self._failed_at_s < RETRY_S

    def _fail(self, error: OSError) -> None:
        self._failed_at_s = self._clock.monotonic_s()
        self._failure = f"the disk takes no telemetry, which waits in memory: {error.strerror}: {self.directory}"
        shared.report("spool.disk", self._failure)

    def _tell(self, losses: list[Loss]) -> None:
        for signal, items, reason in losses:
            shared.report(
                f"spool.{reason}", f"the spool has given up {items} of the {signal} ({reason}): {self.directory}"
            )
            self._on_loss(signal, items, reason)
