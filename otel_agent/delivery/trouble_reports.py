"""What is said aloud of troubles: each once for all signals that have it, and its end when it is over for the last."""

from otel_agent import primitives
from otel_agent.delivery.outcomes import ExportOutcome, Verdict
from otel_agent.guard import shared

__all__ = ["TroubleReports"]


class TroubleReports:
    """Which signals have which trouble. Thread-safe; `_lock` guards it, and nothing is said under it."""

    def __init__(self) -> None:
        self.reinit_after_fork()

    def reinit_after_fork(self) -> None:
        """Forget, in a child, what was said for the parent."""
        self._lock = primitives.Lock()
        self._signals: dict[str, set[str]] = {}

    def failed(self, signal: str, outcome: ExportOutcome, *, has_disk: bool) -> None:
        """
        Say what is wrong.

        Args:
            signal: The signal that could not be sent.
            outcome: The outcome of the attempt.
            has_disk: Where the telemetry waits: on the disk, otherwise in memory.
        """
        kind = "delivery.unreachable" if outcome.verdict is Verdict.LATER else f"delivery.{outcome.problem}"
        with self._lock:
            self._signals.setdefault(kind, set()).add(signal)
        place = "on the disk" if has_disk else "in memory"
        shared.report(kind, f"telemetry waits {place}: {outcome.message}")

    def recovered(self, signal: str, address: str) -> None:
        """
        Say of each trouble that ended with this success that it is over.

        Args:
            signal: The signal that could be sent.
            address: Its receiver.
        """
        with self._lock:
            for signals in self._signals.values():
                signals.discard(signal)
            over = [kind for kind, signals in self._signals.items() if not signals]
            for kind in over:
                del self._signals[kind]
        for kind in over:
            shared.recovered(kind, f"telemetry is delivered again to {address}")
