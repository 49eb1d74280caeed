"""
From items to export requests: redact, encode, cut to size. Who gives the items, sees them and counts them is the intake's business.

What is wrong with an item costs that item and no other. A batch that fails as a whole is gone through one by one: an item
that cannot be redacted is dropped, because it must not leave unredacted, and so is one that no repair brings onto the wire.
Foreign code runs here, `__str__` of whatever was put into telemetry, so even `SystemExit` is an item's failure.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from otel_agent.delivery.accounting import REDACTION, UNENCODABLE
from otel_agent.delivery.clock_jumps import ClockJumps
from otel_agent.delivery.payloads import Payload, count_records
from otel_agent.delivery.wire import encode_logs, encode_metrics, encode_spans
from otel_agent.guard import shared

__all__ = ["EMPTY", "Redact", "RequestEncoder"]

EMPTY = ""
"""Instead of a reason: a collection of metrics without a single point, of which there is nothing to send."""

Redact = Callable[[str, list[Any]], Sequence[Any]]
"""Signal and items in, items that may leave out."""

_Foreign = (Exception, SystemExit)
_ENCODERS: dict[str, Callable[[Any], bytes]] = {"traces": encode_spans, "logs": encode_logs, "metrics": encode_metrics}


class RequestEncoder:
    """
    Makes requests of one signal's items; holds no item and no lock.

    Args:
        signal: "traces", "metrics" or "logs".
        redact: Decides what may leave; `None`: everything.
        request_bytes: Larger requests are cut in halves, in bytes.
    """

    def __init__(self, signal: str, redact: Redact | None, request_bytes: int) -> None:
        self._signal = signal
        self._redact = redact
        self._request_bytes = request_bytes
        self._encode = _ENCODERS[signal]
        self._kind = f"wire.{'spans' if signal == 'traces' else signal}"
        self._item_bytes = 1.0
        self._clock_jumps = ClockJumps() if signal == "traces" else None

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
        dropped: Counter[str] = Counter()
        return self.encoded(self.redacted(items, dropped), dropped), dropped

    def redacted(self, items: list[Any], dropped: Counter[str]) -> list[Any]:
        """
        Items as they may leave.

        Args:
            items: Spans, log records, or collections of metrics.
            dropped: Grows by those that cannot be redacted.
        """
        if self._clock_jumps is not None:
            self._clock_jumps.clamp(items)
        if self._redact is None or not items:
            return items
        try:
            safe = list(self._redact(self._signal, items))
        except _Foreign:  # one item is to blame, and is found by looking at each
            safe = self._redact_each(items)
        dropped[REDACTION] += len(items) - len(safe)
        return safe

    def encoded(self, items: list[Any], dropped: Counter[str]) -> list[Payload]:
        """
        Requests that hold all items but those that cannot be encoded.

        Args:
            items: As `redacted` returned them.
            dropped: Grows by those that are in none of the requests.
        """
        return [each for payload in self._encoded(items, dropped) for each in self._cut(payload)]

    def record(self, item: Any) -> tuple[bytes, str]:
        """
        A request of one item, for the journal.

        Args:
            item: A span or a log record.

        Returns:
            The bytes of the request; empty, with the reason, when the item cannot leave.
        """
        if self._clock_jumps is not None:
            self._clock_jumps.clamp((item,))
        safe = [item] if self._redact is None else self._redact_each([item])
        if not safe:
            return b"", REDACTION
        try:
            return self._encode(safe), UNENCODABLE
        except _Foreign as error:
            self._report("encoded", error)
            return b"", UNENCODABLE

    def _redact_each(self, items: list[Any]) -> list[Any]:
        safe: list[Any] = []
        for item in items:
            try:
                safe += self._redact(self._signal, [item]) if self._redact else [item]
            except _Foreign as error:
                self._report("redacted", error)
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
                self._report("encoded", error)
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

    def _report(self, what: str, error: BaseException) -> None:
        shared.report(f"{what}.{self._signal}", f"one of the {self._signal} could not be {what} and was dropped", error)
