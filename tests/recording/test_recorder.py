"""What decorators are handed to record with."""

import pytest
from opentelemetry.sdk.trace import SpanProcessor
from recording_rig import Rig

from otel_agent.recording.durations import Durations
from otel_agent.recording.recorder import durations_only


def test_a_recorder_holds_what_a_call_needs() -> None:
    """Tracer, queue and its container, ids, durations; a budget of its own for each function where there is one."""
    rig, durations = Rig(), Durations()
    recorder = rig.provider.recorder("trader", durations, calls_per_s=2)
    unbounded = rig.provider.recorder("trader", durations)

    assert "trader" == recorder.tracer.scope.name
    assert (rig.queue, rig.queue.items, durations) == (recorder.queue, recorder.items, recorder.durations)
    assert 0 <= recorder.random_bits(64) < 1 << 64
    assert recorder.limit is not None
    first, second = recorder.limit(), recorder.limit()
    assert [True, True, False, True] == [first.allows(), first.allows(), first.allows(), second.allows()]
    assert unbounded.limit is None


def test_a_recorder_is_told_when_the_quick_way_closes() -> None:
    """Whoever watches learns of a processor that was added."""
    rig, changes = Rig(), []
    rig.provider.recorder("trader", Durations()).watch(lambda: changes.append(rig.tracer.hot))
    rig.provider.add_span_processor(SpanProcessor())

    assert [None] == changes


def test_beside_a_foreign_provider_durations_are_counted_alone() -> None:
    """There is no tracer of ours to make spans with, and nothing changes."""
    durations = Durations()
    recorder = durations_only(durations)
    recorder.watch(lambda: pytest.fail("nothing changes"))

    assert (None, None, None, durations, None) == (
        recorder.tracer,
        recorder.queue,
        recorder.items,
        recorder.durations,
        recorder.limit,
    )
    with pytest.raises(NotImplementedError, match="another provider"):
        recorder.random_bits(64)
