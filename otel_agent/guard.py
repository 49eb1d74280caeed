"""
Our failures are counted and said once a minute, never raised into user code.

Everything the package has to say about itself goes through here, to the logger `otel_agent`: at most one line per kind and
minute, the number of swallowed repetitions with the next line, and one line when the trouble is over. Records of that logger
are never exported (see `logs`), so a failing export cannot feed itself.

A part of such a line may be what somebody else's server answered, or the text of an exception that names an address with a
token in it. So every line passes one boundary: redacted once there is a redactor, printable, and of bounded length.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from otel_agent import primitives
from otel_agent.clock import SYSTEM, Clock
from otel_agent.outgoing_texts import Redact, short_line

__all__ = ["Guard", "guarded", "shared"]

ERROR_CHARS = 300
"""Characters of an exception's text in a line, at most."""

LINE_INTERVAL_S = 60.0
"""A kind of failure is said at most this often."""


class Guard:
    """
    Counts failures by kind and says each kind at most once a minute.

    Thread-safe. `_lock` guards the counters and is never held while logging, because a log handler is foreign code. It can be
    taken again by its holder, because a signal handler may report in the middle of a report.

    Args:
        logger: Where lines go.
        clock: Its monotonic face spaces the lines.
        interval_s: Shortest time between two lines of one kind, in seconds.
    """

    def __init__(self, logger: logging.Logger, clock: Clock = SYSTEM, interval_s: float = LINE_INTERVAL_S) -> None:
        self._logger = logger
        self._clock = clock
        self._interval_s = interval_s
        self._lock = primitives.RLock()
        self._counts: Counter[str] = Counter()
        self._unsaid: Counter[str] = Counter()
        self._said_at_s: dict[str, float] = {}
        self._ongoing: set[str] = set()
        self._redact: Redact = str

    def redact_with(self, redact: Redact) -> None:
        """
        Take secrets out of every line from now on.

        Args:
            redact: The redactor of the agent that is set up; must not raise.
        """
        self._redact = redact

    def report(
        self, kind: str, message: str, error: BaseException | None = None, *, level: int = logging.WARNING
    ) -> None:
        """
        Count a failure, and say it unless its kind was said within the interval. Never raises.

        Args:
            kind: A short, stable word: "export.traces", "spool.write". What repeats is judged by it.
            message: One sentence that says what happened and what to do.
            error: The cause; its type and text end the line.
            level: Level of `logging`; below a warning where it is we who were slow, which is nothing for the agent's standard error.
        """
        with self._lock:
            self._counts[kind] += 1
            now_s = self._clock.monotonic_s()
            said_at_s = self._said_at_s.get(kind)
            if said_at_s is not None and now_s - said_at_s < self._interval_s:
                self._unsaid[kind] += 1
                return
            self._said_at_s[kind] = now_s
            self._ongoing.add(kind)
            repeated = self._unsaid.pop(kind, 0)
        self._say(level, message, error, repeated)

    def recovered(self, kind: str, message: str) -> None:
        """
        Say once that a kind of failure is over; silent when it was never said.

        What fails and recovers by turns still has one line of each kind a minute: recovering does not shorten the wait.

        Args:
            kind: The kind given to `report`.
            message: One sentence.
        """
        with self._lock:
            if kind not in self._ongoing:
                return
            self._ongoing.discard(kind)
            self._unsaid.pop(kind, None)
        self._say(logging.INFO if self._logger.isEnabledFor(logging.INFO) else logging.WARNING, message, None, 0)

    def counts(self) -> dict[str, int]:
        """Failures so far, by kind."""
        with self._lock:
            return dict(self._counts)

    def _say(self, level: int, message: str, error: BaseException | None, repeated: int) -> None:
        parts = [message]
        if error is not None:
            parts.append(f"({type(error).__name__}: {short_line(self._redacted(_text(error)), ERROR_CHARS)})")
        if repeated:
            parts.append(f"[{repeated} more since the last line]")
        try:
            self._logger.log(level, "%s", short_line(self._redacted(" ".join(parts))))
        except Exception:  # noqa: BLE001 - a handler of the agent's may raise; telemetry must not
            self._counts["guard.log"] += 1

    def _redacted(self, text: str) -> str:
        try:
            return self._redact(text)
        except Exception:  # noqa: BLE001 - at the end of the interpreter rules cannot be loaded any more; better said without
            return "a failure, whose description could not be checked for secrets"

    def reinit_after_fork(self) -> None:
        """Make the lock anew in a forked child."""
        self._lock = primitives.RLock()


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - an exception's own __str__ may raise
        return "<no text: its __str__ raised>"


shared = Guard(logging.getLogger("otel_agent"))
"""The process's guard. One, because the promise of one line a minute is made to the process's operator."""


@contextmanager
def guarded(kind: str, message: str, guard: Guard | None = None) -> Iterator[None]:
    """
    Swallow and report any failure of a block of ours.

    Args:
        kind: See `Guard.report`.
        message: See `Guard.report`.
        guard: Defaults to the process's own.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 - this is the one place that catches everything
        (guard or shared).report(kind, message, error)


def swallow(kind: str, message: str, function: Callable[[], object]) -> None:
    """
    Call a function and report its failure instead of raising it.

    Args:
        kind: See `Guard.report`.
        message: See `Guard.report`.
        function: Called without arguments.
    """
    with guarded(kind, message):
        function()
