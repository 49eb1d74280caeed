"""The same random program, recorded by the SDK and by us, leaves the same spans."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk import trace as sdk
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import sampling
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
)
from wire_shapes import SPAN_IDS, TEXTS, TRACE_IDS, VALUES

from otel_agent.recording import ids
from otel_agent.recording.provider import TracerProvider

RESOURCE = Resource({"service.name": "parity"})
KEYS = st.sampled_from(["a", "b", "c", "d", "", "e"])
ATTRIBUTES = st.dictionaries(KEYS, VALUES, max_size=5)
STATES = st.sampled_from([None, TraceState([("vendor", "1")]), TraceState([("a", "1"), ("b", "2")])])
CONTEXTS = st.builds(
    SpanContext,
    TRACE_IDS | st.just(0),
    SPAN_IDS,
    st.booleans(),
    st.sampled_from([TraceFlags(n) for n in range(4)]),
    STATES,
)
LINKS = st.tuples(CONTEXTS, st.none() | ATTRIBUTES)
STATUSES = st.one_of(
    st.builds(Status, st.sampled_from(list(StatusCode)), st.none() | TEXTS),
    st.sampled_from(list(StatusCode)),
)
STEPS = st.one_of(
    st.tuples(st.just("set_attribute"), KEYS, VALUES),
    st.tuples(st.just("set_attributes"), ATTRIBUTES),
    st.tuples(st.just("add_event"), TEXTS, st.none() | ATTRIBUTES, st.integers(1, 1 << 60)),
    st.tuples(st.just("add_link"), CONTEXTS, st.none() | ATTRIBUTES),
    st.tuples(st.just("update_name"), TEXTS),
    st.tuples(st.just("set_status"), STATUSES, st.none() | TEXTS),
    st.tuples(
        st.just("record_exception"),
        st.sampled_from([ValueError("bad"), KeyError(1), OSError()]),
        st.none() | ATTRIBUTES,
    ),
    st.tuples(st.just("end"), st.integers(1, 1 << 60)),
)
LIMITS = st.sampled_from(
    [{}, {"max_attributes": 2}, {"max_span_attributes": 3, "max_attribute_length": 4}, {"max_events": 1, "max_links": 1},
     {"max_event_attributes": 1, "max_link_attributes": 0}, {"max_span_attributes": 0}, {"max_events": 0}]
)  # fmt: skip
SPANS = st.fixed_dictionaries(
    {
        "name": TEXTS,
        "kind": st.sampled_from(list(SpanKind)),
        "attributes": st.none() | ATTRIBUTES,
        "links": st.lists(LINKS, max_size=2),
        "start_time": st.integers(1, 1 << 60),
        "how": st.sampled_from(["block", "plain", "with span", "remote"]),
        "parent": CONTEXTS,
        "records": st.tuples(st.booleans(), st.booleans()),
        "steps": st.lists(STEPS, max_size=4),
        "raises": st.none() | st.sampled_from([ValueError("boom"), KeyboardInterrupt(), StopIteration(3)]),
    }
)
PROGRAMS = st.recursive(
    SPANS.map(lambda span: {**span, "children": []}),
    lambda inner: st.builds(lambda span, children: {**span, "children": children}, SPANS, st.lists(inner, max_size=3)),
    max_leaves=6,
)


@pytest.fixture(autouse=True, scope="module")
def in_silence() -> Iterator[None]:
    """Both say a great deal about odd values."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


class Numbered(IdGenerator):
    """Ids by order, so that two recordings can be compared."""

    def __init__(self) -> None:
        self.last = 0

    def generate_span_id(self) -> int:
        self.last += 1
        return self.last

    def generate_trace_id(self) -> int:
        self.last += 1
        return (1 << 100) + self.last


def run(tracer: Any, program: dict[str, Any]) -> None:
    """Do what a program says."""
    context = None
    if program["how"] == "remote":
        context = trace.set_span_in_context(NonRecordingSpan(program["parent"]), Context())
    options = {
        "context": context, "kind": program["kind"], "attributes": program["attributes"], "links": [Link(*link) for link in program["links"]],
        "start_time": program["start_time"], "record_exception": program["records"][0],
        "set_status_on_exception": program["records"][1],
    }  # fmt: skip
    try:
        if program["how"] in ("block", "remote"):
            with tracer.start_as_current_span(program["name"], **options) as span:
                body(tracer, span, program)
        else:
            span = tracer.start_span(program["name"], **options)
            with span if program["how"] == "with span" else trace.use_span(span, end_on_exit=True):
                body(tracer, span, program)
    except (ValueError, KeyboardInterrupt, StopIteration, RuntimeError):
        pass


def body(tracer: Any, span: Any, program: dict[str, Any]) -> None:
    """The inside of a span."""
    for name, *arguments in program["steps"]:
        getattr(span, name)(*arguments)
    for child in program["children"]:
        run(tracer, child)
    if program["raises"] is not None:
        raise program["raises"]


def plain(spans: Sequence[Any]) -> list[dict[str, Any]]:
    """Spans as values."""
    return [
        {
            "name": span.name,
            "kind": span.kind,
            "context": span.context,
            "parent": span.parent,
            "start": span.start_time,
            "attributes": list(span.attributes.items()),
            "events": [
                (event.name, without_stack(event.attributes), getattr(event, "dropped_attributes", 0))
                for event in span.events
            ],
            "links": [(link.context, dict(link.attributes), link.dropped_attributes) for link in span.links],
            "status": (span.status.status_code, span.status.description),
            "dropped": (span.dropped_attributes, span.dropped_events, span.dropped_links),
            "resource": span.resource,
            "scope": span.instrumentation_scope,
        }
        for span in spans
    ]


def without_stack(attributes: Any) -> dict[str, Any]:
    """Attributes of an event but for the lines of a traceback, which differ by where it was raised."""
    return {key: value for key, value in (attributes or {}).items() if key != "exception.stacktrace"}


def recorded(make: Callable[[], Any], program: dict[str, Any]) -> list[dict[str, Any]]:
    """What the SDK's way of exporting sees of a program."""
    kept = InMemorySpanExporter()
    provider = make()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    run(provider.get_tracer("parity", "1", "https://schema"), program)
    return plain(kept.get_finished_spans())


def both(program: dict[str, Any], limits: dict[str, int], sampler: Any) -> tuple[Any, Any]:
    """A program recorded by the SDK and by us, through a processor."""

    def options() -> dict[str, Any]:
        return {
            "sampler": sampler,
            "resource": RESOURCE,
            "shutdown_on_exit": False,
            "id_generator": Numbered(),
            "span_limits": sdk.SpanLimits(**limits),
        }

    return (
        recorded(lambda: sdk.TracerProvider(**options()), program),
        recorded(lambda: TracerProvider(**options()), program),
    )


@settings(deadline=None, max_examples=100)
@given(PROGRAMS, LIMITS)
def test_a_program_leaves_the_same_spans(program: dict[str, Any], limits: dict[str, int]) -> None:
    """Attributes, events, links, status, exceptions, limits, parents and trace states are the SDK's."""
    theirs, ours = both(program, limits, sampling.DEFAULT_ON)

    assert theirs == ours


@settings(deadline=None, max_examples=50)
@given(
    PROGRAMS,
    st.sampled_from(
        [sampling.ALWAYS_ON, sampling.ALWAYS_OFF, sampling.TraceIdRatioBased(0.5), sampling.ParentBasedTraceIdRatio(0.5),
         sampling.AlwaysRecordSampler(sampling.DEFAULT_OFF),
         sampling.ParentBased(sampling.ALWAYS_ON, local_parent_sampled=sampling.ALWAYS_OFF)]
    ),
)  # fmt: skip
def test_samplers_decide_the_same(program: dict[str, Any], sampler: Any) -> None:
    """Whatever the sampler, the same spans are recorded with the same flags."""
    theirs, ours = both(program, {}, sampler)

    assert theirs == ours


@settings(deadline=None, max_examples=100)
@given(PROGRAMS, LIMITS)
def test_the_quick_way_leaves_the_same_spans(program: dict[str, Any], limits: dict[str, int]) -> None:
    """Without a processor, when spans go straight to the queue, they are what they are with one."""
    queue = SimpleNamespace(items=deque(), limit=1 << 20, overflow=None)
    provider = TracerProvider(
        resource=RESOURCE, shutdown_on_exit=False, span_limits=sdk.SpanLimits(**limits), queue=queue
    )
    tracer = provider.get_tracer("parity", "1", "https://schema")
    run(tracer, program)
    theirs, _ = both(program, limits, sampling.DEFAULT_ON)
    found = plain(list(queue.items))
    numbers = {0: 0}
    for one, other in zip(theirs, found, strict=True):
        for key in ("context", "parent"):
            expected, value = one.pop(key), other.pop(key)
            assert (expected is None) == (value is None)
            if expected is None:
                continue
            assert expected.is_remote == value.is_remote
            assert expected.trace_state == value.trace_state
            assert expected.trace_flags.sampled == value.trace_flags.sampled
            assert expected.span_id == numbers.setdefault(value.span_id, expected.span_id)
            assert expected.trace_id == numbers.setdefault(value.trace_id, expected.trace_id)

    assert theirs == found
    assert type(provider.id_generator) is ids.RandomIds


def test_values_that_cannot_be_attributes_are_treated_alike() -> None:
    """An object becomes its text in both, and one that cannot be asked for it stops nobody."""
    program = {
        "name": "odd", "kind": SpanKind.INTERNAL, "attributes": {"object": object(), "set": {1}}, "links": [],
        "start_time": 1, "how": "block", "parent": None, "records": (True, True), "raises": None, "children": [],
        "steps": [("set_attribute", "type", int), ("set_attribute", 5, 1), ("set_attributes", {"nested": {"a": [1, {2}]}})],
    }  # fmt: skip
    theirs, ours = both(program, {}, sampling.DEFAULT_ON)

    assert theirs == ours
