"""The span of a call is current inside it, and nothing of it stays behind."""

import asyncio
from typing import Any

import pytest
from opentelemetry import context, trace
from opentelemetry.sdk.trace import sampling

from otel_agent.instruments.functions.decorators import traced


def current() -> Any:
    """The current span."""
    return trace.get_current_span()


@traced
def function() -> int:
    """A function."""
    return 3


def test_a_coroutine_closed_by_another_task_disturbs_nobody(way: Any) -> None:
    """Its span ends there, and the context of whoever closes it stays as it is."""

    @traced("waits")
    async def waits() -> None:
        await asyncio.sleep(60)

    async def main() -> None:
        waiting = waits()
        await asyncio.create_task(_step(waiting))
        with way.tracer.start_as_current_span("closer") as closer:
            waiting.close()
            assert closer is current()

    asyncio.run(main())

    assert ["waits", "closer"] == [each.name for each in way.spans()]


async def _step(coroutine: Any) -> None:
    """Run a coroutine to its first pause."""
    coroutine.send(None)


def test_tasks_and_threads_keep_their_parents(rig: Any) -> None:
    """Traced coroutines in tasks are children of who made the task; a thread begins in no span."""

    @traced("worker")
    async def worker() -> None:
        await asyncio.sleep(0)
        function()

    @traced("main")
    async def main() -> None:
        await asyncio.gather(worker(), worker())
        await asyncio.to_thread(function)

    asyncio.run(main())
    root = rig.one("main")
    workers = [each for each in rig.spans if each.name == "worker"]

    assert {root.span_id} == {each.parent_id for each in workers}
    assert {*(each.span_id for each in workers), root.span_id} == {
        each.parent_id for each in rig.spans if each.name == "function"
    }


def test_a_context_the_body_leaves_behind_is_cleared(way: Any) -> None:
    """What a body attaches and never detaches ends with its call."""

    @traced("careless")
    def careless() -> None:
        context.attach(context.set_value("left", "behind"))

    careless()

    assert context.get_value("left") is None


def test_below_a_span_that_was_not_sampled_functions_run_bare(make_rig: Any) -> None:
    """They ask nobody and make nothing, see the span above, and their durations are counted, errors too."""
    found = make_rig(sampler=sampling.ALWAYS_OFF)

    @traced("child")
    def child() -> Any:
        return current()

    @traced("later")
    async def later() -> Any:
        return current()

    @traced("fails")
    def fails() -> None:
        raise LookupError

    with found.tracer.start_as_current_span("root") as root:
        assert root is child()
        assert root is asyncio.run(later())
        with pytest.raises(LookupError):
            fails()
        context_of_root = root.get_span_context()

    assert [] == found.spans
    assert [1, 1, 1] == list(found.calls().values())
    assert context_of_root.is_valid
    assert not context_of_root.trace_flags.sampled
