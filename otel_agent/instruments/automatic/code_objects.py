"""
The functions of a module, as code objects, found without running anything of the module.

A module's own code holds the code of everything it defines, functions of classes and decorated ones included, before any of it
exists as a function. Where a module has run already, its functions are looked for in its namespace, by what stands there and
not by asking it: lazy objects and proxies answer questions by doing something. Left alone are:

    lambdas, comprehensions, functions inside functions     a span for each would say less than it costs
    methods like `__init__`                                 Python's protocols; dataclasses and namedtuples generate them
"""

import functools
import inspect
from collections.abc import Iterator
from types import CodeType, FrameType, FunctionType
from typing import Any

__all__ = ["functions_in", "functions_of", "module_codes_below"]

_FUNCTION = inspect.CO_OPTIMIZED | inspect.CO_NEWLOCALS
_DEPTH = 8
"""Decorators, classes and closures that are looked into, one inside the other; more than anybody stacks."""


def functions_in(code: CodeType) -> Iterator[CodeType]:
    """
    Functions that running a module's code defines.

    Args:
        code: Code of a module.

    Yields:
        The code of each function, and of each method of its classes.
    """
    for constant in code.co_consts:
        if type(constant) is not CodeType:
            continue
        if constant.co_flags & _FUNCTION != _FUNCTION:
            yield from functions_in(constant)  # the body of a class
        elif _is_named(constant.co_name):
            yield constant


def functions_of(namespace: dict[str, Any], module: str) -> Iterator[CodeType]:
    """
    Functions that stand in a module's namespace, under decorators too.

    Args:
        namespace: The module's `__dict__`.
        module: Full name of the module; classes of other modules are passed by.

    Yields:
        The code of each function and method, once.
    """
    seen: set[int] = set()
    for member in list(namespace.values()):
        for code in _codes(member, namespace, module, seen, _DEPTH):
            if _is_named(code.co_name) and "<locals>" not in code.co_qualname:
                yield code


def module_codes_below(frame: FrameType | None) -> Iterator[tuple[CodeType, dict[str, Any]]]:
    """
    Modules whose code is running just now.

    Args:
        frame: Innermost frame of a thread.

    Yields:
        The code and the namespace of each module on the stack.
    """
    while frame is not None:
        if not frame.f_code.co_flags & inspect.CO_NEWLOCALS and frame.f_locals is frame.f_globals:
            yield frame.f_code, frame.f_globals
        frame = frame.f_back


def _is_named(name: str) -> bool:
    return not name.startswith("<") and not (name.startswith("__") and name.endswith("__"))


def _codes(member: Any, namespace: dict[str, Any], module: str, seen: set[int], depth: int) -> Iterator[CodeType]:
    """Looks at types and slots only; nothing of `member` is called."""
    if depth == 0 or id(member) in seen:
        return
    kind = type(member)
    seen.add(id(member))
    inner: list[Any] = []
    if kind is FunctionType:
        if member.__globals__ is namespace:
            yield member.__code__
        inner = [member.__dict__.get("__wrapped__"), *_in_closure(member)]
    elif kind is staticmethod or kind is classmethod:
        inner = [member.__func__]
    elif kind is functools.partial:
        inner = [member.func]
    elif issubclass(kind, type):
        members = type.__dict__["__dict__"].__get__(member)
        if members.get("__module__") == module:
            inner = list(members.values())
    else:
        inner = [inspect.getattr_static(member, "__wrapped__", None)]
    for each in inner:
        if each is not None:
            yield from _codes(each, namespace, module, seen, depth - 1)


def _in_closure(function: FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            content = cell.cell_contents
        except ValueError:  # not filled yet
            continue
        if type(content) is FunctionType:
            yield content
