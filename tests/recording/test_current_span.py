"""Spans that are current in a block, or in every call of a decorated function."""

import asyncio
from typing import Any

import pytest
from opentelemetry import trace
from recording_rig import Rig


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
