"""Which functions of a module are traced."""

from types import ModuleType
from typing import Any

from otel_agent.instruments.automatic.module_functions import functions_of
from otel_agent.instruments.functions import decorators
from otel_agent.recording.durations import Durations


def test_everything_sensible_is_traced_and_nothing_else(rig: Any) -> None:
    """Functions, methods of any kind and decorated functions are; generated, nested, private protocol and foreign ones are not."""
    handle = rig.install("trader_under_test.desk")
    rig.desk()

    assert {
        "register", "decide", "quick", "risky", "outer", "logged", "decorated", "cached", "fetch", "child", "numbers", "ticks",
        "Book.add", "Book.empty", "Book.price", "Book.Line.total", "Order.double",
    } == {name.removeprefix("trader_under_test.desk.") for name in handle.functions}  # fmt: skip


def test_what_is_decorated_by_hand_is_not_doubled(rig: Any) -> None:
    """A function under `traced` has its one span, one under `timed` none."""
    rig.install("trader_under_test.desk")
    module = rig.desk()
    decorators.bind(rig.provider.recorder("tests", Durations()))
    rig.queue.items.clear()
    with rig.tracer.start_as_current_span("root"):
        module.by_hand()
        module.by_clock()

    assert ["by hand", "root"] == rig.names()


def test_code_inside_functions_is_their_own_affair(rig: Any) -> None:
    """A function inside a function is not traced; what it sees is the outer one."""
    rig.install("trader_under_test.desk")
    module = rig.desk()
    rig.queue.items.clear()
    span_id = module.outer()

    assert [("outer", span_id)] == [(span.name, span.span_id) for span in rig.queue.items]


def test_functions_are_found_without_tracing_any() -> None:
    """In order of definition, methods of inner classes included, each once however often a class is named."""
    module = ModuleType("found_under_test")
    exec(
        "def first(): ...\n"
        "class Book:\n"
        "    def add(self): ...\n"
        "    class Line:\n"
        "        def total(self): ...\n"
        "Alias = Book\n"
        "nameless = lambda: 0\n",
        vars(module),
    )

    assert ["first", "Book.add", "Book.Line.total"] == [function.__qualname__ for function in functions_of(module)]
