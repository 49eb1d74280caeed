"""Spans as our recorder leaves them and as the SDK does, from one description; and hypothesis' ways to make descriptions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util import BoundedList
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags, TraceState
from opentelemetry.trace.status import Status, StatusCode


@dataclass
class Site:
    """A call site: what all its spans share."""

    name: Any = "decide"
    kind: Any = SpanKind.INTERNAL
    scope: InstrumentationScope = field(default_factory=lambda: InstrumentationScope("tests"))
    resource: Resource = field(default_factory=lambda: Resource({"service.name": "trader"}))
    attributes: dict[str, Any] | None = None
    encoded: Any = None


@dataclass
class Extra:
    """What an ordinary span has not."""

    events: Any = None
    links: Any = None
    status_code: int = 0
    status_description: Any = None
    trace_state: Any = None
    dropped_attributes: int = 0
    dropped_events: int = 0
    dropped_links: int = 0


@dataclass
class Light:
    """A span in the shape the recorder hands to the encoder."""

    site: Site = field(default_factory=Site)
    trace_id: Any = 0x1234
    span_id: Any = 0x56
    parent_id: int = 0
    flags: int = 0x101
    start_ns: Any = 1_000
    end_ns: Any = 2_000
    own: dict[str, Any] | None = None
    extra: Extra | None = None


class Refuses:
    """A value whose `str()` raises."""

    def __str__(self) -> str:
        raise ValueError("no")

    __repr__ = __str__


def spans_of(payload: bytes) -> list[Any]:
    """The spans of a request."""
    request = ExportTraceServiceRequest.FromString(payload)
    return [span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=130)
INTS = st.integers(-(1 << 63), (1 << 63) - 1)
FLOATS = st.floats(allow_nan=False)
SCALARS = st.one_of(
    TEXTS, st.booleans(), INTS, FLOATS, st.binary(max_size=200), st.text("añ", min_size=100, max_size=300)
)
NESTED = st.recursive(
    st.one_of(SCALARS, st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=4).map(tuple), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)
VALUES = st.one_of(SCALARS, NESTED)
ATTRIBUTES = st.dictionaries(KEYS, VALUES, max_size=6)
MOMENTS = st.integers(0, (1 << 64) - 1)
SPAN_IDS = st.integers(1, (1 << 64) - 1)
TRACE_IDS = st.integers(1, (1 << 128) - 1)
TRACE_STATES = st.sampled_from([TraceState(), TraceState([("vendor", "a:1")]), TraceState([("a", "1"), ("b", "2")])])
RESOURCES = st.builds(Resource, ATTRIBUTES, st.sampled_from(["", "https://opentelemetry.io/schemas/1.37.0"]))
SCOPES = st.builds(InstrumentationScope, TEXTS, st.none() | TEXTS, st.none() | TEXTS, st.none() | ATTRIBUTES)
CONTEXTS = st.builds(
    SpanContext, TRACE_IDS, SPAN_IDS, st.booleans(), st.sampled_from([TraceFlags(0), TraceFlags(1)]), TRACE_STATES
)
DROPPED = st.integers(0, 5)


def bounded(attributes: Mapping[str, Any] | None, dropped: int) -> BoundedAttributes:
    """Attributes that say some were dropped."""
    made = BoundedAttributes(attributes=dict(attributes or {}), immutable=True, extended_attributes=True)
    made.dropped = dropped
    return made


def a_list(items: list[Any], dropped: int) -> BoundedList[Any]:
    """A list that says some were dropped."""
    made: BoundedList[Any] = BoundedList.from_seq(max(len(items), 1), items)
    made.dropped = dropped
    return made


EVENTS = st.builds(Event, TEXTS, st.builds(bounded, ATTRIBUTES, DROPPED), MOMENTS)
LINKS = st.builds(Link, CONTEXTS, st.builds(bounded, ATTRIBUTES, DROPPED))
STATUSES = st.one_of(
    st.just(Status(StatusCode.UNSET)),
    st.just(Status(StatusCode.OK)),
    st.builds(lambda text: Status(StatusCode.ERROR, text), TEXTS | st.none()),
)


def readable(resource: Resource, scope: InstrumentationScope) -> st.SearchStrategy[ReadableSpan]:
    """Any span the SDK could hand to an exporter, of one origin."""
    return st.builds(
        ReadableSpan,
        name=TEXTS,
        context=CONTEXTS,
        parent=st.none() | CONTEXTS,
        resource=st.just(resource),
        attributes=st.builds(bounded, ATTRIBUTES, DROPPED),
        events=st.builds(a_list, st.lists(EVENTS, max_size=3), DROPPED),
        links=st.builds(a_list, st.lists(LINKS, max_size=3), DROPPED),
        kind=st.sampled_from(list(SpanKind)),
        status=STATUSES,
        start_time=MOMENTS,
        end_time=MOMENTS,
        instrumentation_scope=st.just(scope),
    )


def several(
    made_of: Callable[[Resource, InstrumentationScope], st.SearchStrategy[Any]], most: int = 6
) -> st.SearchStrategy[list[Any]]:
    """A batch of at most `most` things of up to three resources and scopes, mixed."""
    origins = st.lists(st.tuples(RESOURCES, SCOPES), min_size=1, max_size=3)
    return origins.flatmap(
        lambda pairs: st.lists(st.sampled_from(pairs).flatmap(lambda pair: made_of(*pair)), max_size=most)
    )
