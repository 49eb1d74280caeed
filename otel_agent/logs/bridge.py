"""
From Python's logging to the wire at a fraction of the SDK handler's cost.

    logging.Logger ──► BridgeHandler.handle: stamp the trace ids, copy what may change, append ──► sink
                                                      (sender thread) LogEntry.body, LogEntry.attributes ──► wire.encode_logs

On the calling thread a record costs one small object. A message is formatted there only when an argument could change
before the sender thread looks at it; numbers and texts are formatted by the sender. Nothing here raises: where stdlib's
handlers print "--- Logging error ---" and the SDK's handler raises into the caller, the record is kept with what is known.

What the sending itself logs is not taken in, or every export would cause another: see `FEEDBACK`.
"""

import logging
from collections.abc import Callable, Sequence
from threading import get_ident
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import Span

from otel_agent.delivery.wire.values import safe_text
from otel_agent.guard import shared
from otel_agent.logs.dispatch import quietly
from otel_agent.logs.messages import (
    ORDINARY_COUNT,
    exception_attributes,
    extras,
    formatted,
    message_and_arguments,
    printed_exception,
)
from otel_agent.recording.context import SPAN_KEY, current
from otel_agent.streams import writing

if TYPE_CHECKING:
    from otel_agent.recording.provider import Queue  # a formatter of the agent's own needs no tracer provider

__all__ = ["FEEDBACK", "BridgeHandler", "LogEntry", "severity_number"]

FEEDBACK = ("otel_agent", "opentelemetry", "urllib3", "grpc", "requests")
"""Loggers, with all below them, whose records never leave: they speak about the sending of telemetry."""

MAX_REMEMBERED_LOGGERS = 4096

_TEXTS = {"WARNING": "WARN", "CRITICAL": "FATAL"}


def severity_number(level: int) -> int:
    """
    OpenTelemetry's severity of a Python level.

    Args:
        level: A number as in `logging.LogRecord.levelno`; levels between two named ones become the steps between them.

    Returns:
        1 (TRACE) to 24 (FATAL4); 0 (unspecified) for NOTSET.

    Source: https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
    """
    if level < logging.DEBUG:
        return 1 if level > 0 else 0
    tens = min(level // 10, 5)
    return 4 * tens + 1 + min(level - 10 * tens, 3)


class LogEntry:
    """
    One log record on its way out, in as little memory as it takes.

    Threads that send or write it read `body` and `attributes`; redaction replaces them in a copy. Several may ask for `body`
    at the same time: `message` and `arguments` never change, and `text` becomes what each of them would make.
    """

    __slots__ = (
        "arguments",
        "attributes",
        "logger",
        "message",
        "place",
        "resource",
        "severity_number",
        "severity_text",
        "span_id",
        "text",
        "time_ns",
        "trace_flags",
        "trace_id",
    )

    resource: Any
    """The SDK's Resource."""
    logger: str
    """Name of the logger; the scope's name on the wire."""
    time_ns: int
    """Nanoseconds since 1970."""
    severity_number: int
    severity_text: str
    message: Any
    """A text, with its placeholders when `arguments` is not None; or a plain collection that was logged as the message."""
    arguments: tuple[Any, ...] | None
    text: Any
    """The message with its arguments; None before somebody asked for it."""
    attributes: dict[str, Any] | None
    """Extras and exception, without the `code.*` attributes, which stand in `place`."""
    place: tuple[str, int, str]
    """File, line and function that logged."""
    trace_id: int
    """0 outside a span."""
    span_id: int
    trace_flags: int

    @property
    def body(self) -> Any:
        """The message with its arguments; formatted when first asked for."""
        text = self.text
        if text is None:
            text = self.text = self.message if self.arguments is None else formatted(self.message, self.arguments)
        return text

    @body.setter
    def body(self, text: Any) -> None:
        self.text = text


class BridgeHandler(logging.Handler):
    """
    A handler that appends an `LogEntry` to a sink. Needs no lock: appending to a deque is atomic.

    It may be added to any logger; `dispatch.install_bridge` instead lets it see every logger without being anyone's handler.

    Args:
        sink: Takes entries that are exported; a full one counts what it drops. None exports nothing.
        resource: The SDK's Resource, sent with every entry.
        level: Records below it are not taken.
        outputs: Take entries too, those of `FEEDBACK` included: writing a file does not feed itself.
        is_echo: Whether a record says again what an output has written; None where none can come back.
    """

    def __init__(
        self,
        sink: "Queue | None",
        resource: Any,
        level: int = logging.NOTSET,
        outputs: "Sequence[Queue]" = (),
        is_echo: Callable[[logging.LogRecord], bool] | None = None,
    ) -> None:
        super().__init__(level)
        self._sink = sink
        self._outputs = tuple(outputs)
        self._resource = resource
        self._is_echo = is_echo
        self._wanted: dict[str, bool] = {}

    def createLock(self) -> None:  # noqa: N802 - logging's own name
        """Make no lock; nothing here needs one, and none is left locked in a forked child."""
        self.lock = None

    def renew(self, resource: Any) -> None:
        """
        Name another resource from now on, as a forked child does.

        Args:
            resource: The SDK's Resource.
        """
        self._resource = resource

    def handle(self, record: logging.LogRecord) -> bool:
        """Take a record unless a filter or `FEEDBACK` refuses it, or it is our own line that has come back. Never raises."""
        try:
            wanted = self._wanted.get(record.name)
            if wanted is None:
                wanted = self._decide(record.name)
            if (writing and get_ident() in writing) or (self._is_echo is not None and self._is_echo(record)):
                return True
            if (wanted or self._outputs) and (not self.filters or self.filter(record)):
                self._take(record, self._sink if wanted else None)
        except Exception as error:  # noqa: BLE001 - a mistake in a log call must not reach the agent
            shared.report("logs.bridge", "a log record could not be taken and was left out", error)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        """Append the record's entry to the sink and to the outputs."""
        self._take(record, self._sink)

    def entry(self, record: logging.LogRecord) -> LogEntry:
        """
        The entry of a record.

        Args:
            record: Its arguments and extras are copied where they could change.
        """
        entry = LogEntry()
        entry.resource = self._resource
        name, level = record.name, record.levelno
        entry.logger = name if name.__class__ is str else _name_text(name)
        entry.time_ns = int(record.created * 1e9)
        known = _severities.get(level)
        if known is None or known[2] != record.levelname:
            known = _severity(level, record.levelname)
        entry.severity_number, entry.severity_text, _ = known
        entry.place = (record.pathname, record.lineno, record.funcName)
        span = current().get(SPAN_KEY)
        if span is None or not isinstance(span, Span):
            entry.trace_id = entry.span_id = entry.trace_flags = 0
        else:
            context = span.get_span_context()
            entry.trace_id, entry.span_id, entry.trace_flags = context.trace_id, context.span_id, context.trace_flags
        entry.message, entry.arguments = message_and_arguments(record)
        entry.text = None
        values = record.__dict__
        is_extraordinary = len(values) > ORDINARY_COUNT or entry.message is not record.msg
        entry.attributes = extras(values) if is_extraordinary else None
        if record.exc_info or record.stack_info:
            entry.attributes = {**(entry.attributes or {}), **quietly(exception_attributes, record)}
        if (record.exc_text or "message" in values) and (
            entry.attributes is None or "exception.stacktrace" not in entry.attributes
        ):
            printed = quietly(printed_exception, values, entry.message)
            if printed is not None:
                entry.message, attributes = printed
                entry.attributes = {**(entry.attributes or {}), **attributes}
        return entry

    def _take(self, record: logging.LogRecord, sink: "Queue | None") -> None:
        entry = self.entry(record)
        if sink is not None:
            items = sink.items
            if len(items) < sink.limit:
                items.append(entry)
            else:
                sink.overflow(entry)
        if self._outputs:
            for output in self._outputs:
                if len(output.items) < output.limit:
                    output.items.append(entry)
                else:
                    output.overflow(entry)

    def _decide(self, name: str) -> bool:
        if len(self._wanted) >= MAX_REMEMBERED_LOGGERS:
            self._wanted.clear()
        text = name if name.__class__ is str else _name_text(name)
        wanted = self._sink is not None and not any(text == top or text.startswith(f"{top}.") for top in FEEDBACK)
        self._wanted[name] = wanted
        return wanted


_severities: dict[int, tuple[int, str, str]] = {}


def _severity(level: int, name: str) -> tuple[int, str, str]:
    known = (severity_number(level), _TEXTS.get(name, name), name)
    if len(_severities) < MAX_REMEMBERED_LOGGERS:
        _severities[level] = known
    return known


def _name_text(name: Any) -> str:
    """Name of a logger as a text; a record that was made without one has none."""
    return "" if name is None else quietly(safe_text, name)
