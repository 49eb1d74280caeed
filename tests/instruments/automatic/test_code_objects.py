"""The functions of a module, found without running anything of it."""

import sys
from typing import Any

from otel_agent.instruments.automatic.code_objects import functions_in, functions_of, module_codes_below

TEXT = """
import functools

def logged(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper

@logged
def decorated(): return [x for x in (1, 2)]

@functools.cache
def kept(x): return x

part = functools.partial(kept, 1)
anonymous = lambda: 0

class Book:
    def __init__(self): pass
    def add(self): pass
    @staticmethod
    def price(): pass
    @classmethod
    def empty(cls): pass
    class Line:
        def total(self): pass

class Lazy:
    asked = []
    def __getattr__(self, name):
        Lazy.asked.append(name)
        raise RuntimeError("nobody may ask")
    __class__ = property(lambda self: Lazy.asked.append("class"))

lazy = Lazy()
"""

NAMES = {"logged", "decorated", "kept", "Book.add", "Book.price", "Book.empty", "Book.Line.total"}


def namespace() -> tuple[Any, dict[str, Any]]:
    """The code of a module and what it leaves."""
    code = compile(TEXT, "trader.py", "exec")
    space: dict[str, Any] = {"__name__": "trader"}
    exec(code, space)
    return code, space


def test_a_module_s_code_holds_its_functions_before_they_exist() -> None:
    """Decorated ones and methods included; lambdas, comprehensions, inner functions and Python's protocols not."""
    assert NAMES == {code.co_qualname for code in functions_in(namespace()[0])}


def test_a_module_that_has_run_is_looked_through_by_what_stands_there() -> None:
    """The same functions are found, under decorators of any kind, and they are the very ones that run."""
    code, space = namespace()
    found = {each.co_qualname: each for each in functions_of(space, "trader")}

    assert NAMES == set(found)
    assert {id(each) for each in functions_in(code)} == {id(each) for each in found.values()}


def test_nothing_is_asked_of_lazy_objects() -> None:
    """Proxies answer questions by connecting, or by raising."""
    _, space = namespace()
    list(functions_of(space, "trader"))

    assert [] == space["Lazy"].asked


def test_modules_that_run_just_now_are_on_the_stack() -> None:
    """The script that calls `init` in its first line has its functions below it."""
    found: list[str] = []
    space = {
        "__name__": "agent",
        "look": lambda: found.extend(s["__name__"] for _, s in module_codes_below(sys._getframe())),
    }
    exec(compile("look()", "agent.py", "exec"), space)

    assert "agent" == found[0]
