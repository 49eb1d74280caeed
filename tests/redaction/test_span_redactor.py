"""Spans of ours and of others, whatever they hold."""

from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, TraceFlags, TraceState
from wire_shapes import VALUES, Extra, Light, Site, readable

from otel_agent.redaction.redactor import Redactor


def test_a_site_is_judged_once(redactor: Redactor) -> None:
    """Spans of one call site share what was found out about its name and static attributes."""
    site = Site(attributes={"password": "hunter2"})
    first, second = redactor.spans([Light(site=site), Light(site=site)])

    assert first.site is second.site
    assert {"password": "[redacted: password]"} == first.site.attributes
    assert site.attributes == {"password": "hunter2"}


def test_a_foreign_span_that_cannot_be_looked_at_loses_its_content(redactor: Redactor) -> None:
    """Ids and times are kept; name, attributes, events and status are not."""
    broken = SimpleNamespace(name="password=hunter2", events=3, links=(), start_time=1)
    (span,) = redactor.spans([broken])

    assert ("[redacted: error]", None, (), 1) == (span.name, span.attributes, span.events, span.start_time)


SPANS = st.builds(Light, own=st.dictionaries(st.text(), VALUES, max_size=4)) | readable(
    Resource({}), InstrumentationScope("x")
)


@settings(max_examples=40)
@given(st.lists(SPANS, max_size=3))
def test_any_span_is_survived(spans: list[Any]) -> None:
    """Whatever attributes hold, nothing is raised, and the same number of spans comes out."""
    assert len(spans) == len(Redactor().spans(spans))


def test_a_trace_state_with_a_secret_is_left_out(redactor: Redactor) -> None:
    """It travels in headers of others and cannot be rewritten; the rest of the span stays."""
    state = TraceState([("vendor", "sk-proj-Zq8vT1nYw4Rk7Lm2Xc5")])
    own, clean = redactor.spans(
        [Light(extra=Extra(trace_state=state)), Light(extra=Extra(trace_state=TraceState([("vendor", "1")])))]
    )
    context = SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(1), trace_state=state)
    (foreign,) = redactor.spans([ReadableSpan("x", context)])

    assert own.extra.trace_state is None
    assert clean.extra.trace_state is not None
    assert (1, 2, None) == (
        foreign.get_span_context().trace_id,
        foreign.get_span_context().span_id,
        foreign.get_span_context().trace_state,
    )
