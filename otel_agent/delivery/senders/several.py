"""Several senders as one: a different one for each signal, or a second receiver that gets what the first has taken."""

from collections.abc import Iterable, Mapping

from otel_agent.delivery.outcomes import ExportOutcome, Sender, Verdict
from otel_agent.guard import shared

__all__ = ["BySignal", "Copying"]


class _All:
    """What is the same for both: whatever happens, happens to each."""

    def __init__(self, senders: Iterable[Sender]) -> None:
        self._all = list({id(sender): sender for sender in senders}.values())

    def close(self) -> None:
        """Let go of all connections."""
        for sender in self._all:
            sender.close()

    def hold_for_fork(self) -> None:
        """Come to a rest."""
        for sender in self._all:
            sender.hold_for_fork()

    def go_on_after_fork(self) -> None:
        """Go on, in the parent."""
        for sender in reversed(self._all):
            sender.go_on_after_fork()

    def reinit_after_fork(self) -> None:
        """Begin anew, in the child."""
        for sender in self._all:
            sender.reinit_after_fork()


class BySignal(_All):
    """Each signal has a sender of its own: traces over gRPC, metrics over HTTP, logs into a file."""

    def __init__(self, senders: Mapping[str, Sender]) -> None:
        """
        Hold a sender for each.

        Args:
            senders: By signal; one may serve several.
        """
        super().__init__(senders.values())
        self._senders = dict(senders)

    def send(self, signal: str, body: bytes, timeout_s: float) -> ExportOutcome:
        """
        Send through the signal's own; see `Sender.send`.

        Args:
            signal: "traces", "metrics" or "logs".
            body: The bytes of an export request.
            timeout_s: When to give up, in seconds.
        """
        return self._senders[signal].send(signal, body, timeout_s)

    def where(self, signal: str) -> str:
        """
        The address of the signal's own.

        Args:
            signal: As above.
        """
        return self._senders[signal].where(signal)


class Copying(_All):
    """
    One receiver that counts, and others that get a copy of what it has taken.

    A copy that cannot be written is said and not repeated: repeating it would send to the first receiver twice.
    """

    def __init__(self, first: Sender, *others: Sender) -> None:
        """
        Hold them.

        Args:
            first: Decides what becomes of a request.
            others: Get a copy.
        """
        super().__init__([first, *others])
        self._first = first
        self._others = others

    def send(self, signal: str, body: bytes, timeout_s: float) -> ExportOutcome:
        """
        Send to the first, and when it took the request, to the others; see `Sender.send`.

        Args:
            signal: "traces", "metrics" or "logs".
            body: The bytes of an export request.
            timeout_s: For each, in seconds.
        """
        answer = self._first.send(signal, body, timeout_s)
        if answer.verdict is Verdict.DELIVERED:
            for other in self._others:
                copied = other.send(signal, body, timeout_s)
                if copied.verdict is not Verdict.DELIVERED:
                    shared.report("delivery.copy", f"a copy of the {signal} was not taken: {copied.message}")
        return answer

    def where(self, signal: str) -> str:
        """
        The address of the first.

        Args:
            signal: As above.
        """
        return self._first.where(signal)
