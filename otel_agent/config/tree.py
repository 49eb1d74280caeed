"""The paths of the model: which settings there are, of which kind, with which default, and which section holds which keys."""

import types
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from msgspec import NODEFAULT, Struct, structs

from otel_agent.config.model import Config

__all__ = ["Leaf", "build", "can_be_off", "fields_of", "is_section", "leaves", "members", "metas", "sections"]


class Leaf(Struct, frozen=True):
    """One setting."""

    path: str
    """`health.port`."""
    kind: Any
    """Its type, with `msgspec.Meta`."""
    default: Any
    """What it is when nobody gives it."""

    @property
    def variable(self) -> str:
        """Its environment variable: `OTEL_AGENT_HEALTH__PORT`."""
        return "OTEL_AGENT_" + self.path.replace(".", "__").upper()


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
    The fields of one class.

    Args:
        struct: A class of the model.

    Returns:
        By name; a field without a default has `msgspec.NODEFAULT`.
    """
    found = {}
    for field in structs.fields(struct):
        default = field.default if field.default_factory is NODEFAULT else field.default_factory()
        found[field.name] = Leaf(field.name, field.type, default)
    return found


@cache
def leaves() -> dict[str, Leaf]:
    """Every setting, by path, in the order of the model."""
    return dict(_walk(Config, ""))


@cache
def sections() -> dict[str, type[Struct]]:
    """Every section, by path, in the order of the model; the whole has the empty path."""
    return {"": Config, **dict(_sections(Config, ""))}


def _walk(struct: type[Struct], prefix: str) -> list[tuple[str, Leaf]]:
    found: list[tuple[str, Leaf]] = []
    for name, field in fields_of(struct).items():
        path = prefix + name
        if is_section(field.kind):
            found += _walk(field.kind, path + ".")
        else:
            found.append((path, Leaf(path, field.kind, field.default)))
    return found


def _sections(struct: type[Struct], prefix: str) -> list[tuple[str, type[Struct]]]:
    found: list[tuple[str, type[Struct]]] = []
    for name, field in fields_of(struct).items():
        if is_section(field.kind):
            found += [(prefix + name, field.kind), *_sections(field.kind, prefix + name + ".")]
    return found


def members(kind: Any) -> tuple[Any, ...]:
    """
    What a kind is made of.

    Args:
        kind: Any kind.

    Returns:
        The members of a union, otherwise the kind alone.
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
    Whether `off` or false stands for None: where None means something, and neither a text nor a switch is expected.

    Args:
        kind: Any kind.
    """
    bases = {metas(option)[0] for option in members(kind)}
    is_mapping = any(get_origin(base) is dict for base in bases)
    return types.NoneType in bases and not is_mapping and bases.isdisjoint({str, bool})


def build(values: dict[str, Any]) -> Config:
    """
    The tree with some settings given.

    Args:
        values: Right values, by path; every other setting has its default.
    """
    nested: dict[str, Any] = {}
    for path, value in values.items():
        *parents, name = path.split(".")
        target = nested
        for parent in parents:
            target = target.setdefault(parent, {})
        target[name] = value
    built: Config = _build(Config, nested)
    return built


def _build(struct: Any, nested: dict[str, Any]) -> Any:
    fields = fields_of(struct)
    return struct(
        **{
            name: _build(fields[name].kind, value) if is_section(fields[name].kind) else value
            for name, value in nested.items()
        }
    )
