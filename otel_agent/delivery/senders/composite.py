"""Senders made of others: a different one for each signal, or a second receiver that gets what the first has taken."""

from collections.abc import Iterable, Mapping

from otel_agent.delivery.outcomes import ExportOutcome, Sender, Verdict
from otel_agent.guard import shared

__all__ = ["CopyingSender", "SignalSender"]


class _CompositeSender:
    """Passes the end and forks on to each of its senders."""

    def __init__(self, senders: Iterable[Sender]) -> None:
        self._all = list({id(sender): sender for sender in senders}.values())

    def close(self) -> None:
        """Let go of all connections."""
        for sender in self._all:
            sender.close()

    def hold_for_fork(self) -> None:
        """Finish what a child must not inherit half done."""
        for sender in self._all:
            sender.hold_for_fork()

    def go_on_after_fork(self) -> None:
        """Go on, in the parent."""
        for sender in reversed(self._all):
            sender.go_on_after_fork()

    def reinit_after_fork(self) -> None:
        """Forget the parent's connections, in the child."""
        for sender in self._all:
            sender.reinit_after_fork()


class SignalSender(_CompositeSender):
    """
    Sends each signal with a sender of its own: traces over gRPC, metrics over HTTP, logs into a file.

    Args:
        senders: The sender of each signal; one may serve several.
    """

    def __init__(self, senders: Mapping[str, Sender]) -> None:
        super().__init__(senders.values())
        self._senders = dict(senders)

    def send(self, signal: str, body: bytes, timeout_s: float) -> ExportOutcome:
        """
        Send with the signal's own sender; see `Sender.send`.

        Args:
            signal: "traces", "metrics" or "logs".
            body: The bytes of an export request.
            timeout_s: Longest time the request may take, in seconds.
        """
        return self._senders[signal].send(signal, body, timeout_s)

    def where(self, signal: str) -> str:
        """
        The address of the signal's receiver.

        Args:
            signal: "traces", "metrics" or "logs".
        """
        return self._senders[signal].where(signal)


class CopyingSender(_CompositeSender):
    """
    Sends to one receiver that counts, and to others a copy of what it has taken.

    A copy that cannot be written is said and not repeated: repeating it would send to the first receiver twice.

    Args:
        first: Sender whose outcome decides what becomes of a request.
        others: Senders that get a copy.
    """

    def __init__(self, first: Sender, *others: Sender) -> None:
        super().__init__([first, *others])
        self._first = first
        self._others = others

    def send(self, signal: str, body: bytes, timeout_s: float) -> ExportOutcome:
        """
        Send to the first, and when it took the request, to the others; see `Sender.send`.

        Args:
            signal: "traces", "metrics" or "logs".
            body: The bytes of an export request.
            timeout_s: Longest time each of them may take, in seconds.
        """
        outcome = self._first.send(signal, body, timeout_s)
        if outcome.verdict is Verdict.DELIVERED:
            for other in self._others:
                copied = other.send(signal, body, timeout_s)
                if copied.verdict is not Verdict.DELIVERED:
                    shared.report("delivery.copy", f"a copy of the {signal} was not taken: {copied.message}")
        return outcome

    def where(self, signal: str) -> str:
        """
        The address of the first receiver.

        Args:
            signal: "traces", "metrics" or "logs".
        """
        return self._first.where(signal)
