"""
Spans gathered into traces and written to a terminal when their root ends.

A person reads this, so it does not flood: a trace whose root name was drawn a moment ago is counted instead, unless
something in it failed. What is open at the end is drawn at the end.
"""

import os
from collections import Counter
from collections.abc import Iterable
from typing import Protocol, TextIO

from opentelemetry.trace import SpanContext, StatusCode

from otel_agent import streams
from otel_agent.clock import SYSTEM, Clock
from otel_agent.delivery.console.tree import SpanNode, draw
from otel_agent.outgoing_texts import Redact, cleaned, counted, printable

__all__ = ["EndedSpan", "TreeWriter"]

REPEAT_S = 5.0
"""A trace of the same root name without an error is drawn again after this many seconds."""

TRACES_HELD = 512
"""Traces whose root has not ended yet; beyond this many the oldest is drawn as it is."""

SPANS_HELD = 2000
"""Spans kept of one trace; the rest of it is counted only."""


class _Status(Protocol):
    @property
    def status_code(self) -> StatusCode: ...
    @property
    def description(self) -> str | None: ...


class EndedSpan(Protocol):
    """What is read of a span: the SDK's `ReadableSpan` and our own both have it."""

    @property
    def name(self) -> str: ...  # noqa: D102 - OpenTelemetry's words
    @property
    def context(self) -> SpanContext | None: ...  # noqa: D102
    @property
    def parent(self) -> SpanContext | None: ...  # noqa: D102
    @property
    def start_time(self) -> int | None: ...  # noqa: D102
    @property
    def end_time(self) -> int | None: ...  # noqa: D102
    @property
    def status(self) -> _Status: ...  # noqa: D102


class TreeWriter:
    """
    Writes traces to a stream. Called from one thread, the one that delivers.

    A stream that cannot be written to is given up in silence: it belongs to somebody who has left.

    Args:
        stream: Stream to write to; usually standard error, which leaves the agent's own output as it is.
        clock: Its monotonic face spaces equal traces.
        repeat_s: Shortest time between two drawings of one root name, in seconds.
        redact: Takes secrets out of names and of what is said of errors.
    """

    def __init__(
        self,
        stream: TextIO,
        clock: Clock = SYSTEM,
        repeat_s: float = REPEAT_S,
        redact: Redact = str,
    ) -> None:
        self._stream: TextIO | None = stream
        self._clock = clock
        self._repeat_s = repeat_s
        self._redact = redact
        self._colour = streams.is_terminal(stream) and "NO_COLOR" not in os.environ
        self._open: dict[int, list[SpanNode]] = {}
        self._drawn_at_s: dict[str, float] = {}
        self._skipped: Counter[str] = Counter()

    def spans(self, ended: Iterable[EndedSpan]) -> None:
        """
        Take ended spans; draw every trace whose root is among them.

        Args:
            ended: In the order in which they ended.
        """
        for span in ended:
            context = span.context
            if context is None:
                continue
            nodes = self._open.setdefault(context.trace_id, [])
            # The boundary of the tree: nothing is drawn that is not in a node, and every text of a node has passed here.
            node = cleaned(_node(span, context), self._redact)
            if len(nodes) < SPANS_HELD or node.parent_id == 0:
                nodes.append(node)
            if span.parent is None or span.parent.is_remote:
                self._finish(context.trace_id, node.name)
        while len(self._open) > TRACES_HELD:
            oldest = next(iter(self._open))
            self._finish(oldest, self._open[oldest][0].name)

    def close(self) -> None:
        """Draw what is still open and say what was only counted."""
        for trace_id in list(self._open):
            self._finish(trace_id, self._open[trace_id][0].name)
        for name, count in self._skipped.items():
            self._write([f"… and {counted(count, 'more trace')} like {printable(name)}"])
        self._skipped.clear()

    def _finish(self, trace_id: int, root_name: str) -> None:
        nodes = self._open.pop(trace_id)
        now_s = self._clock.monotonic_s()
        has_error = any(node.error is not None for node in nodes)
        drawn_at_s = self._drawn_at_s.get(root_name)
        if not has_error and drawn_at_s is not None and now_s - drawn_at_s < self._repeat_s:
            self._skipped[root_name] += 1
            return
        self._drawn_at_s[root_name] = now_s
        skipped = self._skipped.pop(root_name, 0)
        lines = [f"… {skipped} more traces like {printable(root_name)}"] if skipped else []
        self._write([*lines, *draw(nodes, colour=self._colour)])

    def _write(self, lines: list[str]) -> None:
        if self._stream is None:
            return
        if not streams.write(self._stream, "\n".join(lines) + "\n"):
            self._stream = None


def _node(span: EndedSpan, context: SpanContext) -> SpanNode:
    status = span.status
    is_error = status.status_code is StatusCode.ERROR
    return SpanNode(
        span_id=context.span_id,
        parent_id=span.parent.span_id if span.parent is not None else 0,
        name=span.name,
        start_ns=span.start_time or 0,
        end_ns=span.end_time or span.start_time or 0,
        error=status.description or "" if is_error else None,
    )
