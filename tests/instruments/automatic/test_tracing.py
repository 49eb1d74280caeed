"""Automatic tracing put in place and taken back: found before it is called, and the program unchanged."""

import inspect
import marshal
import pickle
import sys
import threading
from importlib.machinery import SourceFileLoader
from typing import Any

import pytest
from waiting import until

from otel_agent.instruments.automatic.monitoring import HAS_MONITORING
from otel_agent.instruments.automatic.trials import TRIAL_CALLS
from otel_agent.instruments.functions.decorators import untraced

watched = pytest.mark.skipif(not HAS_MONITORING, reason="sys.monitoring is there from Python 3.12 on")

NAMES = {
    "register", "decide", "quick", "risky", "outer", "logged", "decorated", "cached", "fetch", "child", "waits", "numbers", "ticks",
    "Book.add", "Book.empty", "Book.price", "Book.Line.total", "Order.double",
}  # fmt: skip


def found(handle: Any) -> set[str]:
    """Qualified names of the functions that are traced."""
    return {name.removeprefix("trader_under_test.desk.") for name in handle.functions}


def test_functions_are_found_as_their_module_is_imported(rig: Any) -> None:
    """Everything sensible, before any of it is called; what `traced` and `timed` decorate is measured already."""
    handle = rig.install("trader_under_test")
    rig.desk()

    assert NAMES == found(handle)


def test_functions_are_found_when_their_module_is_there_already(rig: Any) -> None:
    """The same ones."""
    rig.desk()

    assert NAMES == found(rig.install("trader_under_test.desk"))


def test_functions_stay_what_they_are(rig: Any) -> None:
    """Signature, source, kind, code and pickling are the program's own, before, while and after it is traced."""
    module = rig.desk()
    code = module.decide.__code__
    handle = rig.install("trader_under_test")
    during = module.decide.__code__, module.decide.__dict__
    module.decide("ACME")
    handle.close()
    handle.close()

    assert (code, {}) == during
    assert code is module.decide.__code__
    assert "(symbol, size=1, *, paper=True)" == str(inspect.signature(module.decide))
    assert inspect.getsource(module.quick).startswith("def quick")
    assert module.decide is pickle.loads(pickle.dumps(module.decide))
    assert marshal.loads(marshal.dumps(code)) == code


def test_a_function_can_be_left_out(rig: Any) -> None:
    """By a name with an exclamation mark, or by a decorator."""
    handle = rig.install("trader_under_test", "!trader_under_test.desk.Book", "!trader_under_test.desk.quick")
    module = rig.desk()
    untraced(module.Order)
    untraced(module.decide)

    assert NAMES - {
        "quick",
        "decide",
        "Book.add",
        "Book.empty",
        "Book.price",
        "Book.Line.total",
        "Order.double",
    } == found(handle)


def test_modules_that_change_meanwhile_are_no_trouble(rig: Any) -> None:
    """Other threads import while functions are looked for."""
    stop = threading.Event()

    def churn() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            sys.modules[f"churned_{number}"] = type(sys)(f"churned_{number}")
            sys.modules.pop(f"churned_{number - 50}", None)

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        problems = [rig.install("trader_under_test").close() for _ in range(20)]
    finally:
        stop.set()
        thread.join(20)
        for name in [name for name in sys.modules if name.startswith("churned_")]:
            del sys.modules[name]

    assert [None] * 20 == problems


def test_a_module_whose_loader_keeps_its_code_is_looked_through_afterwards(
    rig: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As pytest's own loader does, which rewrites assertions."""
    handle = rig.install("trader_under_test")

    def exec_module(self: Any, module: Any) -> None:
        exec(compile(self.get_data(self.path), self.path, "exec"), module.__dict__)

    monkeypatch.setattr(SourceFileLoader, "exec_module", exec_module)

    assert rig.desk().quick.__code__ in {each.code for each in handle._functions.values()}


@watched
def test_whoever_holds_a_function_already_calls_the_traced_one(rig: Any) -> None:
    """A registry, or a name imported from elsewhere."""
    held = rig.desk().REGISTRY[0]
    rig.install("trader_under_test.desk")
    held("ACME")

    assert ["decide"] == rig.names()


@watched
def test_a_call_under_a_decorator_of_ours_has_one_span(rig: Any) -> None:
    """One under `traced` is not doubled."""
    rig.install("trader_under_test.desk")
    module = rig.desk()
    rig.queue.items.clear()
    module.by_hand()
    module.by_clock()

    assert [] == rig.names()


@watched
def test_a_function_that_was_left_alone_is_tried_again(rig: Any) -> None:
    """Within a minute; the thread that looks at stacks does it."""
    handle = rig.install("trader_under_test.desk", min_duration_s=9)
    module = rig.desk()
    for _ in range(TRIAL_CALLS):
        module.quick()
    function = handle._functions[id(module.quick.__code__)]
    is_left = not function.trial.is_watched
    function.trial.again_at_s = 0.0

    assert is_left
    assert until(lambda: function.trial.is_watched)


@watched
def test_a_slow_call_of_a_function_that_was_left_alone_has_a_span(rig: Any) -> None:
    """It is seen on the stack."""
    rig.install("trader_under_test.desk", min_duration_s=0.001)
    module, seen = rig.desk(), threading.Event()
    for _ in range(2 * TRIAL_CALLS):
        module.waits(int)
    rig.queue.items.clear()
    code = module.waits.__code__

    def is_seen() -> bool:
        frame: Any = sys._current_frames().get(thread.ident or 0)
        while frame is not None and frame.f_code is not code:
            frame = frame.f_back
        return frame is not None and frame.f_trace is not None

    thread = threading.Thread(target=lambda: module.waits(lambda: seen.wait(60)))
    thread.start()
    until(is_seen)
    threading.Event().wait(0.06)
    seen.set()
    thread.join(20)
    until(rig.names)

    assert ["waits"] == rig.names()
