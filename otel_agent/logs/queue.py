"""
The queue of one log output: bounded, emptied by one thread, between the agent's threads and a file or terminal that may be slow.

    log call ──► BridgeHandler: append ──► LogQueue.sink ──► (thread otel-agent-logs-…) redact ──► format ──► write

The agent's side is one append, as for delivery: no lock, no wake-up, no write, so a stalled disk costs a log call nothing.
When the queue is full, what comes is counted and dropped. Every output has a queue and a thread of its own: a terminal that
nobody reads does not keep the file waiting.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from otel_agent import primitives
from otel_agent.clock import SYSTEM, Clock
from otel_agent.delivery.queues import SignalQueue
from otel_agent.guard import guarded, shared
from otel_agent.lifecycle.threads import begin_thread

__all__ = ["LogOutput", "LogQueue"]

LIMIT = 65_536
"""Most entries that wait; about 30 MB of them."""

INTERVAL_S = 0.1
"""Time between two looks of the thread, in seconds."""

BATCH = 256
"""Entries written at once; what a lock of the file is held for."""


class LogOutput(Protocol):
    """A file or a terminal that takes lines."""

    name: str
    """Stands in the thread's name and in messages."""

    def write(self, lines: Sequence[str]) -> int:
        """Write whole lines and say how many; raise `OSError` when that fails."""
        ...

    def reinit_after_fork(self) -> None:
        """Let go of what a child shares with its parent."""
        ...

    def close(self) -> None:
        """Let go of everything; a later write opens it again."""
        ...


class _Figures(NamedTuple):
    """Replaced as a whole, so that whoever reads them sees figures that belong together."""

    written: int = 0
    failed: int = 0
    in_hand: int = 0


class LogQueue:
    """
    The queue of one output with the thread that empties it.

    `_writing` is held while entries are redacted, formatted and written: by the thread, or by `flush` where there is no
    thread. It guards the output and the counters. Producers never touch it.

    Args:
        output: File or terminal; used by one thread at a time.
        form: Function that makes a line of an entry, with its line break.
        redact: Function that takes secrets out of a batch of entries.
        observe: Called with each batch before that, on the queue's thread.
        limit: Most entries that wait; at least 1.
        clock: Its monotonic face counts deadlines.
    """

    def __init__(
        self,
        output: LogOutput,
        form: Callable[[Any], str],
        redact: Callable[[Sequence[Any]], Sequence[Any]],
        *,
        observe: Callable[[Sequence[Any]], object] | None = None,
        limit: int = LIMIT,
        clock: Clock = SYSTEM,
    ) -> None:
        self.sink = SignalQueue(limit)
        """Queue that `BridgeHandler` appends to."""
        self._output = output
        self._format = form
        self._redact = redact
        self._observe = observe
        self._clock = clock
        self._figures = _Figures()
        self._trouble = f"logs.write.{self._short_name}"
        self._renew()

    def _renew(self) -> None:
        self._writing = primitives.Lock()
        self._wake = primitives.Event()
        self._requests: deque[primitives.Event] = deque()
        self._thread: primitives.Thread | None = None
        self._is_closing = False

    @property
    def name(self) -> str:
        """Name of the output."""
        return self._output.name

    @property
    def _short_name(self) -> str:
        return self.name.rsplit("/", 1)[-1]

    def start(self) -> None:
        """Start the thread; once. Where none can be had, `flush` and `close` write."""
        if self._thread is None and not self._is_closing:
            self._thread = begin_thread(f"logs-{self._short_name}", self._run)

    def flush(self, timeout_s: float) -> bool:
        """
        Write what waits.

        Args:
            timeout_s: Longest time this takes, in seconds, whatever the output does.

        Returns:
            Whether everything that waited has been written, or counted as dropped.
        """
        thread = self._running_thread()
        if thread is None:
            return self._drain_here(timeout_s)
        request = primitives.Event()
        self._requests.append(request)
        self._wake.set()
        return request.wait(timeout_s)

    def close(self, timeout_s: float) -> bool:
        """
        Write what waits and stop. Safe before `start`, and twice.

        Args:
            timeout_s: Longest time this takes, in seconds. What cannot be written by then is counted as dropped.

        Returns:
            Whether everything has been written.
        """
        deadline_s = self._clock.monotonic_s() + timeout_s
        thread = self._running_thread() if self.sink.items else self._thread
        self._is_closing = True
        self._wake.set()
        if thread is not None and not thread.is_current():
            thread.join(max(0.0, deadline_s - self._clock.monotonic_s()))
        is_done = thread is None or not thread.is_alive()
        is_done = is_done and self._drain_here(max(0.0, deadline_s - self._clock.monotonic_s()))
        self.sink.close()
        if is_done:
            with guarded("logs.close", f"the log output {self.name} could not be closed"):
                self._output.close()
        return is_done

    def counts(self) -> dict[str, Any]:
        """Entries counted by what became of them; `accepted` is the sum of the rest, and `queued` counts those being written too."""
        written, failed, in_hand = self._figures
        queued = len(self.sink.items) + in_hand
        dropped = {**self.sink.turned_away, "write_failed": failed}
        return {
            "accepted": queued + written + sum(dropped.values()),
            "queued": queued,
            "written": written,
            "dropped": {reason: count for reason, count in dropped.items() if count},
        }

    def reinit_after_fork(self) -> None:
        """Begin anew in a forked child: what waits is the parent's to write."""
        was_running = self._thread is not None and not self._is_closing
        self.sink.reinit_after_fork()
        self._figures = _Figures()
        self._renew()
        self._output.reinit_after_fork()
        if was_running:
            self.start()

    def _run(self) -> None:
        while True:
            self._wake.wait(INTERVAL_S)
            self._wake.clear()
            is_closing, waiting = self._is_closing, len(self._requests)
            with guarded("logs.queue", f"records for {self.name} could not be written"):
                self._drain()
            for _ in range(waiting):
                self._requests.popleft().set()
            if is_closing:
                return

    def _running_thread(self) -> primitives.Thread | None:
        """The thread, started when need be, so that a stalled output stalls it and not the caller; None where none can be."""
        if self._thread is None:
            self.start()
        return self._thread if self._thread is not None and self._thread.is_alive() else None

    def _drain_here(self, timeout_s: float) -> bool:
        """For where there is no thread: after the end, after a fork that nobody told us of, at the interpreter's end."""
        if not self.sink.items:
            return True
        if not self._writing.acquire(timeout=timeout_s):
            return False
        try:
            self._empty()
        finally:
            self._writing.release()
        return True

    def _drain(self) -> None:
        with self._writing:
            self._empty()

    def _empty(self) -> None:
        while batch := self.sink.take(BATCH):
            self._write(batch)

    def _write(self, batch: list[Any]) -> None:
        written_before, failed_before, _ = self._figures
        self._figures = _Figures(written_before, failed_before, len(batch))
        if self._observe is not None:
            with guarded("logs.observe", "an observer of log records failed"):
                self._observe(batch)
        lines = []
        for entry in self._redact(batch):
            try:
                lines.append(self._format(entry))
            except Exception as error:  # noqa: BLE001 - one bad record never costs its neighbours
                shared.report("logs.format", "a log record could not be written and was left out", error)
        written = 0
        try:
            written = self._output.write(lines)
            shared.recovered(self._trouble, f"log records are written to {self.name} again")
        except Exception as error:  # noqa: BLE001 - disks fail, streams are closed; the agent goes on
            shared.report(self._trouble, f"log records could not be written to {self.name} and were dropped", error)
        self._figures = _Figures(written_before + written, failed_before + len(batch) - written)
