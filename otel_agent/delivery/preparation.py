"""
From items to requests: redact, encode, cut to size.

What is wrong with an item costs that item and no other. A batch that fails as a whole is gone through one by one: an item
that cannot be redacted is dropped, because it must not leave unredacted, and so is one that no repair brings onto the wire.
Foreign code runs here, `__str__` of whatever was put into telemetry, so even `SystemExit` is an item's failure.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from otel_agent.delivery.clock_jumps import ClockJumps
from otel_agent.delivery.payloads import count_records, split
from otel_agent.delivery.wire import encode_logs, encode_metrics, encode_spans
from otel_agent.guard import shared

__all__ = ["EMPTY", "REDACTION", "UNENCODABLE", "Payload", "Preparation", "Redact"]

REDACTION = "redaction"
"""Reason of what is dropped because it could not be redacted."""

UNENCODABLE = "unencodable"
"""Reason of what no repair could bring onto the wire."""

EMPTY = ""
"""Instead of a reason: a collection of metrics without a single point, of which there is nothing to send."""

Redact = Callable[[str, list[Any]], Sequence[Any]]
"""Signal and items in, items that may leave out."""

_Foreign = (Exception, SystemExit)
_ENCODERS: dict[str, Callable[[Any], bytes]] = {"traces": encode_spans, "logs": encode_logs, "metrics": encode_metrics}


class Payload:
    """One encoded request and how many items of its ledger it stands for."""

    __slots__ = ("backlog", "body", "items")

    def __init__(self, body: bytes, items: int, backlog: object = None) -> None:
        """
        Hold a request.

        Args:
            body: Its bytes.
            items: Spans, log records, or collections of metrics in it.
            backlog: What it is on the disk, when it is there; the same for its halves.
        """
        self.body = body
        self.items = items
        self.backlog = backlog

    def halves(self, signal: str) -> tuple["Payload", "Payload"] | None:
        """
        The same in two requests, or `None` when it holds one record only.

        Args:
            signal: A collection of metrics that is cut is counted with its second half.

        Raises:
            ValueError: These are not the bytes of a request.
        """
        parts = split(self.body)
        if parts is None:
            return None
        first = 0 if signal == "metrics" else min(count_records(parts[0]), self.items)
        return Payload(parts[0], first, self.backlog), Payload(parts[1], self.items - first, self.backlog)


class Preparation:
    """Makes requests of one signal's items."""

    def __init__(self, signal: str, redact: Redact | None, request_bytes: int) -> None:
        """
        Know the rules.

        Args:
            signal: "traces", "metrics" or "logs".
            redact: Decides what may leave; `None`: everything.
            request_bytes: Larger requests are cut in halves.
        """
        self._signal = signal
        self._redact = redact
        self._request_bytes = request_bytes
        self._encode = _ENCODERS[signal]
        self._kind = f"wire.{'spans' if signal == 'traces' else signal}"
        self._item_bytes = 1.0
        self._backwards = ClockJumps() if signal == "traces" else None

    def affordable(self) -> int:
        """How many items like the last ones fit into a request."""
        return max(1, int(self._request_bytes / self._item_bytes))

    def requests(self, items: list[Any]) -> tuple[list[Payload], Counter[str]]:
        """
        Requests that hold all items but those that cannot leave.

        Args:
            items: Spans, log records, or collections of metrics.

        Returns:
            The requests, and how many items are in none of them, by reason; what was `EMPTY` is not lost.
        """
        if self._backwards is not None:
            self._backwards.mend(items)
        dropped: Counter[str] = Counter()
        made = [
            each for payload in self._encoded(self._redacted(items, dropped), dropped) for each in self._cut(payload)
        ]
        return made, dropped

    def record(self, item: Any) -> tuple[bytes, str]:
        """
        A request of one item, for the journal.

        Args:
            item: A span or a log record.

        Returns:
            The bytes of the request; empty, with the reason, when the item cannot leave.
        """
        if self._backwards is not None:
            self._backwards.mend((item,))
        safe = [item] if self._redact is None else self._redact_each([item])
        if not safe:
            return b"", REDACTION
        try:
            return self._encode(safe), UNENCODABLE
        except _Foreign as error:
            self._say("encoded", error)
            return b"", UNENCODABLE

    def _redacted(self, items: list[Any], dropped: Counter[str]) -> list[Any]:
        if self._redact is None or not items:
            return items
        try:
            safe = list(self._redact(self._signal, items))
        except _Foreign:  # one item is to blame, and is found by looking at each
            safe = self._redact_each(items)
        dropped[REDACTION] += len(items) - len(safe)
        return safe

    def _redact_each(self, items: list[Any]) -> list[Any]:
        safe: list[Any] = []
        for item in items:
            try:
                safe += self._redact(self._signal, [item]) if self._redact else [item]
            except _Foreign as error:
                self._say("redacted", error)
        return safe

    def _encoded(self, items: list[Any], dropped: Counter[str]) -> list[Payload]:
        if not items:
            return []
        if self._signal == "metrics":
            return self._encoded_each(items, dropped)
        left_out = shared.counts().get(self._kind, 0)
        try:
            body = self._encode(items)
        except _Foreign:  # one item is to blame, and is found by looking at each
            return self._encoded_each(items, dropped)
        whole = len(items)
        if shared.counts().get(self._kind, 0) != left_out:
            whole = count_records(body)
            dropped[UNENCODABLE] += len(items) - whole
        if not whole:
            return []
        self._item_bytes = max(1.0, len(body) / whole)
        return [Payload(body, whole)]

    def _encoded_each(self, items: list[Any], dropped: Counter[str]) -> list[Payload]:
        """One request for each item."""
        made = []
        for item in items:
            try:
                body = self._encode(item if self._signal == "metrics" else [item])
            except _Foreign as error:
                self._say("encoded", error)
                dropped[UNENCODABLE] += 1
                continue
            if body:
                made.append(Payload(body, 1))
            else:
                dropped[EMPTY if self._signal == "metrics" else UNENCODABLE] += 1
        return made

    def _cut(self, payload: Payload) -> list[Payload]:
        if len(payload.body) <= self._request_bytes:
            return [payload]
        halves = payload.halves(self._signal)
        return [payload] if halves is None else [*self._cut(halves[0]), *self._cut(halves[1])]

    def _say(self, what: str, error: BaseException) -> None:
        shared.report(f"{what}.{self._signal}", f"one of the {self._signal} could not be {what} and was dropped", error)
