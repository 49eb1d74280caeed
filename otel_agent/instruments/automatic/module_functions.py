"""
Which functions of a module are traced: its functions, and the methods of its classes and of the classes inside them.

Of a decorated function it is the one under the decorators. Left alone are:

    lambdas, and functions inside functions     a span for each would say less than it costs
    properties                                  they are read like attributes, and as often
    methods like `__init__`                     Python's protocols; dataclasses and namedtuples generate them
    what was defined in another module          it is traced with that module, if at all
    what `traced` or `timed` decorate           it is measured already
"""

import inspect
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

from otel_agent.instruments.automatic.code_exchange import is_traced
from otel_agent.instruments.functions.marks import is_decorated

__all__ = ["functions_of"]

_DECORATORS = 50
"""Decorators of one function that are looked under; more than anybody stacks."""


def functions_of(module: ModuleType) -> Iterator[FunctionType]:
    """
    The functions of a module that are to be traced, those that are traced already left out.

    Args:
        module: Module whose body has run, or runs.

    Yields:
        Each function, in order of definition.
    """
    yield from _functions_in(vars(module), vars(module), module.__name__, set())


def _functions_in(members: Any, namespace: dict[str, Any], module: str, seen: set[int]) -> Iterator[FunctionType]:
    for name, member in list(members.items()):
        if name.startswith("__") and name.endswith("__"):
            continue
        if isinstance(member, type):
            if member.__module__ == module and id(member) not in seen:
                seen.add(id(member))
                yield from _functions_in(vars(member), namespace, module, seen)
            continue
        function = _under_decorators(member.__func__ if isinstance(member, staticmethod | classmethod) else member)
        if function is not None and function.__globals__ is namespace and function.__name__ != "<lambda>":
            yield function


def _under_decorators(member: Any) -> FunctionType | None:
    """The function under its decorators; `None` for what is measured already or is no function."""
    layers = 0
    while member is not None and layers < _DECORATORS:
        if is_decorated(member) or (isinstance(member, FunctionType) and is_traced(member)):
            return None
        inner = inspect.getattr_static(member, "__wrapped__", None)
        if inner is None or isinstance(member, type):
            break
        member, layers = inner, layers + 1
    return member if isinstance(member, FunctionType) else None
