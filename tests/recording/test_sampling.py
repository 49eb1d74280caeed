"""What is sampled at the root, what follows, what is kept after all, and what a budget refuses."""

from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import sampling as sdk
from opentelemetry.trace import NonRecordingSpan, SpanContext, StatusCode, TraceFlags

from otel_agent.recording.provider import TracerProvider
from otel_agent.recording.sampling.rate_limits import RateLimit, rate_limits_of
from otel_agent.recording.sampling.samplers import (
    EVERY,
    NAMES,
    SamplerRules,
    build_sampler,
    sampler_rules_of,
)
from otel_agent.recording.sampling.tail import TailSampling
from otel_agent.recording.sampling.unsampled import UnsampledSpan
from otel_agent.recording.spans import SAMPLED, Span


class Rig:
    """A provider with a queue."""

    def __init__(self, sampler: Any = None, **options: Any) -> None:
        self.queue = SimpleNamespace(items=deque(), limit=1 << 20, overflow=None)
        self.provider = TracerProvider(sampler, shutdown_on_exit=False, queue=self.queue, **options)
        self.tracer = self.provider.get_tracer("tests")


@pytest.mark.parametrize("name", NAMES)
def test_samplers_have_the_names_of_the_environment_variable(name: str) -> None:
    """Each is the one the SDK makes of the same name, whatever its case."""
    sampler, problems = build_sampler(name=f" {name.upper()} ", argument="0.25")
    known: Any = sdk._KNOWN_SAMPLERS[name]
    expected = known if isinstance(known, sdk.Sampler) else known(0.25)

    assert () == problems
    assert expected.get_description() == sampler.get_description()


def test_a_ratio_alone_decides_at_the_root() -> None:
    """Everything, or a share by trace id; children follow."""
    assert (sdk.DEFAULT_ON, ()) == build_sampler()
    tenth: Any = sdk.ParentBasedTraceIdRatio(0.1)
    assert tenth.get_description() == build_sampler(0.1)[0].get_description()
    assert sdk.TraceIdRatioBased(1.0).get_description() == build_sampler(name="traceidratio")[0].get_description()


@pytest.mark.parametrize("argument", ["half", "1.5", "-1"])
def test_a_wrong_argument_is_said_and_everything_sampled(argument: str) -> None:
    """Losing traces to a typing error would be worse."""
    sampler, problems = build_sampler(name="traceidratio", argument=argument)

    assert 1.0 == sampler.rate  # type: ignore[attr-defined] # of the SDK's class
    assert repr(argument) in problems[0]


def test_an_unknown_sampler_is_said_with_the_known_ones() -> None:
    """One line names what was found and what there is."""
    sampler, problems = build_sampler(name="jaeger_remote_typo")

    assert sdk.DEFAULT_ON is sampler
    assert "'jaeger_remote_typo' is no sampler" in problems[0]
    assert "parentbased_traceidratio" in problems[0]


def test_samplers_of_others_come_from_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """A factory behind the SDK's entry point is given the argument; one that fails is said."""

    def factory(argument: Any) -> sdk.Sampler:
        return sdk.TraceIdRatioBased(float(argument))

    found = [
        SimpleNamespace(name="mine", load=lambda: factory),
        SimpleNamespace(name="broken", load=lambda: 1 / 0),
    ]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: found)

    assert 0.5 == build_sampler(name="mine", argument="0.5")[0].rate  # type: ignore[attr-defined] # of the SDK's class
    assert "'broken' is no sampler" in build_sampler(name="broken")[1][0]


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

    assert 2 * kept == len(rig.queue.items)
    assert 0.25 < kept / 2_000 < 0.35


def test_a_span_that_was_not_sampled_has_an_identity() -> None:
    """Other processes are told its trace, and that it is not sampled; the id stays the same."""
    rig = Rig(sdk.ALWAYS_OFF)
    span = rig.tracer.start_span("a")
    found = span.get_span_context()

    assert isinstance(span, NonRecordingSpan)
    assert isinstance(span, UnsampledSpan)
    assert found.is_valid
    assert found is span.get_span_context()
    assert (False, True) == (found.trace_flags.sampled, found.trace_flags.random_trace_id)
    assert "UnsampledSpan" in repr(span)


@pytest.mark.parametrize(
    ("sampler", "expected"),
    [
        (sdk.DEFAULT_ON, SamplerRules(EVERY, True, True)),
        (sdk.DEFAULT_OFF, SamplerRules(0, True, True)),
        (sdk.ALWAYS_ON, SamplerRules(EVERY, True, False)),
        (sdk.ALWAYS_OFF, SamplerRules(0, False, True)),
        (sdk.TraceIdRatioBased(0.5), SamplerRules(1 << 63, True, True)),
        (sdk.ParentBased(sdk.ALWAYS_ON, local_parent_sampled=sdk.ALWAYS_OFF), SamplerRules(EVERY, False, True)),
        (sdk.ParentBased(sdk.AlwaysRecordSampler(sdk.ALWAYS_OFF)), SamplerRules(None, True, True)),
        (sdk.AlwaysRecordSampler(sdk.ALWAYS_OFF), SamplerRules()),
        (object(), SamplerRules()),
    ],
)
def test_the_rules_of_samplers_are_known(sampler: Any, expected: SamplerRules) -> None:
    """Only what the SDK's own classes decide by the parent and the trace id alone is taken for granted."""
    assert expected == sampler_rules_of(sampler)


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
    assert [0, 0] == [span.flags & SAMPLED for span in rig.queue.items]
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

    assert ["child", "entry"] == [span.name for span in rig.queue.items]
    assert {0} == {span.flags & SAMPLED for span in rig.queue.items}
    assert entry.parent == remote.get_span_context()
    assert {"k": 1} == dict(entry.attributes)


def test_a_sampler_that_is_asked_decides_about_recording_too() -> None:
    """With a sampler of others, what it drops is recorded only when that is wanted."""
    off = sdk.ParentBased(sdk.AlwaysRecordSampler(sdk.ALWAYS_OFF), local_parent_not_sampled=sdk.ALWAYS_OFF)
    rig = Rig(off, records_dropped=True)
    with rig.tracer.start_as_current_span("root"):
        rig.tracer.start_span("child").end()

    assert 2 == len(rig.queue.items)
    assert 1 == len(collected(Rig(off)))


def collected(rig: Rig) -> list[Any]:
    """A root and a child of a rig."""
    with rig.tracer.start_as_current_span("root"):
        rig.tracer.start_span("child").end()
    return list(rig.queue.items)


class Traces:
    """Spans of traces that were not sampled, in the order in which they end."""

    def __init__(self) -> None:
        self.rig = Rig(sdk.ALWAYS_OFF, records_dropped=True)

    def trace(self, *names: str, fails: str = "", slow: str = "") -> list[Any]:
        """A trace with a root and children, one of which may fail or take a second."""
        self.rig.queue.items.clear()
        with self.rig.tracer.start_as_current_span("root", start_time=1):
            for name in names:
                span = self.rig.tracer.start_span(name, start_time=1)
                if name == fails:
                    span.set_status(StatusCode.ERROR)
                span.end(1_000_000_000 if name == slow else 2)
            trace.get_current_span().end(3)
        return list(self.rig.queue.items)


def test_a_trace_in_which_nothing_happened_is_let_go() -> None:
    """When its root ends without an error, its spans are dropped and counted."""
    tail = TailSampling()

    assert [] == tail.select(Traces().trace("a", "b"))
    assert {"kept": 0, "dropped": 3, "evicted": 0, "held": 0} == tail.counts()


def test_a_trace_with_an_error_is_kept_whole() -> None:
    """What came before the error and what comes after is sent, with the flag set."""
    tail = TailSampling()
    chosen = tail.select(Traces().trace("a", "b", "c", fails="b"))

    assert ["a", "b", "c", "root"] == [span.name for span in chosen]
    assert {SAMPLED} == {span.flags & SAMPLED for span in chosen}
    assert 4 == tail.counts()["kept"]


def test_a_slow_trace_is_kept_when_that_is_wanted() -> None:
    """A duration above the bound keeps a trace as an error does; neither is needed for the other."""
    spans = Traces().trace("a", "b", slow="a")

    assert 3 == len(TailSampling(keep_errors=False, slower_than_s=0.5).select(spans))
    assert [] == TailSampling().select(Traces().trace("a", slow="a"))
    assert [] == TailSampling(keep_errors=False).select(Traces().trace("a", fails="a"))


def test_a_trace_may_come_in_pieces() -> None:
    """Decisions hold over batches, also for spans that end after their root."""
    tail = TailSampling()
    traces = Traces()
    good, bad = traces.trace("a", "late"), traces.trace("a", "late", fails="a")

    assert [] == tail.select([good[0]])
    assert 1 == tail.counts()["held"]
    assert [] == tail.select([good[2]])
    assert [] == tail.select([good[1]])
    assert ["a"] == [span.name for span in tail.select([bad[0]])]
    assert ["root"] == [span.name for span in tail.select([bad[2]])]
    assert ["late"] == [span.name for span in tail.select([bad[1]])]


def test_an_error_after_the_root_still_counts() -> None:
    """A task that outlives its trace and fails is sent, although the rest is gone."""
    tail = TailSampling()
    spans = Traces().trace("a", "late", fails="late")
    tail.select([spans[0], spans[2]])

    assert ["late"] == [span.name for span in tail.select([spans[1]])]


def test_sampled_spans_pass() -> None:
    """What was sampled at its root leaves as it came."""
    rig = Rig()
    with rig.tracer.start_as_current_span("a"):
        pass
    spans = list(rig.queue.items)

    assert spans == TailSampling().select(spans)


def test_memory_has_a_bound() -> None:
    """Beyond it the oldest traces are given up, and counted."""
    tail = TailSampling(max_spans=4)
    traces = Traces()
    for _ in range(5):
        tail.select(traces.trace("a", "b")[:2])

    assert {"kept": 0, "dropped": 0, "evicted": 6, "held": 4} == tail.counts()


def test_a_forked_child_forgets_what_is_held() -> None:
    """The parent decides about its own traces."""
    tail = TailSampling()
    tail.select(Traces().trace("a")[:1])
    tail.reinit_after_fork()

    assert {"kept": 0, "dropped": 0, "evicted": 0, "held": 0} == tail.counts()


def test_a_budget_is_for_a_second() -> None:
    """What is not used is lost, what is beyond is refused and counted."""
    limit = RateLimit(3)

    assert [True, True, True, False, False] == [limit.allows(0.5) for _ in range(5)]
    assert [True, True, True, False] == [limit.allows(1.6) for _ in range(4)]
    assert 3 == limit.refused


def test_a_budget_may_be_less_than_a_call_a_second() -> None:
    """A tenth of a call is one in ten seconds; nothing is nothing."""
    limit = RateLimit(0.1)

    assert [True, False, False, True] == [limit.allows(now) for now in (1.0, 2.0, 10.9, 11.1)]
    assert [False, False] == [RateLimit(0).allows(now) for now in (0.0, 5.0)]
    assert rate_limits_of(None) is None
