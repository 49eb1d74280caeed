"""Spans as the agent, processors, exporters and other processes see them."""

import asyncio
import copy
import gc
import os
import random
import subprocess
import sys
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry import baggage, context, propagate, trace
from opentelemetry.sdk import trace as sdk
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from otel_agent.delivery.wire import encode_spans
from otel_agent.recording.ids import random_bits
from otel_agent.recording.provider import TracerProvider
from otel_agent.recording.spans import IS_REMOTE, SAMPLED, RareSpan, Span


class Rig:
    """A provider with a queue."""

    def __init__(self, limit: int = 1 << 20, **options: Any) -> None:
        self.refused: list[Any] = []
        self.queue = SimpleNamespace(items=deque(), limit=limit, overflow=self.refused.append)
        self.provider = TracerProvider(shutdown_on_exit=False, queue=self.queue, **options)
        self.tracer = self.provider.get_tracer("tests", "1.0")

    @property
    def spans(self) -> list[Any]:
        """What has ended."""
        return list(self.queue.items)


def test_the_provider_is_the_sdks_to_everybody_who_asks() -> None:
    """Others check classes; provider, tracer and span pass."""
    rig = Rig()
    span = rig.tracer.start_span("a")

    assert isinstance(rig.provider, sdk.TracerProvider)
    assert isinstance(rig.tracer, sdk.Tracer)
    assert isinstance(span, sdk.Span)
    assert isinstance(span, trace.Span)
    assert isinstance(span, ReadableSpan)
    assert rig.tracer is rig.provider.get_tracer("tests", "1.0")


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


def test_a_queued_span_takes_little_memory() -> None:
    """A span without attributes is one object of its own and four numbers."""
    import tracemalloc

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


def test_a_full_queue_gets_no_more() -> None:
    """What there is no room for goes where the queue says, on both ways to end."""
    rig = Rig(limit=1)
    with rig.tracer.start_as_current_span("root"):
        rig.tracer.start_span("one").end()
        rig.tracer.start_span("two").end()

    assert ["one"] == [span.name for span in rig.spans]
    assert ["two", "root"] == [span.name for span in rig.refused]


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


def test_identities_survive_a_seeded_random() -> None:
    """An agent that seeds `random`, as simulations do, gets different ids and its own sequence."""
    rig = Rig()
    found, drawn = [], []
    for _ in range(2):
        random.seed(1)
        span = rig.tracer.start_span("a")
        found.append((span.trace_id, span.span_id))
        drawn.append(random.random())

    assert 2 == len(set(found))
    assert drawn[0] == drawn[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_identities_differ_after_a_fork() -> None:
    """A forked child does not go on where its parent is."""
    program = (
        "import os, sys\n"
        "from otel_agent.recording.ids import random_bits\n"
        "read, write = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    os.write(write, str(random_bits(64)).encode()); os._exit(0)\n"
        "os.wait()\n"
        "print(int(os.read(read, 100)) != random_bits(64))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)

    assert "True" == done.stdout.strip()


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


def test_a_decorator_gives_each_call_a_span() -> None:
    """`start_as_current_span` decorates functions and coroutines, and can be used again and again."""
    rig = Rig()

    @rig.tracer.start_as_current_span("sync")
    def sync() -> Any:
        return trace.get_current_span().name  # type: ignore[attr-defined] # spans of the SDK have one

    @rig.tracer.start_as_current_span("async")
    async def later() -> Any:
        await asyncio.sleep(0)
        return trace.get_current_span().name  # type: ignore[attr-defined] # spans of the SDK have one

    assert ["sync", "sync", "async"] == [sync(), sync(), asyncio.run(later())]
    assert ["sync", "sync", "async"] == [span.name for span in rig.spans]


def test_a_block_left_in_another_task_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A generator that holds a block open and is closed elsewhere leaves no line in the log."""
    rig = Rig()

    async def held() -> Any:
        with rig.tracer.start_as_current_span("held"):
            yield 1

    async def main() -> None:
        steps = held()
        await asyncio.create_task(anext(steps))
        await asyncio.create_task(steps.aclose())

    asyncio.run(main())

    assert ["held"] == [span.name for span in rig.spans]
    assert [] == caplog.records


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


class Keeps(SpanExporter):
    """An exporter that keeps what it was given."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Any) -> SpanExportResult:
        self.spans += spans
        return SpanExportResult.SUCCESS


def test_exporters_of_others_see_a_readable_span() -> None:
    """Everything a `ReadableSpan` answers is answered; the console exporter and a copy work too."""
    rig = Rig(resource=Resource({"service.name": "x"}))
    keeps = Keeps()
    rig.provider.add_span_processor(SimpleSpanProcessor(keeps))
    lines: list[str] = []
    console = ConsoleSpanExporter(out=SimpleNamespace(write=lines.append, flush=lambda: None))  # type: ignore[arg-type] # odd on purpose
    rig.provider.add_span_processor(SimpleSpanProcessor(console))
    with rig.tracer.start_as_current_span("a", kind=SpanKind.CLIENT, attributes={"k": [1]}) as span:
        span.add_event("e", {"x": 1})
        span.set_status(Status(StatusCode.ERROR, "bad"))
    seen = keeps.spans[0]

    assert isinstance(seen, ReadableSpan)
    assert ("a", SpanKind.CLIENT, {"k": (1,)}) == (seen.name, seen.kind, dict(seen.attributes or {}))
    assert ("x", "tests", "1.0") == (
        seen.resource.attributes["service.name"],
        seen.instrumentation_scope.name,  # type: ignore[union-attr]
        seen.instrumentation_scope.version,  # type: ignore[union-attr]
    )
    assert '"name": "a"' in lines[0]
    assert "bad" == copy.copy(seen).status.description
    assert seen.get_span_context() == seen.context


def test_what_scrubbers_do_to_an_ended_span_reaches_the_wire() -> None:
    """Processors that replace private fields of spans, as many do to hide secrets, change what is sent."""

    class Scrubber(sdk.SpanProcessor):
        def on_end(self, span: Any) -> None:
            span._attributes["password"] = "***"
            span._name = "scrubbed"
            span._status = Status(StatusCode.ERROR, "hidden")

    rig = Rig()
    rig.provider.add_span_processor(Scrubber())
    with rig.tracer.start_as_current_span("secret") as span:
        span.set_attribute("password", "hunter2")
    sent = encode_spans(rig.spans)

    assert b"hunter2" not in sent
    assert all(word in sent for word in (b"***", b"scrubbed", b"hidden"))


class Failing(sdk.SpanProcessor):
    """Raises wherever it is called."""

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        raise RuntimeError

    def on_end(self, span: Any) -> None:
        raise RuntimeError

    def shutdown(self) -> None:
        raise RuntimeError

    def force_flush(self, timeout_millis: int = 0) -> bool:
        raise RuntimeError


class Hears(sdk.SpanProcessor):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        self.heard.append(f"start {span.name}")

    def on_end(self, span: Any) -> None:
        self.heard.append(f"end {span.name}")

    def shutdown(self) -> None:
        self.heard.append("shutdown")

    def force_flush(self, timeout_millis: int = 0) -> bool:
        self.heard.append("flush")
        return True


def test_a_processor_that_fails_costs_nobody_anything() -> None:
    """Neither the agent, nor the other processors, nor the queue feels it."""
    rig, hears = Rig(), Hears()
    rig.provider.add_span_processor(Failing())
    rig.provider.add_span_processor(hears)
    with rig.tracer.start_as_current_span("a"):
        pass

    assert not rig.provider.force_flush()
    rig.provider.shutdown()
    assert ["start a", "end a", "flush", "shutdown"] == hears.heard
    assert 1 == len(rig.spans)


def test_flushing_the_provider_sends_what_is_queued(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever flushes a provider before a process is frozen has everything sent, within one deadline."""
    rig, given = Rig(), []
    assert rig.provider.force_flush()

    def flush(timeout_s: float) -> bool:
        given.append(timeout_s)
        return len(given) == 1

    rig.provider.flush_with(flush)

    assert [True, False] == [rig.provider.force_flush(2_000), rig.provider.force_flush(2_000)]
    assert all(1 < timeout_s <= 2 for timeout_s in given)
    rig.provider.flush_with(lambda timeout_s: 1 / 0)
    assert not rig.provider.force_flush()
    assert "could not be flushed" in caplog.text


def test_a_processor_that_comes_later_hears_from_then_on() -> None:
    """Adding one closes the quick way for the spans that follow, also below spans that began before."""
    rig, hears = Rig(), Hears()
    with rig.tracer.start_as_current_span("root"):
        rig.provider.add_span_processor(hears)
        rig.tracer.start_span("child").end()

    assert rig.tracer.hot is None
    assert ["start child", "end child", "end root"] == hears.heard


def test_spans_that_are_recorded_only_are_marked() -> None:
    """What a sampler records without sampling goes to processors and the queue without the flag that would send it."""
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, AlwaysRecordSampler

    rig, hears = Rig(sampler=AlwaysRecordSampler(ALWAYS_OFF)), Hears()
    rig.provider.add_span_processor(hears)
    with rig.tracer.start_as_current_span("a") as span:
        assert span.is_recording()
    queued = rig.spans[0]

    assert 0 == queued.flags & SAMPLED
    assert not queued.context.trace_flags.sampled
    assert ["start a", "end a"] == hears.heard


def test_a_failing_sampler_lets_spans_follow_their_parents() -> None:
    """A sampler of others that raises is reported, and the agent gets its span."""
    from opentelemetry.sdk.trace.sampling import Sampler

    class Broken(Sampler):
        def should_sample(self, *args: Any, **kwargs: Any) -> Any:
            raise RuntimeError

        def get_description(self) -> str:
            return "broken"

    rig = Rig(sampler=Broken())
    with rig.tracer.start_as_current_span("a"):
        pass

    assert ["a"] == [span.name for span in rig.spans]


def test_names_without_end_do_not_fill_the_memory() -> None:
    """A tracer remembers some thousand names and then begins anew."""
    from otel_agent.recording.sites import MAX_SITES

    rig = Rig()
    for number in range(MAX_SITES + 10):
        rig.tracer.site(f"order {number}")

    assert len(rig.tracer.internal) <= MAX_SITES


def test_ids_are_drawn_from_all_bits() -> None:
    """A span id has 64 random bits, a trace id 128."""
    rig = Rig()
    spans = [rig.tracer.start_span("a") for _ in range(64)]

    assert any(span.span_id >> 60 for span in spans)
    assert any(span.trace_id >> 120 for span in spans)
    assert 64 == len({span.span_id for span in spans})
    assert 0 <= random_bits(64) < 1 << 64
