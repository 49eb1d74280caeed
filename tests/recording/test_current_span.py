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


@pytest.mark.parametrize("is_usual", [True, False])
def test_an_exception_is_recorded_as_asked(is_usual: bool) -> None:
    """By default with its event and as the status; neither where both were switched off."""
    rig = Rig()
    asked = {} if is_usual else {"record_exception": False, "set_status_on_exception": False}

    with pytest.raises(ValueError, match="stuck"), rig.tracer.start_as_current_span("turn", **asked):
        raise ValueError("stuck")

    (span,) = rig.spans
    assert (is_usual, is_usual) == (bool(span.events), not span.status.is_unset)


def test_what_a_block_was_given_is_on_its_span() -> None:
    """Kind, links, parent, start and attributes count, and the span stays open when that is asked for."""
    rig = Rig()
    with rig.tracer.start_as_current_span("above") as above:
        parent = trace.set_span_in_context(above)
    link = trace.Link(above.get_span_context())

    with rig.tracer.start_as_current_span(
        "turn", parent, trace.SpanKind.CLIENT, {"n": 1}, [link], 7, end_on_exit=False
    ) as span:
        assert trace.get_current_span() is span
    assert span.is_recording()
    span.end()

    found = rig.spans[-1]
    assert ("turn", trace.SpanKind.CLIENT, {"n": 1}, 7) == (
        found.name,
        found.kind,
        dict(found.attributes or {}),
        found.start_time,
    )
    assert above.get_span_context().span_id == found.parent.span_id == found.links[0].context.span_id
