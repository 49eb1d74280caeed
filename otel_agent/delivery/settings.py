"""How much is held, how long it is waited, and how often it is tried again."""

from typing import NamedTuple

__all__ = ["SIGNALS", "DeliverySettings"]

SIGNALS = ("traces", "metrics", "logs")
"""The three ways out; each has a queue, an account and retries of its own."""


class DeliverySettings(NamedTuple):
    """Sizes and times of the engine. The defaults are right for an agent that makes up to some 100,000 spans a second."""

    queue_spans: int = 65_536
    """Ended spans held in memory before they overflow; at least 1."""
    queue_logs: int = 65_536
    """Log records held in memory before they overflow; at least 1."""
    queue_metrics: int = 64
    """Collections of metrics held in memory before they overflow; at least 1."""
    batch: int = 8_192
    """Most items of one request; at least 1."""
    request_bytes: int = 3_900_000
    """
    Most bytes of one request before compression. Receivers over gRPC refuse more than 4 MiB unless told otherwise; one
    record alone may be larger.
    """
    delay_s: float = 0.2
    """Longest time an item waits before it is sent, in seconds."""
    timeout_s: float = 10.0
    """Longest time a receiver may take to answer, in seconds."""
    retry_first_s: float = 0.5
    """Wait after the first failure, in seconds; doubled with each further one."""
    retry_most_s: float = 10.0
    """Longest wait between two attempts while a trouble may pass by itself, in seconds."""
    held_first_s: float = 5.0
    """First wait while somebody must change something (credentials, address), in seconds."""
    held_most_s: float = 60.0
    """Longest wait of that kind, in seconds."""
    memory_bytes: int = 33_554_432
    """Encoded requests of one signal held in memory when there is no disk to put them on; above it the queue fills."""

    unwanted: frozenset[str] = frozenset()
    """Signals that nobody is to receive: items end with the observers, and count as not exported."""

    def queue_limit(self, signal: str) -> int:
        """
        Items of one signal held in memory.

        Args:
            signal: One of `SIGNALS`.
        """
        return {"traces": self.queue_spans, "logs": self.queue_logs, "metrics": self.queue_metrics}[signal]
