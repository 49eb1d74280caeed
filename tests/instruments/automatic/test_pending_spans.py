"""Spans that come into being only when they turn out to matter."""

import pickle
import sys
from types import ModuleType
from typing import Any

import pytest
from opentelemetry import trace

from otel_agent.instruments.automatic import pending_spans
from otel_agent.instruments.automatic.pending_spans import QUICK_FAILURES_PER_S, CallSite
from otel_agent.testing import Recorded, recorded


def test_a_quick_function_called_often_leaves_nothing(rig: Any) -> None:
    """Five thousand calls in no time do not flood the trace."""
    rig.install("trader_under_test.desk", min_duration_s=0.5)
    module = rig.desk()
    rig.queue.items.clear()
    for _ in range(5_000):
        module.quick()

    assert [] == rig.names()


def test_a_quick_call_that_something_refers_to_becomes_a_span(rig: Any) -> None:
    """A parent that a child names is recorded however quick it was."""
    rig.install("trader_under_test.desk", min_duration_s=0.5)
    module = rig.desk()
    rig.queue.items.clear()
    span_id = module.child()

    assert [("child", span_id)] == [(span.name, span.span_id) for span in rig.queue.items]


def test_failures_are_told_once(rig: Any) -> None:
    """An exception makes an error of the span, with its type, and one record of it."""
    rig.install("trader_under_test.desk")
    with pytest.raises(ValueError, match="no"):
        rig.desk().risky()
    span = rig.queue.items[-1]

    assert trace.StatusCode.ERROR is span.status.status_code
    assert "ValueError" == span.attributes["error.type"]
    assert ["exception"] == [event.name for event in span.events]


@pytest.fixture
def risk(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module with a function that refuses at once."""
    module = ModuleType("risk_of_this_test")
    exec("def size(units):\n    raise ValueError('too much')\n", module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def calls_of(module: ModuleType, telemetry: Recorded) -> int:
    """Calls of the module's function counted in this process so far."""
    points = telemetry.metrics.get("agent.function.duration", [])
    return sum(
        value[0] for attributes, value in points if attributes["code.function.name"] == f"{module.__name__}.size"
    )


def test_a_quick_failure_leaves_a_span(risk: ModuleType) -> None:
    """A refusal takes microseconds and is what one wants to see; rules that watch for it see it too."""
    with recorded(trace_modules=[risk.__name__]) as telemetry, pytest.raises(ValueError, match="too much"):
        risk.size(3)

    assert [("size", "error")] == [(span["name"], span["status"]) for span in telemetry.spans]


def test_failures_without_end_do_not_flood(risk: ModuleType) -> None:
    """A function whose exceptions are ordinary answers leaves some spans a second, and every call is counted."""
    with recorded(trace_modules=[risk.__name__]) as telemetry:
        before = calls_of(risk, telemetry)
        for _ in range(2_000):
            with pytest.raises(ValueError, match="too much"):
                risk.size(3)
        counted = calls_of(risk, telemetry) - before

    assert 2_000 == counted
    assert 0 < len(telemetry.spans) < 40 * QUICK_FAILURES_PER_S


def test_a_failure_of_ours_never_replaces_the_agents(risk: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """When recording the end of a call fails, the agent sees its own exception."""

    def broken(*_: object) -> None:
        raise RuntimeError("ours")

    with recorded(trace_modules=[risk.__name__]), pytest.raises(ValueError, match="too much"):
        monkeypatch.setattr(pending_spans, "record_error", broken)
        risk.size(3)


LONG_NS = 10**12
"""A minimum duration that no call of a test reaches."""


def test_whoever_asks_too_late_gets_the_nearest_ancestor_that_is_real(rig: Any) -> None:
    """A task that outlived its creator is a child of what was recorded."""
    with rig.tracer.start_as_current_span("root") as root:
        outer = CallSite("outer", {}, LONG_NS, rig.tracer).enter()
        inner = CallSite("inner", {}, LONG_NS, rig.tracer).enter()
        inner.leave(None)
        outer.leave(None)

        assert root.get_span_context() == inner.get_span_context() == outer.get_span_context()
    assert not inner.is_recording()
    inner.set_attribute("late", True)
    assert ["root"] == rig.names()
    assert not rig.queue.items[0].attributes


def test_whatever_is_said_of_a_span_makes_it_real(rig: Any) -> None:
    """Attributes, events, links, a name and a status are on the span that leaves."""
    site = CallSite("quick", {"code.function.name": "desk.quick"}, LONG_NS, rig.tracer)
    span = site.enter()
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
    span.leave(None)
    (found,) = rig.queue.items

    assert "renamed" == found.name
    assert {"code.function.name": "desk.quick", "symbol": "ACME", "size": 3} == dict(found.attributes)
    assert ["sized", "exception"] == [event.name for event in found.events]
    assert [1] == [link.context.trace_id for link in found.links]
    assert trace.StatusCode.OK is found.status.status_code
    assert trace.INVALID_SPAN is trace.get_current_span()


def test_a_call_that_the_end_of_the_process_interrupts_leaves_a_span(rig: Any) -> None:
    """It is marked, ends then, and is not interrupted twice; a call that has ended is not interrupted at all."""
    span = CallSite("long", {}, LONG_NS, rig.tracer).enter()
    ended_ns = span._start_ns + 5

    assert [True, False] == [span.interrupt("interrupted", ended_ns), span.interrupt("interrupted", ended_ns)]
    span.leave(None)
    (found,) = rig.queue.items
    assert (True, ended_ns) == (found.attributes["interrupted"], found.end_ns)
    ended = CallSite("ended", {}, LONG_NS, rig.tracer).enter()
    ended.leave(None)
    assert not ended.interrupt("interrupted", ended_ns)
    assert ["long"] == rig.names()


def test_a_call_site_is_pickled_and_a_span_is_not(rig: Any) -> None:
    """Functions that are pickled by value take their call site along; a span stays in its process."""
    site = pickle.loads(pickle.dumps(CallSite("quick", {"a": 1}, 7, rig.tracer)))

    assert ("quick", {"a": 1}, 7) == (site.name, site.attributes, site.min_duration_ns)
    with pytest.raises(TypeError, match="stays in its process"):
        pickle.dumps(site.begin())
