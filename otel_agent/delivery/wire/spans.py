"""
Spans to the bytes of an ExportTraceServiceRequest.

Three ways, from fast to careful. An ordinary span of ours is one packed structure prepared for its call site, which already
holds name, kind and static attributes, plus its own attributes, events and status. A span of ours with links, a trace state or
something dropped, any foreign `ReadableSpan`, and whatever the fast way stumbles over, is put together field by field, each
repaired on its own. A span that fails even there is left out and counted.

Source: opentelemetry/proto/trace/v1/trace.proto
"""

from collections.abc import Callable, Iterable
from struct import Struct
from types import MappingProxyType
from typing import Any

from otel_agent.delivery.wire.attributes import append_attributes, attributes_bytes
from otel_agent.delivery.wire.primitives import (
    SMALL,
    SMALL_VARINTS,
    count32,
    delimited,
    fixed64,
    identifier,
    text_field,
    varint,
)
from otel_agent.delivery.wire.resource_groups import (
    Envelope,
    ResourceGroups,
    left_out,
    resource_envelope,
    scope_envelope,
)
from otel_agent.delivery.wire.values import safe_text

__all__ = ["encode_spans"]

MAX_NAMES = 1024
"""Names of foreign spans, and of events, remembered before all are forgotten."""

MAX_NAME_CHARS = 128
"""Longer names are not remembered."""

_names: dict[tuple[str, Any], bytes] = {}
_event_names: dict[str, bytes] = {}

HAS_IS_REMOTE = 0x100
IS_REMOTE = 0x200
NO_STATUS = b"\x7a\x00"
FLAGS = b"\x85\x01"
_flags = Struct("<I").pack


class _Site:
    """What a call site's spans share, encoded; kept in the site's own slot."""

    __slots__ = ("before_status", "child", "child_size", "envelopes", "name", "root", "root_size", "static", "tail")

    def __init__(self, site: Any) -> None:
        self.envelopes: tuple[Envelope, Envelope] = (resource_envelope(site.resource), scope_envelope(site.scope))
        named = _name_and_kind(site.name, site.kind)
        self.static = site.attributes or {}
        self.before_status = attributes_bytes(self.static, 0x4A)
        self.tail = self.before_status + NO_STATUS + FLAGS
        self.name = named + b"\x39"
        self.root_size = 18 + 10 + len(named) + 18 + len(self.tail) + 4
        self.child_size = self.root_size + 10
        self.child = self._packer("16s2s8s2s8s", self.child_size)
        self.root = self._packer("16s2s8s", self.root_size)

    def _packer(self, ids: str, size: int) -> Any:
        head = b"\x12" + varint(size) + b"\x0a\x10"
        pack = Struct(f"<{len(head)}s{ids}{len(self.name)}sQsQ{len(self.tail)}sI").pack
        return (pack, head)


def encode_spans(spans: Iterable[Any]) -> bytes:  # noqa: C901, PLR0912, PLR0915 - the hot loop, kept in one frame
    """
    Encode a batch of spans.

    Args:
        spans: Spans of ours and foreign `ReadableSpan`s, mixed, of any resources and scopes.

    Returns:
        The bytes of an ExportTraceServiceRequest. Never raises; a span beyond repair is left out and counted by `guard`.
    """
    groups = ResourceGroups()
    last_site: Any = object()
    encoded: Any = None
    append: Any = None
    child: Any = None
    root: Any = None
    child_head = root_head = name = tail = b""
    traces: dict[int, bytes] = {}
    foreign: type | None = None
    for span in spans:
        if span.__class__ is foreign:
            _append_carefully(groups, span)
            continue
        try:
            site = span.site
            if site is not last_site:
                encoded = site.encoded
                if encoded is None:
                    encoded = site.encoded = _Site(site)
                append = groups.under(*encoded.envelopes).append
                (child, child_head), (root, root_head) = encoded.child, encoded.root
                name, tail = encoded.name, encoded.tail
                last_site = site
            own, more = span.own, None
            if span.extra is not None:
                more = _events_and_status(span.extra)
                if more is None:
                    append(_own(span, site))
                    continue
            if own and not encoded.static.keys().isdisjoint(own):
                append(_own(span, site))
                continue
            trace_id = span.trace_id
            trace = traces.get(trace_id)
            if trace is None:
                trace = traces[trace_id] = trace_id.to_bytes(16, "big")
            span_id = span.span_id.to_bytes(8, "big")
            parent_id = span.parent_id
            if not own and more is None:
                if parent_id:
                    append(
                        child(
                            child_head, trace, b"\x12\x08", span_id, b"\x22\x08", parent_id.to_bytes(8, "big"),
                            name, span.start_ns, b"\x41", span.end_ns, tail, span.flags,
                        )
                    )  # fmt: skip
                else:
                    append(
                        root(
                            root_head,
                            trace,
                            b"\x12\x08",
                            span_id,
                            name,
                            span.start_ns,
                            b"\x41",
                            span.end_ns,
                            tail,
                            span.flags,
                        )
                    )
                continue
            out = [b""]
            size = append_attributes(out, own.items(), 0x4A) if own else 0
            if more is None:
                out.append(tail)
            else:
                out += (encoded.before_status, more, FLAGS)
                size += len(more) - len(NO_STATUS)
            if parent_id:
                size += encoded.child_size
                ids = b"%b\x12\x08%b\x22\x08%b" % (trace, span_id, parent_id.to_bytes(8, "big"))
            else:
                size += encoded.root_size
                ids = b"%b\x12\x08%b" % (trace, span_id)
            out[0] = b"\x12%b\x0a\x10%b%b%b\x41%b" % (
                SMALL_VARINTS[size] if size < SMALL else varint(size),
                ids, name, span.start_ns.to_bytes(8, "little"), span.end_ns.to_bytes(8, "little"),
            )  # fmt: skip
            out.append(_flags(span.flags))
            append(b"".join(out))
        except Exception:  # noqa: BLE001 - whatever is odd about this span, the careful way repairs it
            last_site = object()
            if not hasattr(span, "site"):
                foreign = span.__class__
            _append_carefully(groups, span)
    return groups.request()


def _append_carefully(groups: ResourceGroups, span: Any) -> None:
    try:
        site = getattr(span, "site", None)
        if site is not None:
            groups.under(resource_envelope(site.resource), scope_envelope(site.scope)).append(_own(span, site))
        else:
            groups.under(resource_envelope(span.resource), scope_envelope(span.instrumentation_scope)).append(
                _readable(span)
            )
    except Exception as error:  # noqa: BLE001 - one bad span never costs its neighbours
        left_out("spans", error)


def _own(span: Any, site: Any) -> bytes:
    """A span of ours with something out of the ordinary."""
    extra = span.extra
    attributes = {**site.attributes, **span.own} if site.attributes and span.own else span.own or site.attributes
    if extra is None:
        more, status, trace_state = (None, None, 0, 0, 0), NO_STATUS, None
    else:
        more = (extra.events, extra.links, extra.dropped_attributes, extra.dropped_events, extra.dropped_links)
        status, trace_state = _status(extra.status_code, extra.status_description), extra.trace_state
    return _fields(
        (span.trace_id, span.span_id, span.parent_id, trace_state),
        _name_and_kind(site.name, site.kind),
        (span.start_ns, span.end_ns),
        attributes,
        more,
        status,
        count32(span.flags),
    )


def _readable(span: Any) -> bytes:
    """A span of any class that has what a `ReadableSpan` has."""
    context, parent, status = span.get_span_context(), span.parent, span.status
    return _fields(
        (context.trace_id, context.span_id, parent.span_id if parent else 0, context.trace_state),
        _name_and_kind(span.name, span.kind),
        (span.start_time, span.end_time),
        span.attributes,
        (span.events, span.links, span.dropped_attributes, span.dropped_events, span.dropped_links),
        b"" if status is None else _status(_enum_value(status.status_code), status.description),
        _remote_flags(parent),
    )


def _fields(ids: Any, named: bytes, times: Any, attributes: Any, more: Any, status: bytes, flags: int) -> bytes:
    trace_id, span_id, parent_id, trace_state = ids
    events, links, dropped_attributes, dropped_events, dropped_links = more
    parts = [
        b"\x0a\x10", identifier(trace_id, 16), b"\x12\x08", identifier(span_id, 8),
        _trace_state(trace_state) if trace_state else b"",
        b"\x22\x08" + identifier(parent_id, 8) if parent_id else b"",
        named, b"\x39", fixed64(times[0]), b"\x41", fixed64(times[1]),
        attributes_bytes(attributes, 0x4A),
        _count(b"\x50", dropped_attributes),
    ]  # fmt: skip
    if events:
        parts += _salvaged(_event, events)
    parts.append(_count(b"\x60", dropped_events))
    if links:
        parts += _salvaged(_link, links)
    parts += [_count(b"\x70", dropped_links), status, FLAGS, _flags(flags)]
    return delimited(b"\x12", b"".join(parts))


def _events_and_status(extra: Any) -> bytes | None:
    """What is out of the ordinary about a span of ours as fields, where that is events and a status alone; None where there is more."""
    if extra.links or extra.trace_state or extra.dropped_attributes or extra.dropped_events or extra.dropped_links:
        return None
    status = _status(extra.status_code, extra.status_description)
    return b"".join([*_salvaged(_event, extra.events), status]) if extra.events else status


def _salvaged(encode: Callable[[Any], bytes], items: Iterable[Any]) -> Iterable[bytes]:
    for item in items:
        try:
            yield encode(item)
        except Exception as error:  # noqa: BLE001 - one bad event or link never costs its span
            left_out("spans", error)


def _event(event: Any) -> bytes:
    name, attributes = event.name, event.attributes
    # What holds a plain mapping was within the limits; asking the SDK's event takes longer than all the rest.
    dropped = 0 if attributes.__class__ is MappingProxyType else getattr(event, "dropped_attributes", 0)
    try:
        time, named = event.timestamp.to_bytes(8, "little"), _event_names[name]
    except (AttributeError, KeyError, OverflowError, TypeError):
        time, named = fixed64(event.timestamp), _event_name(name)
    fields = attributes_bytes(attributes, 0x1A)
    return delimited(b"\x5a", b"\x09%b%b%b%b" % (time, named, fields, _count(b"\x20", dropped)))


def _event_name(name: Any) -> bytes:
    named = text_field(b"\x12", safe_text(name))
    if name.__class__ is str and len(name) <= MAX_NAME_CHARS:
        if len(_event_names) >= MAX_NAMES:
            _event_names.clear()
        _event_names[name] = named
    return named


def _link(link: Any) -> bytes:
    context = link.context
    body = (
        b"\x0a\x10"
        + identifier(context.trace_id, 16)
        + b"\x12\x08"
        + identifier(context.span_id, 8)
        + attributes_bytes(link.attributes, 0x22)
        + _count(b"\x28", getattr(link, "dropped_attributes", 0))
        + b"\x35"
        + _flags(_remote_flags(context))
    )
    return delimited(b"\x6a", body)


def _status(code: Any, description: Any) -> bytes:
    if not code and not description:
        return NO_STATUS
    body = text_field(b"\x12", safe_text(description)) if description else b""
    if code:
        body += b"\x18" + varint(count32(code))
    return delimited(b"\x7a", body)


def _trace_state(trace_state: Any) -> bytes:
    return text_field(b"\x1a", ",".join([f"{key}={value}" for key, value in trace_state.items()]))


def _name_and_kind(name: Any, kind: Any) -> bytes:
    if name.__class__ is not str:
        return _named(name, kind)
    known = _names.get((name, kind))
    if known is None:
        known = _named(name, kind)
        if len(_names) >= MAX_NAMES:
            _names.clear()
        if len(name) <= MAX_NAME_CHARS:
            _names[name, kind] = known
    return known


def _named(name: Any, kind: Any) -> bytes:
    return text_field(b"\x2a", safe_text(name)) + b"\x30" + varint(count32(_enum_value(kind)) + 1)


def _enum_value(member: Any) -> Any:
    return getattr(member, "value", member)


def _remote_flags(context: Any) -> int:
    return HAS_IS_REMOTE | IS_REMOTE if context and context.is_remote else HAS_IS_REMOTE


def _count(tag: bytes, number: Any) -> bytes:
    counted = count32(number) if number else 0
    return tag + varint(counted) if counted else b""
