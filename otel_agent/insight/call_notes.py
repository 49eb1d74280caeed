"""What is known of calls beyond their spans, until the span has come: where they were made, and digests of what went in and came out."""

from typing import NamedTuple

from otel_agent.insight.pieces import Frame

__all__ = ["CallNote", "CallNotes", "shared"]

MOST = 8192
"""Notes that wait for their span; beyond this many all are forgotten, because their spans do not come."""


class CallNote(NamedTuple):
    """What is known of one call."""

    frames: tuple[Frame, ...] = ()
    """Where it was made, innermost function of the agent first."""
    place: str = ""
    """File and line of the innermost one."""
    argument: int | None = None
    """Digest of all arguments; None where there is none."""
    result: int | None = None
    """Digest of the result."""
    arguments: frozenset[int] = frozenset()
    """Digests of the arguments and what they hold."""
    results: frozenset[int] = frozenset()
    """Digests of the result and what it holds."""


class CallNotes:
    """Notes by span id. Written by the agent's threads, one step of the interpreter each; read by the delivery thread."""

    def __init__(self) -> None:
        self._notes: dict[int, CallNote] = {}

    def put(self, span_id: int, note: CallNote) -> None:
        """
        Keep a note.

        Args:
            span_id: Span of the call.
            note: What is known of it.
        """
        if len(self._notes) >= MOST:
            self._notes = {}
        self._notes[span_id] = note

    def take(self, span_id: int) -> CallNote | None:
        """
        The note of a call, which is not kept any longer.

        Args:
            span_id: Span of the call.
        """
        return self._notes.pop(span_id, None)

    def clear(self) -> None:
        """Forget all."""
        self._notes = {}


shared = CallNotes()
"""Notes of this process."""
