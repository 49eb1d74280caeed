"""Traces that were not sampled, kept when something in them failed or took long."""

from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import sampling as sdk
from opentelemetry.trace import StatusCode
from recording_rig import Rig

from otel_agent.recording.sampling.tail import TailSampling
from otel_agent.recording.spans import SAMPLED


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
        return list(self.rig.spans)


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
    spans = rig.spans

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
