"""
The reading side of a span: everything a `ReadableSpan` answers.

The answers are worked out from the site and the few slots of the span. The SDK's private names answer too, and take values where
processors out in the world set them: scrubbers replace `_attributes`, `_name` or `_status` of a span that has ended, and what
they did must reach the wire.
"""

# ruff: noqa: D102 - what the interface of OpenTelemetry describes is not described again

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from opentelemetry.sdk import trace as sdk
from opentelemetry.sdk.util.instrumentation import InstrumentationInfo, InstrumentationScope
from opentelemetry.trace import SpanContext, Status, StatusCode, TraceFlags

__all__ = ["Extra", "Readable"]

_UNSET = Status(StatusCode.UNSET)
_W3C = 0xFF


class Extra:
    """Rare parts of a span: events, links, status, trace state, and counts of what was dropped beyond the limits."""

    __slots__ = (
        "dropped_attributes",
        "dropped_events",
        "dropped_links",
        "events",
        "links",
        "status_code",
        "status_description",
        "trace_state",
    )

    def __init__(self, trace_state: Any = None) -> None:
        self.events: list[Any] | None = None
        self.links: list[Any] | None = None
        self.status_code = 0
        self.status_description: str | None = None
        self.trace_state = trace_state
        self.dropped_attributes = 0
        self.dropped_events = 0
        self.dropped_links = 0


class Readable(sdk.Span):
    """The properties of the SDK's `ReadableSpan`, answered from the slots of `Span`; has no slots of its own."""

    __slots__ = ()

    site: Any
    trace_id: int
    span_id: int
    parent_id: int
    flags: int
    start_ns: int
    end_ns: int | None
    own: dict[str, Any] | None
    extra: Extra | None

    @property
    def name(self) -> str:
        name: str = self.site.name
        return name

    @property
    def context(self) -> SpanContext:
        return self.get_span_context()

    @property
    def kind(self) -> Any:
        return self.site.kind

    @property
    def parent(self) -> SpanContext | None:
        if not self.parent_id:
            return None
        extra = self.extra
        return SpanContext(
            self.trace_id,
            self.parent_id,
            is_remote=False,
            trace_flags=TraceFlags(self.flags & _W3C),
            trace_state=None if extra is None else extra.trace_state,
        )

    @property
    def start_time(self) -> int | None:
        return self.start_ns

    @property
    def end_time(self) -> int | None:
        return self.end_ns

    @property
    def status(self) -> Status:
        extra = self.extra
        if extra is None or not extra.status_code:
            return _UNSET
        return Status(StatusCode(extra.status_code), extra.status_description)

    @property
    def attributes(self) -> Mapping[str, Any]:
        shared, own = self.site.attributes, self.own
        if shared is None:
            return MappingProxyType(own or {})
        return MappingProxyType({**shared, **own} if own else shared)

    @property
    def events(self) -> Sequence[Any]:
        extra = self.extra
        return () if extra is None or extra.events is None else tuple(extra.events)

    @property
    def links(self) -> Sequence[Any]:
        extra = self.extra
        return () if extra is None or extra.links is None else tuple(extra.links)

    @property
    def resource(self) -> Any:
        return self.site.resource

    @property
    def instrumentation_scope(self) -> InstrumentationScope:
        scope: InstrumentationScope = self.site.scope
        return scope

    @property
    def instrumentation_info(self) -> InstrumentationInfo:
        scope = self.instrumentation_scope
        return InstrumentationInfo(scope.name, scope.version or "", scope.schema_url)

    @property
    def dropped_attributes(self) -> int:
        return 0 if self.extra is None else self.extra.dropped_attributes

    @property
    def dropped_events(self) -> int:
        return 0 if self.extra is None else self.extra.dropped_events

    @property
    def dropped_links(self) -> int:
        return 0 if self.extra is None else self.extra.dropped_links

    def more(self) -> Extra:
        """The span's `Extra`, made when first asked for."""
        extra = self.extra
        if extra is None:
            extra = self.extra = Extra()
        return extra

    def every_own(self) -> dict[str, Any]:
        """
        The span's attributes with the site's among them, to be changed at will.

        The span moves to a site without attributes. Its own are set first: whoever encodes it at this moment may find the site's
        attributes twice, which the encoder unites, and never not at all.
        """
        own, site = self.own, self.site
        if site.attributes:
            own = self.own = {**site.attributes, **own} if own else dict(site.attributes)
            self.site = site.tracer.site(site.name, site.kind)
        elif own is None:
            own = self.own = {}
        return own

    # The SDK's private names.

    @property
    def _name(self) -> str:
        return self.name

    @_name.setter
    def _name(self, name: str) -> None:
        site = self.site
        if site.attributes:
            self.every_own()
        self.site = site.tracer.site(name, site.kind)

    @property
    def _attributes(self) -> dict[str, Any]:
        return self.every_own()

    @_attributes.setter
    def _attributes(self, attributes: Mapping[str, Any] | None) -> None:
        self.every_own()
        self.own = dict(attributes or {})

    @property
    def _status(self) -> Status:
        return self.status

    @_status.setter
    def _status(self, status: Status) -> None:
        extra = self.more()
        extra.status_code = status.status_code.value
        extra.status_description = status.description

    @property
    def _events(self) -> Sequence[Any]:
        return self.events

    @_events.setter
    def _events(self, events: Sequence[Any]) -> None:
        self.more().events = list(events)

    @property
    def _links(self) -> Sequence[Any]:
        return self.links

    @_links.setter
    def _links(self, links: Sequence[Any]) -> None:
        self.more().links = list(links)

    _context = property(lambda self: self.get_span_context())
    _parent = property(lambda self: self.parent)
    _kind = property(lambda self: self.site.kind)
    _start_time = property(lambda self: self.start_ns)
    _end_time = property(lambda self: self.end_ns)
    _resource = property(lambda self: self.site.resource)
    _instrumentation_scope = property(lambda self: self.site.scope)
    _instrumentation_info = property(lambda self: self.instrumentation_info)
    _limits = property(lambda self: self.site.tracer.limits)
    _sampler = property(lambda self: self.site.tracer.sampler)
    _span_processor = property(lambda self: self.site.tracer.span_processor)
    _trace_config = None
