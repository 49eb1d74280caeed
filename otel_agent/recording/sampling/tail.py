"""
Tail sampling: traces that were not sampled are kept when something in them failed or took long.

A provider that `records_dropped` records every span; those of traces that were not sampled lack the sampled flag and are not sent.
Delivery shows what it takes from the queue to `TailSampling`, which holds such spans back, trace by trace, until one of them has an
error or was slow: then all of the trace are sent, also what comes later. When the trace's local root ends and nothing was the
matter, its spans are let go. Everything happens on the delivery thread; the agent's own threads pay for a span, not for the decision.

Memory has a bound: beyond `max_spans` the oldest traces are given up, and counted.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from otel_agent import primitives
from otel_agent.recording.spans import IS_REMOTE, SAMPLED

__all__ = ["TailSampling"]

MAX_DECIDED = 10_000
"""Decisions remembered for spans that end after their trace's root."""

_ERROR = 2


class TailSampling:
    """
    Chooses which spans leave. For one thread at a time; `reinit_after_fork` makes it anew in a child.

    Args:
        keep_errors: Whether a span with the status ERROR keeps its trace.
        slower_than_s: A span that took longer, in seconds, keeps its trace; `None`: duration does not matter.
        max_spans: Most spans held back, over all traces.
    """

    def __init__(
        self, *, keep_errors: bool = True, slower_than_s: float | None = None, max_spans: int = 20_000
    ) -> None:
        self._keep_errors = keep_errors
        self._slower_than_ns = None if slower_than_s is None else slower_than_s * 1e9
        self._max_spans = max_spans
        self._lock = primitives.Lock()
        self._begin()

    def _begin(self) -> None:
        self._held: OrderedDict[int, list[Any]] = OrderedDict()
        self._decided: OrderedDict[int, bool] = OrderedDict()
        self._count = 0
        self._kept = self._dropped = self._evicted = 0

    def select(self, spans: Iterable[Any]) -> list[Any]:
        """
        Choose which spans leave now.

        Args:
            spans: Ended spans of ours, sampled or not, in the order in which they ended.

        Returns:
            The sampled ones, and those that had been held back and are wanted after all, with the sampled flag set.
        """
        chosen: list[Any] = []
        with self._lock:
            for span in spans:
                if span.flags & SAMPLED:
                    chosen.append(span)
                else:
                    self._consider(span, chosen)
            while self._count > self._max_spans:
                _, given_up = self._held.popitem(last=False)
                self._count -= len(given_up)
                self._evicted += len(given_up)
        return chosen

    def _consider(self, span: Any, chosen: list[Any]) -> None:
        trace_id = span.trace_id
        is_kept = self._decided.get(trace_id)
        if is_kept is None or not is_kept:
            if self._matters(span):
                self._decide(trace_id, keep=True)
                for held in self._held.pop(trace_id, ()):
                    self._count -= 1
                    self._keep(held, chosen)
                is_kept = True
            elif is_kept is None:
                self._held.setdefault(trace_id, []).append(span)
                self._count += 1
                if not span.parent_id or span.flags & IS_REMOTE:
                    self._decide(trace_id, keep=False)
                    let_go = self._held.pop(trace_id)
                    self._count -= len(let_go)
                    self._dropped += len(let_go)
                return
        if is_kept:
            self._keep(span, chosen)
        else:
            self._dropped += 1

    def _matters(self, span: Any) -> bool:
        if self._keep_errors and span.extra is not None and span.extra.status_code == _ERROR:
            return True
        slow = self._slower_than_ns
        return slow is not None and span.end_ns - span.start_ns > slow

    def _keep(self, span: Any, chosen: list[Any]) -> None:
        span.flags |= SAMPLED
        self._kept += 1
        chosen.append(span)

    def _decide(self, trace_id: int, *, keep: bool) -> None:
        self._decided[trace_id] = keep
        if len(self._decided) > MAX_DECIDED:
            self._decided.popitem(last=False)

    def counts(self) -> dict[str, int]:
        """
        Spans that were not sampled, counted by what became of them.

        Returns:
            "kept": sent after all; "dropped": nothing was the matter with their trace; "evicted": given up for lack of memory;
            "held": not decided.
        """
        with self._lock:
            return {"kept": self._kept, "dropped": self._dropped, "evicted": self._evicted, "held": self._count}

    def reinit_after_fork(self) -> None:
        """Forget, in a forked child, what the parent decides about."""
        self._lock = primitives.Lock()
        self._begin()
