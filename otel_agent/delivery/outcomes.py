"""
The contract of senders: the export outcome of one request, in the four verdicts that matter to whoever sent it.

Senders themselves are in `senders/`.
"""

from enum import Enum
from typing import NamedTuple, Protocol

__all__ = ["ExportOutcome", "Sender", "StatelessSender", "Verdict"]


class Verdict(Enum):
    """Verdict on an export request: what is to be done next."""

    DELIVERED = "delivered"
    """Nothing: the receiver has it."""
    LATER = "later"
    """The same again after a while; the trouble may pass by itself."""
    HELD = "held"
    """Keep it and ask seldom: somebody has to change an address, a credential, a certificate."""
    REFUSED = "refused"
    """Send halves: something in it is the trouble."""


class ExportOutcome(NamedTuple):
    """Export outcome of one request."""

    verdict: Verdict
    problem: str = ""
    """A short, stable word for the kind of trouble: "refused", "timeout", "unauthorized"; empty when there is none."""
    message: str = ""
    """What happened and what to do, in one sentence without a secret in it."""
    rejected: int = 0
    """Records the receiver took no part of although it took the request."""
    retry_after_s: float | None = None
    """How long the receiver asked to be left alone, in seconds."""


class Sender(Protocol):
    """A way to one kind of receiver. Called from several threads at once, one signal from one thread at a time."""

    def send(self, signal: str, body: bytes, timeout_s: float) -> ExportOutcome:
        """
        Send one request and wait for the answer. Must not raise.

        Args:
            signal: "traces", "metrics" or "logs".
            body: The bytes of an export request.
            timeout_s: When to give up, in seconds.
        """
        ...

    def where(self, signal: str) -> str:
        """
        The receiver's address, without credentials; for messages.

        Args:
            signal: "traces", "metrics" or "logs".
        """
        ...

    def close(self) -> None:
        """Let go of connections. Must not block or raise."""
        ...

    def hold_for_fork(self) -> None:
        """Finish what a child must not inherit half done."""
        ...

    def go_on_after_fork(self) -> None:
        """Go on, in the parent."""
        ...

    def reinit_after_fork(self) -> None:
        """Forget the parent's connections, in a child."""
        ...


class StatelessSender:
    """The part of a sender about forks and the end, for one that holds nothing between requests; others override it."""

    def close(self) -> None:
        """Nothing is open."""

    def hold_for_fork(self) -> None:
        """Nothing is half done: libraries are loaded by `late_imports`, which holds a fork itself."""

    def go_on_after_fork(self) -> None:
        """Nothing was held."""

    def reinit_after_fork(self) -> None:
        """Nothing is inherited."""
