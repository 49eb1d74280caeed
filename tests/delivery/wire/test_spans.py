"""Our span bytes decode to the official encoder's message."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans as official
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode
from wire_shapes import (
    ATTRIBUTES,
    DROPPED,
    EVENTS,
    KEYS,
    LINKS,
    MOMENTS,
    SPAN_IDS,
    TEXTS,
    TRACE_IDS,
    TRACE_STATES,
    VALUES,
    Extra,
    Light,
    Refuses,
    Site,
    a_list,
    bounded,
    readable,
    several,
    spans_of,
)

from otel_agent.delivery.wire import encode_spans

decode = ExportTraceServiceRequest.FromString

SITES = st.builds(
    Site,
    name=TEXTS,
    kind=st.sampled_from(list(SpanKind)),
    scope=st.builds(InstrumentationScope, TEXTS, TEXTS, TEXTS, ATTRIBUTES),
    resource=st.builds(Resource, ATTRIBUTES, TEXTS),
    attributes=st.none() | ATTRIBUTES,
)
EXTRAS = st.builds(
    Extra,
    events=st.none() | st.lists(EVENTS, max_size=3),
    links=st.none() | st.lists(LINKS, max_size=3),
    status_code=st.sampled_from([0, 1, 2]),
    status_description=st.none() | TEXTS,
    trace_state=st.none() | TRACE_STATES,
    dropped_attributes=DROPPED,
    dropped_events=DROPPED,
    dropped_links=DROPPED,
)


def light(site: Site) -> st.SearchStrategy[Light]:
    """Any span the recorder could hand over, of one call site."""
    return st.builds(
        Light,
        site=st.just(site),
        trace_id=TRACE_IDS,
        span_id=SPAN_IDS,
        parent_id=st.just(0) | SPAN_IDS,
        flags=st.sampled_from([0x101, 0x301, 0x100, 0x103]),
        start_ns=MOMENTS,
        end_ns=MOMENTS,
        own=st.none() | ATTRIBUTES | st.dictionaries(st.sampled_from(["a", "b"]) | KEYS, VALUES, max_size=5),
        extra=st.none() | EXTRAS,
    )


def batches() -> st.SearchStrategy[list[Light]]:
    """Spans of up to three call sites, mixed."""
    return st.lists(SITES, min_size=1, max_size=3).flatmap(
        lambda sites: st.lists(st.sampled_from(sites).flatmap(light), max_size=6)
    )


def as_readable(span: Light) -> ReadableSpan:
    """The SDK's span that says the same as ours."""
    extra = span.extra or Extra()
    status = Status(StatusCode(extra.status_code))
    status._description = extra.status_description
    parent = SpanContext(span.trace_id, span.parent_id, is_remote=bool(span.flags & 0x200)) if span.parent_id else None
    attributes = {**(span.site.attributes or {}), **(span.own or {})}
    return ReadableSpan(
        name=span.site.name,
        context=SpanContext(span.trace_id, span.span_id, False, TraceFlags(span.flags & 1), extra.trace_state),
        parent=parent,
        resource=span.site.resource,
        attributes=bounded(attributes, extra.dropped_attributes),
        events=a_list(extra.events or [], extra.dropped_events),
        links=a_list(extra.links or [], extra.dropped_links),
        kind=span.site.kind,
        status=status,
        start_time=span.start_ns,
        end_time=span.end_ns,
        instrumentation_scope=span.site.scope,
    )


def normal(request: ExportTraceServiceRequest, *, flags: bool = True) -> ExportTraceServiceRequest:
    """The same request with attributes in the order of their keys, and without flags where asked."""
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                span.attributes.sort(key=lambda pair: pair.key)
                if not flags:
                    span.flags = 0
    return request


@settings(max_examples=150, deadline=None)
@given(several(readable))
def test_sdk_spans_decode_to_the_official_message(spans: list[ReadableSpan]) -> None:
    """Whatever the SDK can hand over, of any resources and scopes, arrives exactly as its own encoder would send it."""
    assert official(spans) == decode(encode_spans(spans))


@settings(max_examples=200, deadline=None)
@given(batches())
def test_our_spans_decode_to_the_official_message(spans: list[Light]) -> None:
    """Our light spans arrive as the same spans of the SDK would; flags, which the SDK writes without trace flags, apart."""
    theirs = normal(official([as_readable(span) for span in spans]), flags=False)
    ours = normal(decode(encode_spans(spans)), flags=False)

    assert theirs == ours


@settings(max_examples=50, deadline=None)
@given(batches())
def test_flags_arrive_as_recorded(spans: list[Light]) -> None:
    """Trace flags and the remote bits of a span's context are sent untouched."""
    request = decode(encode_spans(spans))
    sent = sorted(
        span.flags for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans
    )

    assert sorted(span.flags for span in spans) == sent


def test_a_batch_mixes_ours_and_foreign_spans_of_one_origin() -> None:
    """Spans of both kinds stand in one group when resource and scope are equal."""
    ours = Light()
    request = decode(encode_spans([ours, as_readable(ours), Light()]))

    assert [3] == [len(scope.spans) for resource in request.resource_spans for scope in resource.scope_spans]


def test_equal_resources_of_different_objects_are_one_group() -> None:
    """Grouping goes by what a resource says, not by which object says it."""
    request = decode(encode_spans([Light(), Light()]))

    assert 1 == len(request.resource_spans)


def test_nothing_encodes_to_nothing() -> None:
    """An empty batch is an empty request."""
    assert b"" == encode_spans([])


def test_own_attributes_win_over_static_ones() -> None:
    """A value set on the span replaces the call site's, and no key is sent twice."""
    site = Site(attributes={"symbol": "static", "fixed": 1})
    request = decode(encode_spans([Light(site=site, own={"symbol": "own"})]))
    sent = [(pair.key, pair.value) for pair in request.resource_spans[0].scope_spans[0].spans[0].attributes]

    assert ["symbol", "fixed"] == [key for key, _ in sent]
    assert "own" == sent[0][1].string_value


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 123, 124, 127, 128, 129, 16383, 16384, 70_000])
def test_lengths_are_right_at_every_border(size: int) -> None:
    """Where a length takes one more byte, keys and values still decode."""
    cases: list[dict[str, Any]] = [
        {"k": "v" * size},
        {"k" * max(size, 1): 7},
        {"k" * max(size, 1): 1.5, "x": True},
        {"k" * max(size, 1): "v", "n": -1, "i": size, "big": 1 << 62},
    ]
    spans = [Light(own=own) for own in cases] * 2

    assert normal(official([as_readable(span) for span in spans]), flags=False) == normal(
        decode(encode_spans(spans)), flags=False
    )


@pytest.mark.parametrize(
    "span",
    [
        Light(site=Site(name="a\udcff")),
        Light(site=Site(name=7)),
        Light(site=Site(name=Refuses())),
        Light(site=Site(name=None)),
        Light(site=Site(kind="server")),
        Light(site=Site(attributes={"a\udcff": "b\udcff"})),
        Light(start_ns=-5, end_ns=None),
        Light(start_ns=1.5, end_ns=float("nan")),
        Light(start_ns=1 << 70, end_ns="soon"),
        Light(trace_id=1 << 200, span_id="x"),
        Light(own={7: "x"}),  # type: ignore[dict-item]
        Light(own={"k\udcff": "v\udcff", "": 1}),
        Light(extra=Extra(status_code=2, status_description="\udcff")),
        Light(extra=Extra(status_code=2, status_description=Refuses())),
        Light(extra=Extra(events=[Event("e\udcff", {"k": "\udcff"}), "no event"])),
        Light(extra=Extra(links=[None])),
        Light(extra=Extra(dropped_attributes=-1, dropped_events=1 << 40)),
    ],
    ids=map(str, range(17)),
)
def test_poisoned_spans_are_repaired(span: Light) -> None:
    """Wrong types, surrogates and moments out of range arrive repaired, between unharmed neighbours."""
    sent = spans_of(encode_spans([Light(), span, Light()]))

    assert 3 == len(sent)
