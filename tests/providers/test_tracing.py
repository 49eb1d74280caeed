"""The tracer provider from the configuration."""

from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits

from otel_agent.config.model import Config
from otel_agent.config.sections.sampling import LimitsSettings, SamplingSettings
from otel_agent.delivery.queues import SignalQueue
from otel_agent.providers.tracing import build_tail, build_tracer_provider, span_limits


def recorded(problems: list[str], *, records_all: bool = False, **sampling: Any) -> list[Any]:
    """Spans in the queue after one was made."""
    queue = SignalQueue(10)
    config = Config(sampling=SamplingSettings(**sampling))
    provider = build_tracer_provider(config, Resource({}), queue, problems, records_all=records_all)
    provider.get_tracer("agent").start_span("work").end()
    return [*queue.items]


def test_a_span_goes_to_the_queue() -> None:
    """Every span, where nothing else is said."""
    assert ["work"] == [span.name for span in recorded([])]


def test_a_span_that_is_not_sampled_is_not_recorded() -> None:
    """It costs next to nothing."""
    assert [] == recorded([], ratio=0.0)


def test_who_looks_at_all_spans_gets_those_that_are_not_sampled() -> None:
    """Without the sampled flag, so that nobody sends them."""
    (span,) = recorded([], ratio=0.0, records_all=True)

    assert not span.get_span_context().trace_flags.sampled


def test_a_sampler_that_does_not_exist_is_named() -> None:
    """The agent is observed all the same."""
    problems: list[str] = []
    spans = recorded(problems, sampler="dice")

    assert 1 == len(spans)
    assert 1 == len(problems)
    assert "dice" in problems[0]


@pytest.mark.parametrize(
    ("settings", "is_built"),
    [
        ({"keep_errors": True}, False),
        ({"ratio": 0.1}, False),
        ({"ratio": 0.1, "keep_errors": True}, True),
        ({"ratio": 0.1, "keep_slower_than_s": 1.0}, True),
    ],
)
def test_the_tail_is_looked_at_where_something_is_left_out_that_may_matter(
    settings: dict[str, Any], is_built: bool
) -> None:
    """Otherwise there is nothing to choose."""
    assert is_built == (build_tail(SamplingSettings(**settings)) is not None)


def test_limits_are_those_of_the_configuration() -> None:
    """In the SDK's form."""
    limits = span_limits(LimitsSettings(attributes=3, events=4, attribute_length=5))

    assert (3, 4, 5) == (limits.max_span_attributes, limits.max_events, limits.max_span_attribute_length)
    assert isinstance(limits, SpanLimits)
