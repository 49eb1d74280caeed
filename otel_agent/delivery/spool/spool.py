"""
The spool: requests on the disk, kept over failures of the receiver and the end of the process.

    append ──► own segments ──────┐
                                  ├──► next ──► (sent) ──► ack ──► removed
    adopt ───► segments of others ┘

Nothing is touched before the first `append` or `adopt`. Nothing raises: when the disk fails, the spool says so once, answers
"not kept" for half a minute, and tries again.

Process death loses nothing that `append` has answered for, because the system has it; a power failure loses what came after
the last `tend`, which is called every second.

`_lock` guards the segment lists and every write. Segments are read back outside of it, so that a producer that journals never
waits for the sender's reading; a segment that is being read is marked `is_being_sent` and is not removed.
"""

import errno
from collections.abc import Callable
from pathlib import Path

from otel_agent.clock import SYSTEM, Clock
from otel_agent.delivery.settings import SIGNALS
from otel_agent.delivery.spool.batches import SpooledBatch, read_batch
from otel_agent.delivery.spool.bounds import Bounds
from otel_agent.delivery.spool.directories import ProcessDirectory, make_process_directory, service_directory
from otel_agent.delivery.spool.disk import DiskState
from otel_agent.delivery.spool.frames import BATCH, pack
from otel_agent.delivery.spool.lock import LOCK_PATIENCE_S, SpoolLock
from otel_agent.delivery.spool.losses import AGED, DAMAGED, FULL, SpoolLosses
from otel_agent.delivery.spool.orphans import Orphans
from otel_agent.delivery.spool.quarantine import put_apart
from otel_agent.delivery.spool.segment_lists import SegmentLists
from otel_agent.delivery.spool.segments import Segment
from otel_agent.guard import guarded

__all__ = ["Spool"]

_JOURNAL_SEGMENT_BYTES = 1 << 16


class Spool:
    """
    One process's spool. Thread-safe; from `next` to `ack` one signal is one thread's at a time.

    Args:
        directory: Directory of the spools of all services.
        service: Name of the service whose telemetry it is; `None`: `directory` is already one service's.
        level: "spill": what could not be sent in time. "journal": every span and log record before anything else.
        bounds: Size, age, free disk.
        clock: Its monotonic face measures ages.
    """

    def __init__(
        self,
        directory: Path | str,
        *,
        service: str | None = "unknown_service",
        level: str = "spill",
        bounds: Bounds | None = None,
        clock: Clock = SYSTEM,
    ) -> None:
        self.directory = Path(directory) if service is None else service_directory(Path(directory), service)
        self.level = level
        self._bounds = bounds or Bounds()
        self._clock = clock
        self._losses = SpoolLosses(self.directory)
        self._disk = DiskState(self.directory, self._bounds, clock)
        self._begin()

    def on_loss(self, callback: Callable[[str, int, str], object]) -> None:
        """
        Hear of items that had been kept and are given up.

        Args:
            callback: Called with signal, number and reason; must not raise.
        """
        self._losses.callback = callback

    def is_journaling(self, signal: str) -> bool:
        """
        Whether everything of a signal is kept before anything else is done with it.

        Args:
            signal: "traces", "metrics" or "logs". Metrics are not: the next collection says all that the last one said.
        """
        return self.level == "journal" and signal != "metrics"

    def append(self, signal: str, body: bytes, items: int, kind: int = BATCH) -> bool:
        """
        Keep a request.

        Args:
            signal: "traces", "metrics" or "logs".
            body: The bytes of a request.
            items: Number of items in it.
            kind: `frames.BATCH`, or `frames.RECORD` for one item of the journal.

        Returns:
            Whether it is kept. It is not when the disk fails, is full, or when a signal handler comes in the middle of
            another `append` of its own thread.
        """
        if self._disk.is_resting():
            return False
        frame = pack(body, items, kind)
        if not self._lock.acquire():
            return False
        try:
            if not self._make_room(len(frame)):
                return False
            self._write(signal, frame, items)
        except OSError as error:
            self._disk.fail(error)
            return False
        finally:
            self._lock.release()
            self._losses.tell()
        self._disk.succeed()
        return True

    def next(self, signal: str) -> SpooledBatch | None:
        """
        The requests that have been kept longest, put together into one. They stay until `ack`.

        Args:
            signal: "traces", "metrics" or "logs".

        Returns:
            `None` when nothing is kept, or the disk does not give it back.
        """
        while True:
            with self._lock.held() as is_held:
                segment = self._segments[signal].first() if is_held else None
                if segment is None:
                    return None
                segment.is_being_sent = True
                size_bytes = segment.size_bytes
            try:
                found = read_batch(signal, segment)
            except OSError as error:
                segment.is_being_sent = False
                self._disk.fail(error)
                return None
            if found is not None:
                return found
            self._abandon(signal, segment, size_bytes)

    def ack(self, batch: SpooledBatch) -> None:
        """
        Take requests off the disk: they were delivered, or given up.

        Args:
            batch: What `next` returned.
        """
        segment = batch.segment
        with (
            self._lock.held() as is_held,
            guarded("spool.ack", "an acknowledgement could not be written: telemetry may be sent twice"),
        ):
            segment.is_being_sent = False
            if is_held and segment.is_held:
                segment.acknowledge(batch.end, batch.items)
                if segment.is_finished and self._is_done_with(segment):
                    self._drop(batch.signal, segment, DAMAGED)
        self._losses.tell()

    def release(self, batch: SpooledBatch) -> None:
        """
        Leave requests on the disk: they could not be sent.

        Args:
            batch: What `next` returned.
        """
        batch.segment.is_being_sent = False

    def adopt(self) -> list[tuple[str, int]]:
        """
        Take over what processes that are gone have left, a piece at a time.

        Returns:
            Signal and number of items, for each segment that was looked through; empty when there is nothing (more) to do.
        """
        if self._disk.is_resting() or not self._orphans.lock.acquire(blocking=False):
            return []
        try:
            found = []
            for signal, segment in self._orphans.load_some(self._own.path if self._own is not None else None):
                found.append((signal, segment.items))
                with self._lock.held() as is_held:
                    self._segments[signal].adopt(segment)
                    if is_held and segment.is_finished:
                        self._drop(signal, segment, DAMAGED)
            return found
        finally:
            self._orphans.lock.release()

    def is_crowded(self) -> bool:
        """Whether more may have been left by others than is taken over at a time."""
        return self._orphans.is_full()

    def tend(self) -> None:
        """What is to be done every second: see that the disk has what was written, and give up what is too old."""
        before_s = self._clock.monotonic_s() - self._bounds.max_age_s
        dirty: list[Segment] = []
        with self._lock.held() as is_held:
            for signal in SIGNALS if is_held else ():
                for segment in self._segments[signal].older_than(before_s):
                    self._drop(signal, segment, AGED)
                dirty += self._segments[signal].dirty()
        self._losses.tell()
        self._sync(dirty)

    def sync(self, signal: str) -> None:
        """
        Wait until the disk has what was written of a signal.

        Args:
            signal: "traces", "metrics" or "logs".
        """
        with self._lock.held():
            dirty = self._segments[signal].dirty()
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
        return self._disk.trouble()

    @property
    def size_bytes(self) -> int:
        """Size of all segments, with those taken over."""
        return self._segments.size_bytes

    def close(self) -> None:
        """Let go of everything, so that the next process can take it at once. Safe twice; a later `append` begins anew."""
        orphans = self._orphans
        is_calm = orphans.lock.acquire(timeout=LOCK_PATIENCE_S)
        with self._lock.held(), guarded("spool.close", "the spool could not be left in order"):
            self._segments.close()
            orphans.release()
            if self._own is not None:
                self._own.release()
            self._forget()
        if is_calm:
            orphans.lock.release()

    def hold_for_fork(self) -> None:
        """Let a write end before a fork."""
        self._lock.hold_for_fork()

    def go_on_after_fork(self) -> None:
        """Go on, in the parent."""
        self._lock.go_on_after_fork()

    def reinit_after_fork(self) -> None:
        """Leave, in a forked child, everything to the parent: its segments, and the locks that keep them its own."""
        self._segments.forget()
        self._orphans.forget()
        if self._own is not None:
            self._own.forget()
        self._losses.forget()
        self._begin()

    def _begin(self) -> None:
        self._lock = SpoolLock(self._disk.fail_slow)
        self._forget()

    def _forget(self) -> None:
        self._own: ProcessDirectory | None = None
        self._segments = SegmentLists()
        self._orphans = Orphans(self.directory, self._clock)
        self._disk.forget_free()

    def _write(self, signal: str, frame: bytes, items: int) -> None:
        segments = self._segments[signal]
        segment = segments.writable(len(frame), self._bounds.segment_bytes)
        if segment is None:
            if self._own is None:
                self._own = make_process_directory(self.directory, self._clock.wall_ns())
            segment = Segment(self._own.new_segment(signal), self._clock.monotonic_s())
            segment.create()
            segments.begin(segment)
        segments.append(segment, frame, items)

    def _is_done_with(self, segment: Segment) -> bool:
        """Whether a finished segment goes although it could be appended to: a journal keeps the one it has just begun."""
        return not segment.is_open or self.level != "journal" or segment.size_bytes >= _JOURNAL_SEGMENT_BYTES

    def _sync(self, segments: list[Segment]) -> None:
        for segment in segments:
            try:
                segment.sync()
            except OSError as error:
                if error.errno != errno.EBADF:  # it was removed meanwhile
                    self._disk.fail(error)

    def _abandon(self, signal: str, segment: Segment, size_bytes: int) -> None:
        """Remove a segment in which nothing is intact any more, unless it has grown meanwhile."""
        with self._lock.held() as is_held:
            segment.is_being_sent = False
            if is_held and segment.size_bytes == size_bytes:
                self._drop(signal, segment, DAMAGED)
        self._losses.tell()

    def _drop(self, signal: str, segment: Segment, reason: str) -> None:
        """Remove a segment; what was not sent of it is given up. `_lock` is held."""
        segment.is_open = False
        self._losses.note(signal, self._segments[signal].remove(segment), reason)
        self._orphans.release_empty(self._segments.directories())

    def _make_room(self, more_bytes: int) -> bool:
        if more_bytes > self._bounds.max_bytes:
            return False
        self._disk.check_free(more_bytes, self._own.path if self._own is not None else self.directory)
        while self._segments.size_bytes + more_bytes > self._bounds.max_bytes:
            found = self._segments.first_to_go()
            if found is None:
                return False
            self._drop(*found, FULL)
        return True
