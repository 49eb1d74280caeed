"""
Digests of arguments and results: whether two values are equal, told without keeping either.

A digest is 64 bits of a hash that differs from process to process, so it says nothing about a value to anybody else. It is made of what
values of plain types hold, and of the attributes of everything else; no code of the agent's is run for it, neither `__hash__` nor
`__repr__`. What cannot be told that way, is too large, or changes while it is looked at, has no digest: nothing is claimed of it.
"""

import datetime as dt
import decimal
import enum
import fractions
import pathlib
import types
import uuid
from contextlib import suppress
from typing import Any

__all__ = ["MOST_NODES", "digest", "parts_of"]

MOST_NODES = 256
"""Values inside of values that are looked at."""

MOST_CHARS = 1 << 20
"""Longer texts have no digest."""

MOST_DEPTH = 8

_PLAIN = frozenset((str, bytes, float, complex, bool, type(None), type(Ellipsis)))
_VALUES = frozenset(
    (
        dt.datetime,
        dt.date,
        dt.time,
        dt.timedelta,
        dt.timezone,
        decimal.Decimal,
        fractions.Fraction,
        uuid.UUID,
        range,
        pathlib.PosixPath,
        pathlib.WindowsPath,
        pathlib.PurePosixPath,
        pathlib.PureWindowsPath,
    )
)
"""Immutable types of the standard library whose own hash is one of their value."""

_BY_IDENTITY = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.ModuleType,
    type,
)
"""What is the same only when it is the same object, and usually lives as long as the program."""

_UNTOLD = (
    types.GeneratorType,
    types.CoroutineType,
    types.AsyncGeneratorType,
    types.FrameType,
    types.TracebackType,
    memoryview,
    BaseException,
)


_BASES: tuple[type, ...] = (tuple, list, dict, set, frozenset, str, bytes, int, float)
"""Types whose subclasses hold what they hold, and attributes."""


class _UnknownError(Exception):
    """There is no digest."""


class _Left:
    """How many nodes may still be looked at."""

    __slots__ = ("nodes",)

    def __init__(self) -> None:
        self.nodes = MOST_NODES


def digest(value: Any) -> int | None:
    """
    The digest of a value.

    Args:
        value: Any value.

    Returns:
        Equal numbers for equal values; None where nothing can be said.
    """
    try:
        return hash(_shape(value, _Left(), 0))
    except (_UnknownError, RecursionError, RuntimeError, TypeError, ValueError, AttributeError):
        return None


def parts_of(value: Any, depth: int = 2) -> set[int]:
    """
    Digests of a value and of what it holds, for seeing whether a value was taken from another one.

    Args:
        value: Any value. Numbers below 256, empty and very short texts, booleans and None say nothing and are left out.
        depth: Levels that are looked into.
    """
    found: set[int] = set()
    _collect(value, depth, found)
    return found


def _collect(value: Any, depth: int, found: set[int]) -> None:
    kind = type(value)
    if kind in (bool, type(None)) or (kind is int and abs(value) < 256) or (kind in (str, bytes) and len(value) < 3):  # noqa: PLR2004 - common values
        return
    made = digest(value)
    if made is not None:
        found.add(made)
    if depth and len(found) < MOST_NODES:
        if kind is dict:
            inner: Any = list(value.values())
        elif isinstance(value, list | tuple):
            inner = value
        else:
            inner = list(_attributes(value).values()) if hasattr(kind, "__dict__") else ()
        for each in inner[:MOST_NODES]:
            _collect(each, depth - 1, found)


def _shape(value: Any, left: _Left, depth: int) -> Any:  # noqa: C901, PLR0911, PLR0912 - one line for each kind of value
    kind = type(value)
    if kind is int:
        return value if value >= 0 else (int, ~value)  # hash(-1) == hash(-2)
    if kind in _PLAIN:
        if kind in (str, bytes) and len(value) > MOST_CHARS:
            raise _UnknownError
        return kind, hash(value)
    left.nodes -= 1
    if left.nodes < 0 or depth > MOST_DEPTH:
        raise _UnknownError
    if kind in _VALUES:
        return kind, hash(value)
    if kind is tuple or kind is list:
        if len(value) > left.nodes and not _is_flat(value):
            raise _UnknownError
        return kind, _sequence(value, left, depth)
    if kind is dict:
        if len(value) > left.nodes:
            raise _UnknownError
        return kind, tuple((_shape(key, left, depth + 1), _shape(part, left, depth + 1)) for key, part in value.items())
    if kind is set or kind is frozenset:
        return kind, frozenset(hash(_shape(each, left, depth + 1)) for each in value)
    if kind is bytearray:
        return kind, hash(bytes(value))
    if isinstance(value, enum.Enum):
        return kind, value.name
    if isinstance(value, _BY_IDENTITY):
        return kind, id(value)
    if isinstance(value, _UNTOLD):
        raise _UnknownError
    return _of_object(value, left, depth)


def _sequence(value: Any, left: _Left, depth: int) -> Any:
    """A long list of numbers or texts is one node: its hash is made in C."""
    if len(value) > 16 and _is_flat(value):  # noqa: PLR2004 - below it costs the same
        return len(value), hash(tuple(value)), sum(1 for each in value if each == -1)
    return tuple(_shape(each, left, depth + 1) for each in value)


def _is_flat(value: Any) -> bool:
    return len(value) <= MOST_CHARS // 8 and set(map(type, value)) <= {int, float, str, bytes, bool}


def _of_object(value: Any, left: _Left, depth: int) -> Any:
    kind = type(value)
    array = getattr(kind, "tobytes", None)
    if array is not None and kind.__module__.partition(".")[0] == "numpy":
        if value.nbytes > MOST_CHARS or value.dtype.hasobject:
            raise _UnknownError
        return kind, str(value.dtype), value.shape, hash(value.tobytes())
    if isinstance(value, _BASES):
        base: Any = next(each for each in _BASES if isinstance(value, each))
        return kind, _shape(base(value), left, depth + 1), _attribute_shapes(value, left, depth)
    state = _attribute_shapes(value, left, depth)
    if not state and kind.__module__ in {"builtins", "_io", "_thread", "_socket", "_asyncio", "_sqlite3", "sqlite3"}:
        raise _UnknownError  # what it holds is in C
    return kind, state


def _attribute_shapes(value: Any, left: _Left, depth: int) -> Any:
    return tuple((name, _shape(part, left, depth + 1)) for name, part in _attributes(value).items())


def _attributes(value: Any) -> dict[str, Any]:
    """Attributes of an object, read past any code of its own."""
    found: dict[str, Any] = {}
    with suppress(AttributeError, TypeError):
        found.update(object.__getattribute__(value, "__dict__"))
    for base in type(value).__mro__:
        for name, member in vars(base).items():
            if isinstance(member, types.MemberDescriptorType):
                try:
                    found[name] = member.__get__(value, type(value))
                except AttributeError:
                    continue
    return found
