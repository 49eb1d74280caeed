"""
Which providers an instrumentation names.

An instrumentation keeps what it does not know, or hands it on to a function that knows less: FastAPI's hands on every keyword
to the making of each application, which then fails. So a provider is passed only to one that names it: as a parameter of its
`_instrument`, as a key it takes from the keywords, or in a function or class of its own package that `_instrument` leads to.
"""

import dis
import inspect
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType, MethodType
from typing import Any

__all__ = ["accepted_by", "named_by"]

_DEPTH = 4
"""How many functions away from `_instrument` a name is looked for."""


def named_by(instrumentor: object, given: Mapping[str, Any]) -> dict[str, Any]:
    """
    The keywords that an instrumentation knows.

    Args:
        instrumentor: Instance of an instrumentor.
        given: Keywords and their values, such as `tracer_provider`.

    Returns:
        Those that are named; none when its code cannot be read.
    """
    function = _function(getattr(type(instrumentor), "_instrument", None))
    if function is None:
        return {}
    accepted = _keywords(function.__code__)
    takes_any = bool(function.__code__.co_flags & inspect.CO_VARKEYWORDS)
    named = _Reading(type(instrumentor)).names(function) if takes_any else set()
    return {name: value for name, value in given.items() if name in accepted or name in named}


def accepted_by(function: object, given: Mapping[str, Any]) -> dict[str, Any]:
    """
    The keywords that are parameters of a function.

    Args:
        function: A function or method.
        given: Keywords and their values.

    Returns:
        Those that can be passed.
    """
    plain = _function(function)
    accepted = _keywords(plain.__code__) if plain is not None else set()
    return {name: value for name, value in given.items() if name in accepted}


class _Reading:
    """Reads the functions that an instrumentor's method leads to, each once."""

    def __init__(self, owner: type) -> None:
        self._owner = owner
        self._package = owner.__module__
        self._seen: set[CodeType] = set()
        self._kept: set[str] = set()
        """Attributes in which keywords may have been kept."""

    def names(self, function: FunctionType, depth: int = 0) -> set[str]:
        if function.__code__ in self._seen or depth > _DEPTH:
            return set()
        self._seen.add(function.__code__)
        found: set[str] = set()
        for code in _codes(function.__code__):
            found.update(constant for constant in code.co_consts if isinstance(constant, str))
            if depth or code is not function.__code__:
                found.update(_keywords(code))
        if not self._may_hand_on(function.__code__):
            return found
        self._kept |= {each.argval for each in dis.get_instructions(function.__code__) if each.opname == "STORE_ATTR"}
        for code in _codes(function.__code__):
            for name in code.co_names:
                for other in self._led_to(name, function):
                    found |= self.names(other, depth + 1)
        return found

    def _may_hand_on(self, code: CodeType) -> bool:
        """Whether a function has the keywords: as its own, or where one before it has kept them."""
        return bool(code.co_flags & inspect.CO_VARKEYWORDS) or not self._kept.isdisjoint(code.co_names)

    def _led_to(self, name: str, function: FunctionType) -> Iterator[FunctionType]:
        for value in (function.__globals__.get(name), inspect.getattr_static(self._owner, name, None)):
            if issubclass(type(value), type) and self._is_own(value):
                yield from filter(None, map(_function, list(vars(value).values())))
            else:
                other = _function(value)
                if other is not None and self._is_own(other):
                    yield other

    def _is_own(self, value: Any) -> bool:
        module = getattr(value, "__module__", None) or ""
        return (
            module == self._package
            or module.startswith(f"{self._package}.")
            or _parent(module) == _parent(self._package)
        )


def _parent(module: str) -> str | None:
    """The package of a module inside a package that is not shared with other instrumentations."""
    parent = module.rpartition(".")[0]
    return None if parent in {"", "opentelemetry.instrumentation"} else parent


def _function(value: Any) -> FunctionType | None:
    """The function behind a method or a decorator; `type`, because `isinstance` asks lazy objects, which then load something."""
    for _ in range(_DEPTH):
        if issubclass(type(value), staticmethod | classmethod | MethodType):
            value = value.__func__
        elif type(value) is FunctionType and "__wrapped__" in vars(value):
            value = vars(value)["__wrapped__"]
        else:
            break
    return value if type(value) is FunctionType else None


def _keywords(code: CodeType) -> set[str]:
    first = code.co_posonlyargcount
    return set(code.co_varnames[first : code.co_argcount + code.co_kwonlyargcount])


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
