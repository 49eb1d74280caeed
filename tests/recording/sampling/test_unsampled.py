"""Spans that were not sampled."""

from opentelemetry.sdk.trace import sampling as sdk
from opentelemetry.trace import NonRecordingSpan
from recording_rig import Rig

from otel_agent.recording.sampling.unsampled import UnsampledSpan


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
