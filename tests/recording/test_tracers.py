"""Tracers: parents, contexts, samplers, and the quick way beside the complete one."""

import asyncio
import threading
from typing import Any

from opentelemetry import baggage, context, propagate, trace
from opentelemetry.sdk.trace import sampling as sdk
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from recording_rig import Hears, Rig

from otel_agent.delivery.wire import encode_spans
from otel_agent.recording.spans import IS_REMOTE, SAMPLED, RareSpan, Span


def test_children_take_the_quick_way_and_name_their_parents() -> None:
    """Trace, parent and flags of a child follow from the current span."""
    rig = Rig()
    with rig.tracer.start_as_current_span("root") as root, rig.tracer.start_as_current_span("child") as child:
        pass

    assert rig.tracer.hot is type(root) is type(child) is Span
    assert ["child", "root"] == [span.name for span in rig.spans]
    assert root.get_span_context() == child.parent
    assert root.parent is None
    assert child.get_span_context().trace_flags.random_trace_id
    assert child.start_time <= child.end_time <= root.end_time


def test_a_remote_parent_is_known_as_one() -> None:
    """The child of a span in another process says so, and its own children are ordinary."""
    rig = Rig()
    carrier = {"traceparent": f"00-{5:032x}-{7:016x}-01", "tracestate": ""}
    remote = TraceContextTextMapPropagator().extract(carrier)
    with (
        rig.tracer.start_as_current_span("entry", remote) as entry,
        rig.tracer.start_as_current_span("inner") as inner,
        rig.tracer.start_as_current_span("innermost") as innermost,
    ):
        pass

    assert entry.flags & IS_REMOTE
    assert not inner.flags & IS_REMOTE
    assert (5, 7, True) == (entry.parent.trace_id, entry.parent.span_id, entry.parent.is_remote)
    assert [RareSpan, Span, Span] == [type(entry), type(inner), type(innermost)]
    assert entry.span_id == inner.parent_id
    assert b"" != encode_spans(rig.spans)


def test_baggage_and_foreign_contexts_live_on_inside_spans() -> None:
    """What others put into the context is there in a block and untouched after it."""
    rig = Rig()
    with rig.tracer.start_as_current_span("root"):
        token = context.attach(baggage.set_baggage("tenant", "core"))
        with rig.tracer.start_as_current_span("inner") as inner:
            assert "core" == baggage.get_baggage("tenant")
            assert inner is trace.get_current_span()
        context.detach(token)
        assert baggage.get_baggage("tenant") is None

    assert trace.INVALID_SPAN is trace.get_current_span()
    assert propagate.get_global_textmap() is not None


def test_tasks_and_threads_see_what_their_context_holds() -> None:
    """Tasks inherit the current span; their siblings do not see each other's."""
    rig = Rig()

    async def worker(name: str) -> None:
        with rig.tracer.start_as_current_span(name):
            await asyncio.sleep(0)
            with rig.tracer.start_as_current_span(f"{name} inner"):
                await asyncio.sleep(0)

    async def main() -> None:
        with rig.tracer.start_as_current_span("main"):
            await asyncio.gather(worker("a"), worker("b"), asyncio.to_thread(rig.tracer.start_span("c").end))

    asyncio.run(main())
    by_name = {span.name: span for span in rig.spans}
    threading.Thread(target=lambda: by_name.update(lone=rig.tracer.start_span("lone"))).start()

    assert by_name["main"].span_id == by_name["a"].parent_id == by_name["b"].parent_id == by_name["c"].parent_id
    assert by_name["a"].span_id == by_name["a inner"].parent_id
    assert by_name["b"].span_id == by_name["b inner"].parent_id


def test_spans_that_are_recorded_only_are_marked() -> None:
    """What a sampler records without sampling goes to processors and the queue without the flag that would send it."""
    rig, hears = Rig(sampler=sdk.AlwaysRecordSampler(sdk.ALWAYS_OFF)), Hears()
    rig.provider.add_span_processor(hears)
    with rig.tracer.start_as_current_span("a") as span:
        assert span.is_recording()
    queued = rig.spans[0]

    assert 0 == queued.flags & SAMPLED
    assert not queued.context.trace_flags.sampled
    assert ["start a", "end a"] == hears.heard


def test_a_failing_sampler_lets_spans_follow_their_parents() -> None:
    """A sampler of others that raises is reported, and the agent gets its span."""

    class Broken(sdk.Sampler):
        def should_sample(self, *args: Any, **kwargs: Any) -> Any:
            raise RuntimeError

        def get_description(self) -> str:
            return "broken"

    rig = Rig(sampler=Broken())
    with rig.tracer.start_as_current_span("a"):
        pass

    assert ["a"] == [span.name for span in rig.spans]


def test_the_ratio_is_kept_by_the_quick_way() -> None:
    """Roots are sampled by their trace id exactly as the SDK's sampler would, children follow their root."""
    sampler = sdk.ParentBasedTraceIdRatio(0.3)
    rig = Rig(sampler)
    kept = 0
    for _ in range(2_000):
        with rig.tracer.start_as_current_span("root") as root, rig.tracer.start_as_current_span("child") as child:
            pass
        decision: Any = sampler.should_sample(None, root.get_span_context().trace_id, "root").decision
        expected = decision.is_sampled()
        assert expected == root.get_span_context().trace_flags.sampled == child.get_span_context().trace_flags.sampled
        kept += expected

    assert 2 * kept == len(rig.spans)
    assert 0.25 < kept / 2_000 < 0.35


def test_what_is_dropped_can_be_recorded_all_the_same() -> None:
    """Such spans go to the queue without the flag that would send them, on the quick way, and say so to other processes."""
    rig = Rig(sdk.ParentBasedTraceIdRatio(0.0), records_dropped=True)
    with rig.tracer.start_as_current_span("root", attributes={"k": 1}) as root:
        with rig.tracer.start_as_current_span("child") as child:
            pass
        assert not root.get_span_context().trace_flags.sampled
        assert root.get_span_context().is_valid

    assert [Span, Span] == [type(root), type(child)]
    assert rig.tracer.hot is Span
    assert [0, 0] == [span.flags & SAMPLED for span in rig.spans]
    assert {"k": 1} == dict(root.attributes)


def test_what_is_dropped_below_another_process_is_recorded_too() -> None:
    """A remote parent that is not sampled makes a recorded span with that parent, and ordinary children."""
    rig = Rig(records_dropped=True)
    remote = NonRecordingSpan(SpanContext(5, 7, is_remote=True, trace_flags=TraceFlags(0)))
    with (
        rig.tracer.start_as_current_span("entry", trace.set_span_in_context(remote), attributes={"k": 1}) as entry,
        rig.tracer.start_as_current_span("child"),
    ):
        pass

    assert ["child", "entry"] == [span.name for span in rig.spans]
    assert {0} == {span.flags & SAMPLED for span in rig.spans}
    assert entry.parent == remote.get_span_context()
    assert {"k": 1} == dict(entry.attributes)


def test_a_sampler_that_is_asked_decides_about_recording_too() -> None:
    """With a sampler of others, what it drops is recorded only when that is wanted."""
    off = sdk.ParentBased(sdk.AlwaysRecordSampler(sdk.ALWAYS_OFF), local_parent_not_sampled=sdk.ALWAYS_OFF)
    rig = Rig(off, records_dropped=True)
    with rig.tracer.start_as_current_span("root"):
        rig.tracer.start_span("child").end()

    assert 2 == len(rig.spans)
    assert 1 == len(collected(Rig(off)))


def collected(rig: Rig) -> list[Any]:
    """A root and a child of a rig."""
    with rig.tracer.start_as_current_span("root"):
        rig.tracer.start_span("child").end()
    return rig.spans
