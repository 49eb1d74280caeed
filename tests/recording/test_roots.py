"""Traces that begin in a call, where the sampler's decision is known from the trace id."""

from collections import deque
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry import baggage, context, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import sampling

from otel_agent.instruments.functions import binding
from otel_agent.instruments.functions.decorators import span, traced
from otel_agent.recording.durations import Durations
from otel_agent.recording.provider import TracerProvider

LOW_64 = (1 << 64) - 1


@pytest.fixture
def queue() -> Any:
    """Takes the spans that end."""
    return SimpleNamespace(items=deque(), limit=1 << 20, overflow=None)


@pytest.fixture
def record(queue: Any) -> Iterator[Callable[[sampling.Sampler], TracerProvider]]:
    """Records with a sampler, until the test ends."""

    def record(sampler: sampling.Sampler) -> TracerProvider:
        provider = TracerProvider(resource=Resource({}), sampler=sampler, shutdown_on_exit=False, queue=queue)
        binding.bind(provider.recorder("tests", Durations()))
        return provider

    yield record
    binding.bind(None)


@traced("work")
def work() -> Any:
    """The context inside of a traced call."""
    return trace.get_current_span().get_span_context()


@traced("outer")
def outer() -> tuple[Any, Any]:
    """The context inside of a traced call, and inside of one below it."""
    return trace.get_current_span().get_span_context(), work()


def test_a_share_of_the_roots_is_sampled_by_their_trace_ids(record: Any, queue: Any) -> None:
    """Whoever reads the trace id with the same ratio decides the same, in another process too."""
    ratio = sampling.TraceIdRatioBased(0.3)
    record(sampling.ParentBased(ratio))

    seen = [work() for _ in range(2000)]

    sampled = [each for each in seen if each.trace_flags.sampled]
    assert {each.trace_id for each in sampled} == {each.trace_id for each in queue.items}
    assert all((each.trace_id & LOW_64 < ratio.bound) is each.trace_flags.sampled for each in seen)
    assert 450 < len(sampled) < 750
    assert len(seen) == len({each.trace_id for each in seen})


def test_what_is_below_an_unsampled_root_is_of_its_trace(record: Any, queue: Any) -> None:
    """The decision holds for the whole trace, and the context is given back."""
    record(sampling.ParentBased(sampling.ALWAYS_OFF))

    above, below = outer()

    assert above.trace_id == below.trace_id
    assert above.is_valid
    assert not above.trace_flags.sampled
    assert [] == list(queue.items)
    assert trace.INVALID_SPAN == trace.get_current_span()


def test_an_unsampled_root_gives_the_context_back_after_an_exception(record: Any) -> None:
    """The next call begins a trace of its own."""
    record(sampling.ParentBased(sampling.ALWAYS_OFF))

    @traced("fail")
    def fail() -> None:
        raise LookupError("no quote")

    with pytest.raises(LookupError, match="no quote"):
        fail()

    assert trace.INVALID_SPAN == trace.get_current_span()


def test_a_root_keeps_what_else_is_in_the_context(record: Any) -> None:
    """Baggage reaches the body, sampled or not."""
    for sampler in (sampling.ALWAYS_ON, sampling.ALWAYS_OFF):
        record(sampling.ParentBased(sampler))
        token = context.attach(baggage.set_baggage("tenant", "a"))

        @traced("work")
        def tenant() -> object:
            return baggage.get_baggage("tenant")

        assert "a" == tenant()
        context.detach(token)


def test_a_sampler_that_must_be_asked_is_asked_once_a_root(record: Any) -> None:
    """No root is begun beforehand and thrown away."""
    asked: list[str] = []

    class Asked(sampling.Sampler):
        def should_sample(self, parent_context: Any, trace_id: int, name: str, *_: Any, **__: Any) -> Any:
            asked.append(name)
            return sampling.SamplingResult(sampling.Decision.RECORD_AND_SAMPLE)

        def get_description(self) -> str:
            return "asked"

    record(sampling.ParentBased(Asked()))
    outer()

    assert ["outer"] == asked


def test_a_block_may_be_a_root(record: Any, queue: Any) -> None:
    """It begins a trace, and what is below it belongs to that."""
    record(sampling.ParentBased(sampling.ALWAYS_ON))

    with span("block", symbol="ACME"):
        work()

    below, block = queue.items
    assert 0 == block.parent_id
    assert (block.trace_id, block.span_id) == (below.trace_id, below.parent_id)
    assert {"symbol": "ACME"} == block.attributes
