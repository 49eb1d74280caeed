"""Spans that come into being only when they turn out to matter."""

import pickle
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.baggage import get_baggage, set_baggage
from opentelemetry.context import attach, detach, get_current

from otel_agent.guard import shared as guard
from otel_agent.instruments.automatic import pending_spans
from otel_agent.instruments.automatic.pending_spans import QUICK_FAILURES_PER_S, CallSite, PendingSpan

LONG_NS = 10**12
"""A minimum duration that no call of a test reaches."""


def end(call: PendingSpan, error: BaseException | None = None) -> bool:
    """End a call; whether it mattered."""
    call.leave()
    return call.finish(error)


def test_whoever_asks_too_late_gets_the_nearest_ancestor_that_is_real(rig: Any) -> None:
    """A task that outlived its creator is a child of what was recorded."""
    with rig.tracer.start_as_current_span("root") as root:
        outer = CallSite("outer", {}, LONG_NS, rig.tracer).begin()
        inner = CallSite("inner", {}, LONG_NS, rig.tracer).begin()
        assert [False, False] == [end(inner), end(outer)]

        assert root.get_span_context() == inner.get_span_context() == outer.get_span_context()
    assert not inner.is_recording()
    inner.set_attribute("late", True)
    assert ["root"] == rig.names()
    assert not rig.queue.items[0].attributes


def test_whatever_is_said_of_a_span_makes_it_real(rig: Any) -> None:
    """Attributes, events, links, a name and a status are on the span that leaves."""
    span = CallSite("quick", {"code.function.name": "desk.quick"}, LONG_NS, rig.tracer).begin()
    assert span is trace.get_current_span()
    span.set_attribute("symbol", "ACME")
    span.set_attributes({"size": 3})
    span.add_event("sized")
    span.add_link(trace.SpanContext(1, 2, is_remote=True))
    span.update_name("renamed")
    span.record_exception(LookupError("none"))
    span.set_status(trace.StatusCode.OK)
    span.end()
    assert span.is_recording()
    assert end(span)
    (found,) = rig.queue.items

    assert "renamed" == found.name
    assert {"code.function.name": "desk.quick", "symbol": "ACME", "size": 3} == dict(found.attributes)
    assert ["sized", "exception"] == [event.name for event in found.events]
    assert [1] == [link.context.trace_id for link in found.links]
    assert trace.StatusCode.OK is found.status.status_code
    assert trace.INVALID_SPAN is trace.get_current_span()


def test_a_quick_call_leaves_nothing(rig: Any) -> None:
    """And says that it did not matter."""
    assert not end(CallSite("quick", {}, LONG_NS, rig.tracer).begin())
    assert [] == rig.names()


def test_failures_without_end_do_not_flood(rig: Any) -> None:
    """A function whose exceptions are ordinary answers leaves some spans a second; each failure matters all the same."""
    site = CallSite("size", {}, LONG_NS, rig.tracer)
    mattered = [end(site.begin(), ValueError("too much")) for _ in range(2_000)]

    assert all(mattered)
    assert 0 < len(rig.names()) < 40 * QUICK_FAILURES_PER_S


def test_a_failure_of_ours_is_no_failure_of_the_call(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """When recording the end of a call fails, it is said, and nothing is raised."""

    def broken(*_: object) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr(pending_spans, "record_error", broken)
    before = guard.counts().get("instruments.end", 0)

    assert not end(CallSite("size", {}, 0, rig.tracer).begin(), ValueError("too much"))
    assert before + 1 == guard.counts()["instruments.end"]


def test_a_call_that_the_end_of_the_process_interrupts_leaves_a_span(rig: Any) -> None:
    """It is marked, ends then, and is not interrupted twice; a call that has ended is not interrupted at all."""
    span = CallSite("long", {}, LONG_NS, rig.tracer).begin()
    ended_ns = span.start_ns + 5

    assert [True, False] == [span.interrupt("interrupted", ended_ns), span.interrupt("interrupted", ended_ns)]
    assert not trace.get_current_span().get_span_context().is_valid
    end(span)
    (found,) = rig.queue.items
    assert (True, ended_ns) == (found.attributes["interrupted"], found.end_ns)
    ended = CallSite("ended", {}, LONG_NS, rig.tracer).begin()
    end(ended)
    assert not ended.interrupt("interrupted", ended_ns)
    assert ["long"] == rig.names()


def test_a_call_that_lasts_takes_in_no_children_for_ever(rig: Any) -> None:
    """A main loop is a call: what begins half a minute later belongs to what was current before."""
    call = CallSite("main", {}, LONG_NS, rig.tracer).begin()
    early = rig.tracer.start_span("early")
    call.start_ns -= pending_spans.ADOPTING_NS
    late = rig.tracer.start_span("late")
    end(call)

    assert early.parent is not None
    assert late.parent is None
    assert early.get_span_context().trace_id != late.get_span_context().trace_id


def test_a_span_stays_in_its_process(rig: Any) -> None:
    """It cannot be pickled along with what holds it."""
    with pytest.raises(TypeError, match="stays in its process"):
        pickle.dumps(PendingSpan(CallSite("quick", {}, 7, rig.tracer), get_current()))


def test_pauses_keep_what_the_body_attached(rig: Any) -> None:
    """Between steps the context is the caller's, with what the body has attached and without its span."""
    call = CallSite("steps", {}, LONG_NS, rig.tracer).begin()
    token = attach(set_baggage("who", "ana"))
    call.pause()
    between = get_baggage("who"), trace.get_current_span()
    call.resume()
    inside = get_baggage("who"), trace.get_current_span()
    detach(token)
    end(call)

    assert ("ana", trace.INVALID_SPAN) == between
    assert ("ana", call) == inside
    assert {} == get_current()
