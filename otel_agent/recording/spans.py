"""
One light object a span.

`Span` is the SDK's `Span` to everybody who asks: a full `opentelemetry.trace.Span` while it is open, a `ReadableSpan` for
processors and exporters. Inside, it holds a site (see `sites`), six numbers and two slots that are empty until somebody sets an
attribute (`own`) or does something out of the ordinary (`extra`). What can be worked out from these is made when somebody asks.

Two classes keep the ordinary case quick. The child of a plain `Span` is another plain one with the same flags; one comparison of
classes tells a tracer that nothing has to be considered. Whatever is unusual about a span itself (a parent in another process, a
trace state, not sampled, muted exceptions) makes it a `RareSpan`.
"""

# ruff: noqa: D102, FBT001, FBT002 - what the interface of OpenTelemetry describes is not described again, and its signatures are kept

from collections.abc import Callable, Mapping
from logging import getLogger
from types import MappingProxyType, TracebackType
from typing import Any

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.context import Context
from opentelemetry.sdk import trace as sdk
from opentelemetry.trace import Link, SpanContext, Status, StatusCode, TraceFlags
from opentelemetry.util.types import Attributes, AttributeValue

from otel_agent import primitives
from otel_agent.clock import wall_ns
from otel_agent.guard import guarded, shared
from otel_agent.recording.failures import stack_of, text_of, type_name
from otel_agent.recording.readable import Readable
from otel_agent.recording.sites import PLAIN, Site

__all__ = ["HAS_IS_REMOTE", "IS_REMOTE", "SAMPLED", "RareSpan", "Span", "renew_lock"]

SAMPLED = 0x01
"""Flag without which a span is recorded but not sent."""
HAS_IS_REMOTE = 0x100
"""Flag that says `IS_REMOTE` means something. Source: opentelemetry/proto/trace/v1/trace.proto, `SpanFlags`"""
IS_REMOTE = 0x200
"""Flag of a span whose parent is in another process."""

_OK = StatusCode.OK.value
_logger = getLogger("opentelemetry.sdk.trace")
"""Misuse of the interface is said where the SDK says it."""

_attribute_lock = primitives.Lock()
"""Held while attributes are cleaned or make room for each other; never on the way of a plain value within the limits."""


def renew_lock() -> None:
    """Make the lock of attributes anew, in a forked child: a thread that stayed behind may have held it."""
    global _attribute_lock
    _attribute_lock = primitives.Lock()


class _Slots:
    """Where a span keeps what it holds. First among the bases, so that making a span is one step without Python code."""

    __slots__ = ("_known", "end_ns", "extra", "flags", "own", "parent_id", "site", "span_id", "start_ns", "trace_id")


class Span(_Slots, Readable):
    """A span; made by tracers and decorators, which fill its slots."""

    __slots__ = ()
    __new__ = object.__new__
    __init__ = object.__init__

    site: Site
    """Call site: holds all that the spans of one place share."""
    trace_id: int
    span_id: int
    parent_id: int
    """0 when there is none."""
    flags: int
    """The W3C flags in the lowest byte, `HAS_IS_REMOTE` and `IS_REMOTE` above it: as in the protocol."""
    start_ns: int
    end_ns: int | None
    """`None` while the span is open."""
    own: dict[str, Any] | None
    """Attributes beside the site's."""
    _known: SpanContext

    _record_exception = True
    _set_status_on_exception = True
    _record_end_metrics: Callable[[], None] | None = None

    def get_span_context(self) -> SpanContext:
        """Identity, to be handed to children and other processes."""
        try:
            return self._known
        except AttributeError:
            extra = self.extra
            self._known = known = SpanContext(
                self.trace_id,
                self.span_id,
                is_remote=False,
                trace_flags=TraceFlags(self.flags & 0xFF),
                trace_state=None if extra is None else extra.trace_state,
            )
            return known

    def is_recording(self) -> bool:
        """Whether the span is open."""
        return self.end_ns is None

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        """Set one attribute; see the interface."""
        site = self.site
        if self.end_ns is None and type(value) in site.plain and type(key) is str and key:
            own = self.own
            if own is None:
                if site.room:
                    self.own = {key: value}
                    return
            elif key not in own and len(own) < site.room:
                own[key] = value
                return
        if self.end_ns is not None:
            _logger.warning("Setting attribute on ended span.")
            return
        with guarded("recording.attributes", "an attribute of a span could not be set"):
            self._set_carefully({key: value}, one_by_one=True)

    def set_attributes(self, attributes: Mapping[str, AttributeValue]) -> None:
        """Set several attributes; see the interface."""
        if self.end_ns is not None:
            _logger.warning("Setting attribute on ended span.")
            return
        site = self.site
        if type(attributes) is dict and not self.own and len(attributes) <= site.room:
            plain = site.plain
            for key, value in attributes.items():
                if type(value) not in plain or type(key) is not str or not key:
                    break
            else:
                self.own = attributes.copy()
                return
        self._set_carefully(attributes)

    def _set_carefully(self, attributes: Mapping[str, Any], *, one_by_one: bool = False) -> None:
        limits = self.site.tracer.limits
        most = limits.max_span_attributes
        with guarded("recording.attributes", "attributes of a span could not be set"), _attribute_lock:
            clean = BoundedAttributes(
                0 if most == 0 else None,
                None if one_by_one else attributes,
                immutable=False,
                max_value_len=limits.max_span_attribute_length,
            )
            if one_by_one:
                clean.update(attributes)
            if clean.dropped:
                self.more().dropped_attributes += clean.dropped
            own = self.own
            if own is None:
                own = self.own = {}
            if most is not None and len(own) + len(clean) > self.site.room:
                own = self.every_own()
            for key, value in clean.items():
                if own.pop(key, clean) is clean and most is not None and len(own) >= self.site.room:
                    own.pop(next(iter(own)), None)
                    self.more().dropped_attributes += 1
                own[key] = value

    def add_event(self, name: str, attributes: Attributes = None, timestamp: int | None = None) -> None:
        """Add an event; see the interface."""
        try:
            self._add_event(sdk.Event(name, self._event_attributes(attributes), timestamp))
        except Exception as error:  # noqa: BLE001 - as `guarded`, which costs as much as the event
            shared.report("recording.events", "an event could not be added", error)

    def _event_attributes(self, attributes: Any) -> Mapping[str, Any]:
        limits = self.site.tracer.limits
        most = limits.max_event_attributes
        if (
            type(attributes) is dict
            and limits.max_attribute_length is None
            and (most is None or len(attributes) <= most)
        ):
            for key, value in attributes.items():
                if type(value) not in PLAIN or type(key) is not str or not key:
                    break
            else:
                return MappingProxyType(attributes.copy())
        return BoundedAttributes(most, attributes, max_value_len=limits.max_attribute_length, immutable=True)

    def _add_event(self, event: Any) -> None:
        if self.end_ns is not None:
            _logger.warning("Tried calling %s on an ended span.", "_add_event")
            return
        extra = self.more()
        if extra.events is None:
            extra.events = []
        extra.dropped_events += _append(extra.events, event, self.site.tracer.limits.max_events)

    def add_link(self, context: SpanContext, attributes: Attributes = None) -> None:
        """Add a link; see the interface."""
        if self.end_ns is not None:
            _logger.warning("Tried calling %s on an ended span.", "_add_link")
            return
        with guarded("recording.links", "a link could not be added"):
            target: Any = context
            if not target or not (context.is_valid or attributes or context.trace_state):
                return
            limits = self.site.tracer.limits
            bounded = BoundedAttributes(
                limits.max_link_attributes, attributes, max_value_len=limits.max_attribute_length, immutable=True
            )
            extra = self.more()
            if extra.links is None:
                extra.links = []
            extra.dropped_links += _append(extra.links, Link(context, bounded), limits.max_links)

    def update_name(self, name: str) -> None:
        """Give another name; see the interface."""
        if self.end_ns is not None:
            _logger.warning("Tried calling %s on an ended span.", "update_name")
            return
        self._name = name

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """Set the status, unless it is OK already; see the interface."""
        if self.end_ns is not None:
            _logger.warning("Tried calling %s on an ended span.", "set_status")
            return
        new: Any = Status(status, description) if isinstance(status, StatusCode) else status
        if not isinstance(new, Status):
            return
        if new.status_code is StatusCode.UNSET or (self.extra is not None and self.extra.status_code == _OK):
            return
        if new is status and description is not None:
            _logger.warning("Description %s ignored. Use either `Status` or `(StatusCode, Description)`", description)
        self._status = new

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """Record an exception as an event; see the interface. Survives exceptions that cannot be described."""
        described: dict[str, Any] = {
            "exception.type": type_name(exception),
            "exception.message": text_of(exception),
            "exception.stacktrace": stack_of(exception),
            "exception.escaped": str(escaped),
        }
        if attributes:
            described.update(attributes)
        self.add_event("exception", described, timestamp)

    def start(self, start_time: int | None = None, parent_context: Context | None = None) -> None:  # noqa: ARG002
        """Do nothing but say so: tracers start what they make."""
        _logger.warning("Calling start() on a started span.")

    def end(self, end_time: int | None = None) -> None:
        """End the span; later calls are ignored, with a line in the log."""
        # Between the question and the answer below nothing is called. The interpreter changes threads only at calls and
        # backward jumps, so two threads that end one span end it once.
        ended = end_time
        if ended is None:
            ended = wall_ns()
            if ended < self.start_ns:  # noqa: PLR1730 - half the price of `max`
                ended = self.start_ns
        if self.end_ns is not None:
            _logger.warning("Calling end() on an ended span.")
            return
        self.end_ns = ended
        self.site.tracer.finish(self)

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        """End the span; an exception that passes is recorded and makes the status an error."""
        if exc_val is not None and self.end_ns is None:
            if self._record_exception:
                self.record_exception(exc_val, escaped=True)
            if self._set_status_on_exception:
                self.set_status(Status(StatusCode.ERROR, f"{type(exc_val).__name__}: {text_of(exc_val)}"))
        self.end()

    def __repr__(self) -> str:
        return f"Span(name={self.name!r}, context={self.get_span_context()!r})"


class RareSpan(Span):
    """A span with something unusual about itself; its children are looked at one by one."""

    __slots__ = ("_parent_context", "_record_end_metrics", "_record_exception", "_set_status_on_exception")

    _parent_context: SpanContext | None

    @property
    def parent(self) -> SpanContext | None:
        return self._parent_context


def _append(items: list[Any], item: Any, most: int | None) -> int:
    """Add to a list of limited length; the oldest make room. Returns how many left."""
    items.append(item)
    dropped = 0
    while most is not None and len(items) > most:
        del items[0]
        dropped += 1
    return dropped
