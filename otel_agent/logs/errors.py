"""
Error tracking: equal errors share a fingerprint with how often, since when, until when, and a trace to look at.

Two errors are equal when their type is and the innermost frame of the agent's own code is, by file and function. Line
numbers, messages and frames of libraries do not count: an order number in a message, a release of a library, or a comment
above the line makes no new error. Frames further out do not count either, because a traceback only reaches out to where it
is read: the same error would be another one in each of the spans that it passes through, and yet another in the log.

The tracker is an observer of delivery, `observers={"logs": [tracker.logs], "traces": [tracker.spans]}`, so it costs the
agent's threads nothing: it reads the stack's text, which is there already.

Source: the idea of grouping by type and in-application frames is Sentry's,
https://develop.sentry.dev/backend/application-domains/grouping/
"""

import re
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from otel_agent import primitives
from otel_agent.delivery.wire.values import shortened
from otel_agent.guard import guarded
from otel_agent.late_imports import late_module
from otel_agent.logs.formatting import timestamp

if TYPE_CHECKING:
    import hashlib  # brings OpenSSL, for agents that have errors
    import sysconfig
else:
    hashlib = late_module("hashlib")
    sysconfig = late_module("sysconfig")

__all__ = ["ErrorTracker", "fingerprint"]

MAX_ERRORS = 1000
"""Different errors remembered; the one not seen for longest gives way."""

MAX_MESSAGE_CHARS = 500
"""Characters of a message that are kept as an example."""

_MAX_STACK_CHARS = 1 << 16
_MAX_PROPAGATING = 4096
_HEADER = "Traceback (most recent call last):"
_FRAME = r'(?m)^[ |+-]*File "([^"\n]{1,1024}+)", line \d{1,9}+, in ([^\n]{1,256}+)'  # compiled with the first error
_INSTALLED = ("site-packages", "dist-packages")


@dataclass(slots=True)
class _TrackedError:
    """One kind of error and what is known of it."""

    type: str
    where: str
    """Innermost frame of the agent's, as `file:function`; "" when there was no stack."""
    message: str
    """Message of the last occurrence, redacted."""
    first_ns: int
    last_ns: int
    in_logs: int = 0
    in_spans: int = 0
    trace_id: int = 0
    """Trace of the last occurrence in one; 0 when there was none."""


class ErrorTracker:
    """
    Counts errors by fingerprint.

    Thread-safe: `_lock` guards everything; nothing is called while it is held.

    Args:
        redact: Takes secrets out of the messages that are kept.
        limit: Different errors remembered; at least 1.
    """

    def __init__(self, redact: Callable[[str], str], *, limit: int = MAX_ERRORS) -> None:
        self._redact = redact
        self._limit = limit
        self._lock = primitives.Lock()
        self._seen: OrderedDict[str, _TrackedError] = OrderedDict()
        self._propagating: OrderedDict[tuple[int, int, str], None] = OrderedDict()
        self._forgotten = 0

    def logs(self, items: Iterable[Any]) -> None:
        """
        Count the errors in log records. Never raises.

        Args:
            items: Entries of the bridge and the SDK's `ReadableLogRecord`s.
        """
        for item in items:
            # Nearly all records have no exception with them; a guard around each would cost more than looking at it.
            if getattr(item, "attributes", item) is None:
                continue
            with guarded("logs.errors", "an error in a log record could not be counted"):
                record = item if getattr(item, "place", None) is not None else item.log_record
                attributes = record.attributes
                if attributes and "exception.type" in attributes:
                    time_ns = getattr(record, "time_ns", None) or getattr(record, "timestamp", None) or 0
                    self._count(attributes, time_ns, record.trace_id or 0, span=None)

    def spans(self, items: Iterable[Any]) -> None:
        """
        Count the errors recorded on spans; one that passes through nested spans counts once. Never raises.

        Args:
            items: Spans of ours and foreign `ReadableSpan`s.
        """
        for span in items:
            extra = getattr(span, "extra", span)
            if extra is None:  # an ordinary span of ours, as nearly all are; see `logs`
                continue
            with guarded("logs.errors", "an error of a span could not be counted"):
                if extra.events:
                    self._events(span, extra.events)

    def _events(self, span: Any, events: Iterable[Any]) -> None:
        if hasattr(span, "site"):
            ids = (span.trace_id, span.span_id, span.parent_id)
        else:
            context, parent = span.get_span_context(), span.parent
            ids = (context.trace_id, context.span_id, parent.span_id if parent else 0)
        counted: set[str] = set()
        for event in events:
            if event.name == "exception" and event.attributes and "exception.type" in event.attributes:
                key = fingerprint(event.attributes)
                if key not in counted:
                    counted.add(key)
                    self._count(event.attributes, event.timestamp, ids[0], span=ids)

    def _count(
        self, attributes: Mapping[str, Any], time_ns: int, trace_id: int, span: tuple[int, int, int] | None
    ) -> None:
        key = fingerprint(attributes)
        message = self._redact(shortened(str(attributes.get("exception.message") or ""), MAX_MESSAGE_CHARS))
        with self._lock:
            if span is not None:
                came_from_child = self._propagating.pop((span[0], span[1], key), False) is None
                self._propagating[span[0], span[2], key] = None
                if len(self._propagating) > _MAX_PROPAGATING:
                    self._propagating.popitem(last=False)
                if came_from_child:
                    return
            seen = self._seen.get(key)
            if seen is None:
                seen = _TrackedError(str(attributes["exception.type"]), _where(attributes), message, time_ns, time_ns)
                self._seen[key] = seen
                if len(self._seen) > self._limit:
                    self._seen.popitem(last=False)
                    self._forgotten += 1
            self._seen.move_to_end(key)
            seen.message = message
            seen.first_ns, seen.last_ns = min(seen.first_ns, time_ns), max(seen.last_ns, time_ns)
            seen.trace_id = trace_id or seen.trace_id
            if span is None:
                seen.in_logs += 1
            else:
                seen.in_spans += 1

    def summary(self, most: int = 20) -> list[dict[str, Any]]:
        """
        The errors seen, the latest first.

        Args:
            most: Most errors returned.

        Returns:
            For each `fingerprint`, `type`, `where`, `message` (an example), `count`, `in_logs`, `in_spans`, `first_seen` and
            `last_seen` (RFC 3339), and `trace_id` (None when it never happened in a trace). An error that is logged and also
            recorded on a span is one error: `count` is the larger of the two.
        """
        with self._lock:
            latest = list(reversed(self._seen.items()))[:most]
            return [
                {
                    "fingerprint": key,
                    "type": seen.type,
                    "where": seen.where,
                    "message": seen.message,
                    "count": max(seen.in_logs, seen.in_spans),
                    "in_logs": seen.in_logs,
                    "in_spans": seen.in_spans,
                    "first_seen": timestamp(seen.first_ns),
                    "last_seen": timestamp(seen.last_ns),
                    "trace_id": f"{seen.trace_id:032x}" if seen.trace_id else None,
                }
                for key, seen in latest
            ]

    def counts(self) -> dict[str, int]:
        """How many different errors are remembered, and how many have given way to others."""
        with self._lock:
            return {"remembered": len(self._seen), "forgotten": self._forgotten}

    def reinit_after_fork(self) -> None:
        """Begin anew in a forked child."""
        self._lock = primitives.Lock()
        self._seen.clear()
        self._propagating.clear()
        self._forgotten = 0


def fingerprint(attributes: Mapping[str, Any]) -> str:
    """
    What equal errors have in common, as 16 hexadecimal digits.

    Args:
        attributes: `exception.type` and, where known, `exception.stacktrace` as Python prints it.
    """
    content = f"{attributes.get('exception.type')}\n{_where(attributes)}"
    return hashlib.blake2s(content.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()


def _where(attributes: Mapping[str, Any]) -> str:
    return _innermost(str(attributes.get("exception.stacktrace") or ""))


@lru_cache(maxsize=256)
def _innermost(stack: str) -> str:
    """The innermost frame of the agent in a stack; of a library when there is none of the agent; "" without any."""
    stack = stack[-_MAX_STACK_CHARS:]
    last = stack.rfind(_HEADER)  # of several, Python prints the one that was raised last at the end
    frames = re.findall(_FRAME, stack[max(last, 0) :])
    own = [frame for frame in frames if not _is_library(frame[0])] or frames
    return f"{_short(own[-1][0])}:{own[-1][1].strip()}" if own else ""


@lru_cache(maxsize=1024)
def _is_library(path: str) -> bool:
    if path.startswith(("<frozen", sysconfig.get_path("stdlib"))) or any(part in path for part in _INSTALLED):
        return True
    package = _own_package()
    return path.startswith(package) and not path.startswith(f"{package}demo/")


@lru_cache(maxsize=1)
def _own_package() -> str:
    """The directory of this package, found by the name that all of its modules share; its demo is an agent like any other."""
    return f"{next(iter(sys.modules[__name__.partition('.')[0]].__path__))}/"


def _short(path: str) -> str:
    """The last two parts of a path, without its ending: where a release is installed does not matter."""
    return "/".join(PurePath(path).with_suffix("").parts[-2:]) if path.endswith(".py") else path
