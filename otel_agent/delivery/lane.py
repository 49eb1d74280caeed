"""
One signal on its way out: what waits, what is being sent, what went wrong.

`sending` is held by whoever sends for this signal, so that one request of a signal is under way at a time. What is under way
lies in `flight`; whoever takes it out of there under `lock` decides what becomes of it. So the end of the process can take
a request away from a thread that still waits for an answer, and put it on the disk, without anything being counted twice.
"""

import random
import threading
from collections import deque
from collections.abc import Callable

from otel_agent.delivery.accounting import SignalAccount
from otel_agent.delivery.intake import Intake
from otel_agent.delivery.outcomes import ExportOutcome, Verdict
from otel_agent.delivery.preparation import Payload
from otel_agent.delivery.settings import DeliverySettings

__all__ = ["MAX_REFUSALS", "Lane"]

MAX_REFUSALS = 64
"""Requests refused one after another before we think that it is not the data: cutting 8,192 records finds a bad one in 14."""

_dice = random.SystemRandom()
"""Of our own: an agent that seeds `random` to repeat a run must not find its numbers used up by us."""


class Lane:
    """The state of one signal."""

    def __init__(
        self, signal: str, intake: Intake, settings: DeliverySettings, jitter: Callable[[], float] = _dice.random
    ) -> None:
        """
        Begin with nothing.

        Args:
            signal: "traces", "metrics" or "logs".
            intake: Where requests come from.
            settings: Times between attempts.
            jitter: Answers with a number from 0 to 1.
        """
        self.signal = signal
        self.intake = intake
        self.settings = settings
        self._jitter = jitter
        self.begin()

    def begin(self) -> None:
        """Start from nothing: at first, and in a forked child."""
        self.sending = threading.Lock()
        self.lock = threading.Lock()
        self._outbox: deque[Payload] = deque()
        self.outbox_bytes = 0
        self._flight: Payload | None = None
        self._pieces: deque[Payload] = deque()
        self._is_ending = False
        self.failures = 0
        self.refusals = 0
        self.trouble: ExportOutcome | None = None
        self.not_before_s = 0.0
        self.asked_not_before_s = 0.0

    @property
    def ledger(self) -> SignalAccount:
        """Where items are counted."""
        return self.intake.ledger

    def put(self, payload: Payload, *, first: bool = False) -> None:
        """
        Let a request wait in memory.

        Args:
            payload: Counted in our hands.
            first: Before all others.
        """
        with self.lock:
            self.outbox_bytes += len(payload.body)
            (self._outbox.appendleft if first else self._outbox.append)(payload)

    def pop(self) -> Payload | None:
        """The request that waits longest, or `None`."""
        with self.lock:
            if not self._outbox:
                return None
            payload = self._outbox.popleft()
            self.outbox_bytes -= len(payload.body)
            return payload

    def load(self, payload: Payload) -> None:
        """
        Begin to send a request.

        Args:
            payload: May be sent in pieces.
        """
        with self.lock:
            self._pieces = deque([payload])

    def take_off(self) -> Payload | None:
        """The next piece, under way from now on; `None` when all are settled or somebody took them away."""
        with self.lock:
            self._flight = self._pieces.popleft() if self._pieces else None
            return self._flight

    def land(self, piece: Payload) -> bool:
        """
        End a flight.

        Args:
            piece: What was under way.

        Returns:
            Whether it is still ours; otherwise somebody else has decided about it meanwhile.
        """
        with self.lock:
            is_ours = self._flight is piece
            if is_ours:
                self._flight = None
            return is_ours

    def follow(self, *pieces: Payload) -> None:
        """
        Send these next.

        Args:
            pieces: In order.
        """
        with self.lock:
            self._pieces.extendleft(reversed(pieces))

    def unload(self) -> list[Payload]:
        """What of the request was not sent; nothing is under way any more."""
        with self.lock:
            left = list(self._pieces)
            self._pieces.clear()
            return left

    def take_away(self) -> list[Payload]:
        """Everything that is under way, from whoever sends it; for the end."""
        with self.lock:
            self._is_ending = True
            found = [self._flight] if self._flight is not None else []
            found += self._pieces
            self._flight = None
            self._pieces.clear()
            return found

    def is_ending(self) -> bool:
        """Whether requests were taken away: nothing may be left in memory any more."""
        return self._is_ending

    def is_idle(self) -> bool:
        """Whether no request waits in memory."""
        return not self._outbox

    def may_try(self, now_s: float) -> bool:
        """
        Whether it is time for an attempt.

        Args:
            now_s: On the monotonic clock.
        """
        return now_s >= self.not_before_s and now_s >= self.asked_not_before_s

    def may_ask(self, now_s: float) -> bool:
        """
        Whether an attempt is allowed when somebody waits for it: our own patience does not count, the receiver's wish does.

        Args:
            now_s: On the monotonic clock.
        """
        return now_s >= self.asked_not_before_s

    def succeeded(self) -> bool:
        """
        Forget troubles.

        Returns:
            Whether there was one.
        """
        had_trouble = self.trouble is not None
        self.failures = self.refusals = 0
        self.not_before_s = self.asked_not_before_s = 0.0
        self.trouble = None
        return had_trouble

    def failed(self, answer: ExportOutcome, now_s: float) -> None:
        """
        Remember a trouble and when to try again.

        Args:
            answer: What the receiver said.
            now_s: On the monotonic clock.
        """
        settings = self.settings
        is_held = answer.verdict is Verdict.HELD
        if self.trouble is not None and (self.trouble.verdict is Verdict.HELD) != is_held:
            self.failures = 0
        first_s, most_s = (
            (settings.held_first_s, settings.held_most_s)
            if is_held
            else (settings.retry_first_s, settings.retry_most_s)
        )
        wait_s = min(most_s, first_s * 2 ** min(self.failures, 30))
        self.failures += 1
        # From half to all of it: many agents that lost one receiver at one moment do not come back at one moment.
        self.not_before_s = now_s + wait_s * (0.5 + 0.5 * self._jitter())
        if answer.retry_after_s is not None:
            self.asked_not_before_s = now_s + answer.retry_after_s
        self.trouble = answer
