"""Spans: what is set, how they end, what they cost."""

import gc
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry import trace
from opentelemetry.sdk import trace as sdk
from opentelemetry.trace import NonRecordingSpan, SpanContext, StatusCode, TraceFlags, TraceState
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from recording_rig import Rig


def test_a_queued_span_takes_little_memory() -> None:
    """A span without attributes is one object of its own and four numbers."""
    rig = Rig()
    with rig.tracer.start_as_current_span("root"):
        rig.tracer.start_span("warm").end()
        gc.collect()
        before = len(gc.get_objects())
        tracemalloc.start()
        for _ in range(1_000):
            rig.tracer.start_span("child").end()
        taken, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert taken / 1_000 <= 350
    assert len(gc.get_objects()) - before < 1_100


def test_a_span_ends_once(caplog: pytest.LogCaptureFixture) -> None:
    """A second end changes nothing and says so; nor do attributes after the end."""
    rig = Rig()
    span = rig.tracer.start_span("a")
    span.start(9)
    span.end(5)
    span.end(6)
    span.set_attribute("late", 1)
    span.set_attributes({"late": 1})
    span.add_event("late")
    span.add_link(SpanContext(1, 2, is_remote=False))
    span.update_name("late")
    span.set_status(StatusCode.OK)

    assert 5 == span.end_time
    assert (1, {}, (), (), "a") == (len(rig.spans), dict(span.attributes), span.events, span.links, span.name)
    assert 8 == len(caplog.records)


def test_threads_that_end_one_span_end_it_once() -> None:
    """Whichever thread comes first, the span is queued once."""
    rig = Rig()
    logger = sdk.logger
    logger.disabled = True
    try:
        spans = [rig.tracer.start_span("a") for _ in range(300)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: [span.end() for span in spans], range(4)))
    finally:
        logger.disabled = False

    assert 300 == len(rig.spans)


def test_what_leaves_the_process_names_the_current_span() -> None:
    """Propagators write our identity, flags and trace state."""
    rig = Rig()
    state = TraceState([("vendor", "1")])
    parent = NonRecordingSpan(SpanContext(5, 7, is_remote=True, trace_flags=TraceFlags(3), trace_state=state))
    carrier: dict[str, str] = {}
    with rig.tracer.start_as_current_span("a", trace.set_span_in_context(parent)) as span:
        TraceContextTextMapPropagator().inject(carrier)
        with rig.tracer.start_as_current_span("b") as child:
            pass

    assert f"00-{5:032x}-{span.span_id:016x}-03" == carrier["traceparent"]
    assert "vendor=1" == carrier["tracestate"]
    assert state == child.get_span_context().trace_state == child.parent.trace_state
    assert state == rig.spans[0].extra.trace_state


def test_an_exception_that_cannot_be_described_is_recorded_all_the_same() -> None:
    """The agent's exception passes, whatever its own methods do."""
    rig = Rig()

    class OddError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    with pytest.raises(OddError), rig.tracer.start_as_current_span("a"):
        raise OddError
    with pytest.raises(OddError), rig.tracer.start_span("b"):
        raise OddError

    assert {StatusCode.ERROR} == {span.status.status_code for span in rig.spans}
    assert {"<no text: its __str__ raised>"} == {span.events[0].attributes["exception.message"] for span in rig.spans}


def test_values_without_a_text_are_left_out() -> None:
    """Setting an attribute never raises into the agent."""
    rig = Rig()

    class Odd:
        def __str__(self) -> str:
            raise RuntimeError

    span = rig.tracer.start_span("a", attributes={"fine": 1})
    span.set_attribute("odd", Odd())
    span.add_event("e", {"odd": Odd()})
    span.set_attribute("also fine", 2)

    assert {"fine": 1, "also fine": 2} == dict(span.attributes)
