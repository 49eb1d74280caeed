"""Span processors of others, kept away from the agent and from each other."""

from typing import Any

from opentelemetry.sdk import trace as sdk
from recording_rig import Hears, Rig


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


def test_processors_are_shut_down_once_and_told_nothing_more() -> None:
    """At the end of telemetry they send what they hold; what is recorded after that is not theirs."""
    rig, hears = Rig(), Hears()
    rig.provider.add_span_processor(hears)
    with rig.tracer.start_as_current_span("a"):
        pass
    rig.provider.shut_processors_down()
    rig.provider.shut_processors_down()
    with rig.tracer.start_as_current_span("late"):
        pass

    assert ["start a", "end a", "shutdown"] == hears.heard
    assert 2 == len(rig.spans)
