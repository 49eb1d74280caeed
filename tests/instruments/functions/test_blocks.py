"""Spans around blocks of code."""

import asyncio
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.trace import StatusCode

from otel_agent.instruments.functions.decorators import span


def current() -> Any:
    """The current span."""
    return trace.get_current_span()


def test_a_block_is_a_span(way: Any) -> None:
    """With attributes, current inside, for `with` and `async with`; an exception is its error."""

    async def main() -> None:
        async with span("async block") as inside:
            assert inside is current()

    with way.tracer.start_as_current_span("root") as root:
        with span("block", portfolio="core", name="n") as inside:
            inside.set_attribute("orders", 3)
            assert inside is current()
        with pytest.raises(ValueError, match="bad"), span("fails"):
            raise ValueError("bad")
        asyncio.run(main())
    found = {each.name: each for each in way.spans()}

    assert {"portfolio": "core", "name": "n", "orders": 3} == dict(found["block"].attributes)
    assert root.get_span_context() == found["block"].parent == found["async block"].parent
    assert (StatusCode.ERROR, "ValueError") == (
        found["fails"].status.status_code,
        found["fails"].attributes["error.type"],
    )
    assert 1 == len(found["fails"].events)


def test_blocks_begin_traces_too(way: Any) -> None:
    """Without a span around it a block is a root."""
    with span("block"):
        pass

    assert [None] == [each.parent for each in way.spans()]


def test_blocks_cost_nothing_they_need_without_telemetry() -> None:
    """Before `init`, a block gives a span that takes everything and records nothing."""
    with span("block", a=1) as inside:
        inside.set_attribute("b", 2)

    assert not inside.is_recording()


def test_a_block_is_also_a_decorator(way: Any) -> None:
    """Each call has a span of its name with its attributes, whatever kind of function it is."""

    @span("rebalance", portfolio="core")
    def rebalance(value: int) -> int:
        return value

    @span("rebalance", portfolio="core")
    async def rebalance_later(value: int) -> int:
        await asyncio.sleep(0)
        return value

    assert [1, 2, 3] == [rebalance(1), rebalance(2), asyncio.run(rebalance_later(3))]

    assert [("rebalance", "core")] * 3 == [(each.name, each.attributes["portfolio"]) for each in way.spans()]
