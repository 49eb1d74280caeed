"""
The requests of one signal in memory: those that wait, and the one under way.

    put ──► waiting ──pop──► start ──► under way ──settle──► decided
                                           │    ▲ └── its halves, next
                                        recall  └──────────┘
                                           ▼
                            back to whoever sends, or to the end

A request under way belongs to whoever takes it out of here, under `_lock`: the thread that sends it (`settle`, `recall`), or
the end of the process (`close`), which takes it away from a thread that still waits for an answer and puts it on the disk. So
nothing is counted twice, and nothing is forgotten.
"""

from collections import deque

from otel_agent import primitives
from otel_agent.delivery.payloads import Payload

__all__ = ["Outbox"]


class Outbox:
    """Requests that wait for their turn and the pieces of the one that has it; see the module. Thread-safe."""

    def __init__(self) -> None:
        self.size_bytes = 0
        """Bytes of the requests that wait."""
        self.is_closed = False
        """Whether everything was taken away for the end: nothing may be left in memory any more."""
        self._lock = primitives.Lock()
        self._waiting: deque[Payload] = deque()
        self._under_way: deque[Payload] = deque()

    def is_empty(self) -> bool:
        """Whether no request waits."""
        return not self._waiting

    def put(self, payload: Payload, *, first: bool = False) -> bool:
        """
        Let a request wait.

        Args:
            payload: A request whose items are counted as in hand.
            first: Whether it goes before all others.

        Returns:
            False when everything was taken away for the end: the caller decides about it.
        """
        with self._lock:
            if self.is_closed:
                return False
            self.size_bytes += len(payload.body)
            (self._waiting.appendleft if first else self._waiting.append)(payload)
            return True

    def pop(self) -> Payload | None:
        """The request that has waited longest, taken out; `None` when there is none."""
        with self._lock:
            return self._popped()

    def start(self, payload: Payload) -> None:
        """
        Begin to send a request.

        Args:
            payload: A request that lies nowhere else.
        """
        with self._lock:
            self._under_way = deque([payload])

    def current(self) -> Payload | None:
        """The piece to be sent now; `None` when all are settled or the end has taken them away."""
        with self._lock:
            return self._under_way[0] if self._under_way else None

    def settle(self, piece: Payload, *halves: Payload) -> bool:
        """
        Take the current piece out, because the receiver has decided about it.

        Args:
            piece: What `current` returned.
            halves: Pieces to send in its place.

        Returns:
            Whether it was still here. Otherwise the end has taken it away, and decides about it.
        """
        with self._lock:
            if not self._under_way or self._under_way[0] is not piece:
                return False
            self._under_way.popleft()
            self._under_way.extendleft(reversed(halves))
            return True

    def recall(self) -> list[Payload]:
        """All pieces under way, taken out; none when the end has taken them away."""
        with self._lock:
            found = list(self._under_way)
            self._under_way.clear()
            return found

    def close(self) -> list[Payload]:
        """Everything, under way or waiting, taken out for the end; from now on nothing is taken in."""
        with self._lock:
            self.is_closed = True
            found = list(self._under_way)
            self._under_way.clear()
            while (payload := self._popped()) is not None:
                found.append(payload)
            return found

    def _popped(self) -> Payload | None:
        if not self._waiting:
            return None
        payload = self._waiting.popleft()
        self.size_bytes -= len(payload.body)
        return payload
