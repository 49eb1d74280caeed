"""
How many objects of each type there are, among those the garbage collector knows.

The walk is made of functions in C alone, so that no other thread runs in the middle of it: no object can lose its last reference
but ours and be finalized on our thread, and no class of the agent's is asked anything. It stops the agent as long as it takes, about 0.1 s
for a million objects; so of many objects only every so-many-th is counted, and whoever calls it is told how long it took.
"""

import gc
import sys
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from itertools import compress
from time import thread_time
from typing import Any

__all__ = ["MOST_COUNTED", "TypeCounts", "about_how_many", "count_types", "instances", "type_name"]

MOST_COUNTED = 200_000
"""Objects that are counted in one look; of more, every second, third, and so on."""


@dataclass(frozen=True, slots=True)
class TypeCounts:
    """One look at all objects."""

    counts: dict[str, int]
    """Objects by full name of their type; estimated when `stride` is above 1."""
    objects: int
    """Objects that the garbage collector knows."""
    stride: int
    """Every so-many-th object was counted."""
    pause_s: float
    """How long the agent was stopped, in seconds of processor time."""


def count_types(most_counted: int = MOST_COUNTED) -> TypeCounts:
    """
    Count objects by type.

    Args:
        most_counted: See `MOST_COUNTED`.
    """
    begin_s = thread_time()
    objects = gc.get_objects()
    total = len(objects)
    stride = -(-total // most_counted) if total > most_counted else 1
    if stride > 1:
        objects = objects[::stride]
    types = list(map(type, objects))
    del objects
    counted = _tally(types)
    pause_s = thread_time() - begin_s
    counts: dict[str, int] = {}
    for kind, number in counted:
        name = type_name(kind)
        counts[name] = counts.get(name, 0) + number * stride
    return TypeCounts(counts, total, stride, pause_s)


def instances(names: Collection[str], most: int) -> dict[str, list[Any]]:
    """
    Some objects of chosen types, the newest ones; looked for among the young and the `MOST_COUNTED` newest of the old.

    Args:
        names: Full names of types, as in `TypeCounts.counts`.
        most: Objects of each type, at most.

    Returns:
        By name. They are the agent's own: to be looked at, and let go of at once.
    """
    found: dict[str, list[Any]] = {}
    every = gc.get_objects(0) + gc.get_objects(1) + gc.get_objects(2)[-MOST_COUNTED:]
    for kind, _ in _tally(list(map(type, every))):
        name = type_name(kind)
        if name in names:
            chosen = list(compress(every, map(id(kind).__eq__, map(id, map(type, every)))))[-most:]
            found.setdefault(name, []).extend(chosen)
    return found


def about_how_many() -> int:
    """How many objects there are at most, without looking at them; in 0.3 ms."""
    return sys.getallocatedblocks()


def type_name(kind: type) -> str:
    """
    Full name of a type, without asking its metaclass.

    Args:
        kind: The type.

    Returns:
        "trader.book.Order"; of a builtin its bare name.
    """
    module = type.__dict__["__module__"].__get__(kind)
    name = type.__dict__["__qualname__"].__get__(kind)
    return name if module == "builtins" else f"{module}.{name}"


def _tally(types: list[type]) -> list[tuple[type, int]]:
    """Each type with how often it is there. A metaclass may say when its classes are equal: then they are told apart by identity."""
    plain = (type.__hash__, type.__eq__)
    if all((getattr(meta, "__hash__"), getattr(meta, "__eq__")) == plain for meta in set(map(type, types))):  # noqa: B009
        return list(Counter(types).items())
    identities = list(map(id, types))
    by_identity = dict(zip(identities, types, strict=True))
    return [(by_identity[identity], number) for identity, number in Counter(identities).items()]
