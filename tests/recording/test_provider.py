"""The tracer provider as the agent, the SDK and processors see it."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk import trace as sdk
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from recording_rig import Hears, Rig

from otel_agent.recording.provider import enqueue


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


def test_a_full_queue_gets_no_more() -> None:
    """What there is no room for goes where the queue says, on both ways to end."""
    rig = Rig(limit=1)
    with rig.tracer.start_as_current_span("root"):
        rig.tracer.start_span("one").end()
        rig.tracer.start_span("two").end()

    assert ["one"] == [span.name for span in rig.spans]
    assert ["two", "root"] == [span.name for span in rig.refused]


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


def test_what_is_enqueued_overflows_where_there_is_no_room() -> None:
    """The steps that spans take when they end, for those who do not have to hurry."""
    rig = Rig(limit=1)
    enqueue(rig.queue, "one")
    enqueue(rig.queue, "two")

    assert (["one"], ["two"]) == (rig.spans, rig.refused)


def test_resources_that_change_reach_the_spans_that_follow() -> None:
    """A span keeps the resource it began with; the next one has the new one."""
    rig = Rig(resource=Resource({"service.name": "before"}))
    first = rig.tracer.start_span("a")
    rig.provider._update_resource(Resource({"service.name": "after"}))
    second = rig.tracer.start_span("a")

    assert ["before", "after"] == [span.resource.attributes["service.name"] for span in (first, second)]
