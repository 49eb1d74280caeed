"""Functions traced in place: everybody who holds them calls the traced one, and all else is as before."""

import asyncio
import inspect
import pickle
import types
from typing import Any

import pytest
from opentelemetry import trace

from otel_agent.instruments.automatic.code_exchange import is_traced, restore, trace_in_place
from otel_agent.instruments.automatic.pending_spans import CallSite


def test_functions_keep_what_can_be_asked_of_them(rig: Any) -> None:
    """Signature, source, documentation, kind and pickling are as before."""
    rig.install("trader_under_test.desk")
    module = rig.desk()

    assert "(symbol, size=1, *, paper=True)" == str(inspect.signature(module.decide))
    assert "Decides." == inspect.getdoc(module.decide)
    assert inspect.getsource(module.quick).startswith("def quick")
    assert inspect.iscoroutinefunction(module.fetch)
    assert inspect.isgeneratorfunction(module.numbers)
    assert inspect.isasyncgenfunction(module.ticks)
    assert module.decide is pickle.loads(pickle.dumps(module.decide))
    assert 5 == module.Book().limit


def test_methods_do_what_they_did(rig: Any) -> None:
    """`super`, class and static methods work in traced methods."""
    rig.install("trader_under_test.desk")
    book = rig.desk().Book.empty().add("one")

    assert ["one"] == book.orders
    assert 1.5 == book.price()
    assert 9 == book.Line().total()
    assert ["Book.empty", "Book.add", "Book.price", "Book.Line.total"] == rig.names()[-4:]


def test_coroutines_are_parents_of_what_they_await(rig: Any) -> None:
    """The span of a coroutine is current where its body runs."""
    rig.install("trader_under_test.desk")
    module = rig.desk()
    rig.queue.items.clear()
    asyncio.run(module.fetch())
    child, fetch = rig.queue.items

    assert ("child", "fetch") == (child.name, fetch.name)
    assert fetch.span_id == child.parent_id


def test_generators_keep_their_protocol(rig: Any) -> None:
    """Steps, return value and early end of generators are as before, and nothing is current between steps."""
    rig.install("trader_under_test.desk")
    module = rig.desk()
    rig.queue.items.clear()
    steps = module.numbers(3)

    assert 0 == next(steps)
    assert trace.INVALID_SPAN is trace.get_current_span()
    assert [1, 2] == list(steps)

    async def consume() -> list[int]:
        return [number async for number in module.ticks(2)]

    assert [0, 1] == asyncio.run(consume())
    early = module.numbers(9)
    next(early)
    early.close()
    assert ["numbers", "ticks", "numbers"] == rig.names()
    assert {trace.StatusCode.UNSET} == {span.status.status_code for span in rig.queue.items}


def test_the_same_function_object_is_traced_and_restored(rig: Any) -> None:
    """Closure, defaults and keyword defaults are kept; tracing twice and restoring twice are harmless."""
    bonus = 10
    site = CallSite("pay", {}, 0, rig.tracer)

    def pay(base: int, /, factor: int = 2, *, extra: int = 1) -> int:
        return base * factor + extra + bonus

    assert isinstance(pay, types.FunctionType)
    code = pay.__code__
    assert [True, False] == [trace_in_place(pay, site), trace_in_place(pay, site)]
    assert is_traced(pay)
    assert [17, 41] == [pay(3), pay(3, 10)]
    bonus = 0
    assert 7 == pay(3)
    restore(pay)
    restore(pay)

    assert not is_traced(pay)
    assert code is pay.__code__
    assert not hasattr(pay, "__wrapped__")
    assert ["pay"] * 3 == rig.names()


def test_generators_of_the_old_kind_of_coroutine_are_left_alone(rig: Any) -> None:
    """What is both a generator and a coroutine cannot be told apart from either."""

    @types.coroutine
    def old() -> Any:
        yield

    function: Any = old
    assert not trace_in_place(function, CallSite("old", {}, 0, rig.tracer))
    assert not is_traced(function)


def test_what_a_generator_is_sent_and_thrown_reaches_its_body(rig: Any) -> None:
    """Plain and async generators answer as without us."""

    def plain() -> Any:
        try:
            yield (yield 1)
        except ValueError:
            yield "caught"

    async def later() -> Any:
        try:
            yield (yield 1)
        except ValueError:
            yield "caught"

    functions: list[Any] = [plain, later]
    for function in functions:
        assert trace_in_place(function, CallSite(function.__name__, {}, 0, rig.tracer))
    steps = plain()
    assert [1, "sent", "caught"] == [next(steps), steps.send("sent"), steps.throw(ValueError())]

    async def main() -> list[Any]:
        ticks = later()
        seen = [await anext(ticks), await ticks.asend("sent"), await ticks.athrow(ValueError())]
        await ticks.aclose()
        return seen

    assert [1, "sent", "caught"] == asyncio.run(main())
    steps.close()
    assert ["later", "plain"] == rig.names()
    assert trace.INVALID_SPAN is trace.get_current_span()


@pytest.mark.parametrize("ending", [ValueError, GeneratorExit, asyncio.CancelledError])
def test_an_exception_comes_out_as_it_was_raised(rig: Any, ending: type[BaseException]) -> None:
    """And the context is given back."""
    raised = ending("no")

    def refuse() -> None:
        raise raised

    function: Any = refuse
    trace_in_place(function, CallSite("refuse", {}, 0, rig.tracer))
    with pytest.raises(ending) as caught:
        function()

    assert raised is caught.value
    assert trace.INVALID_SPAN is trace.get_current_span()
