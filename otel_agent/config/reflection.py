"""
What a class of the model consists of: its fields, their kinds, and what a kind is made of.

Knows msgspec and no class of the model, so that the classes themselves, and whoever reads them, can use it.
"""

import sys
import types
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from msgspec import NODEFAULT, Struct

__all__ = ["Leaf", "can_be_off", "fields_of", "has_mark", "is_section", "members", "metas"]


class Leaf(Struct, frozen=True):
    """One setting."""

    path: str
    """`health.port`; of a class by itself, the key."""
    annotation: Any
    """What stands behind its name in the class: its type with `msgspec.Meta`, in quotes where it is loaded late."""
    default: Any
    """What it is when nobody gives it; `msgspec.NODEFAULT`: it must be given."""
    attribute: str
    """Its attribute in the class; another name than the key where the key is a word of Python's: `is_continued`."""
    module: str
    """The module of the class, which knows the names in quotes."""

    @property
    def kind(self) -> Any:
        """Its type, with `msgspec.Meta`; loads what it names."""
        if isinstance(self.annotation, str):
            return _named(self.annotation, self.module)
        return self.annotation

    @property
    def variable(self) -> str:
        """Its environment variable: `OTEL_AGENT_HEALTH__PORT`."""
        return "OTEL_AGENT_" + self.path.replace(".", "__").upper()


@cache
def _named(annotation: str, module: str) -> Any:
    return eval(annotation, vars(sys.modules[module]))  # noqa: S307 - an annotation of our own, as `typing.get_type_hints` does it


def is_section(kind: Any) -> bool:
    """
    Whether a field holds further settings instead of a value.

    Args:
        kind: The field's type.
    """
    return isinstance(kind, type) and issubclass(kind, Struct)


@cache
def fields_of(struct: Any) -> dict[str, Leaf]:
    """
    The fields of one class, without those that the reader fills in itself.

    As `msgspec.structs.fields`, but types in quotes are not looked up before somebody asks for them.

    Args:
        struct: A class of the model.

    Returns:
        By key; a field without a default has `msgspec.NODEFAULT`.
    """
    annotations: dict[str, tuple[Any, str]] = {}
    for one in reversed(struct.__mro__):
        if is_section(one):
            annotations |= {name: (annotation, one.__module__) for name, annotation in one.__annotations__.items()}
    needed = len(struct.__struct_fields__) - len(struct.__struct_defaults__)
    defaults = (NODEFAULT,) * needed + struct.__struct_defaults__
    found = {}
    for name, key, default in zip(struct.__struct_fields__, struct.__struct_encode_fields__, defaults, strict=True):
        annotation, module = annotations[name]
        if not has_mark(annotation, "filled"):
            made = default.factory() if hasattr(default, "factory") else default
            found[key] = Leaf(key, annotation, made, name, module)
    return found


def members(kind: Any) -> tuple[Any, ...]:
    """
    The members of a union, otherwise the kind alone.

    Args:
        kind: Any kind.
    """
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def metas(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    """
    A kind without its annotations, and these.

    Args:
        kind: Any kind that is no union.
    """
    if get_origin(kind) is Annotated:
        base, *found = get_args(kind)
        return base, tuple(found)
    return kind, ()


def can_be_off(kind: Any) -> bool:
    """
    Whether `off` or false stands for None: where None means something, and the setting is a number, a choice or a list.

    Args:
        kind: Any kind.
    """
    bases = {metas(option)[0] for option in members(kind)}
    if types.NoneType not in bases or has_mark(kind, "length"):
        return False
    is_group = any(get_origin(base) is dict or is_section(base) for base in bases)
    return not is_group and bases.isdisjoint({str, bool})


def has_mark(kind: Any, mark: str) -> bool:
    """
    Whether a kind, or a member of it, is marked.

    Args:
        kind: Any kind.
        mark: A key of `msgspec.Meta.extra`; `kinds` lists them.
    """
    return any((meta.extra or {}).get(mark) for option in members(kind) for meta in metas(option)[1])
