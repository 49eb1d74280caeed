"""The paths of the model: which settings there are, of which kind, with which default, and which section holds which keys."""

from functools import cache
from typing import Any

from msgspec import Struct

from otel_agent.config.model import Config
from otel_agent.config.reflection import Leaf, fields_of, is_section

__all__ = ["build", "leaves", "sections"]


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
        if is_section(field.annotation):
            found += _walk(field.annotation, path + ".")
        else:
            found.append((path, Leaf(path, field.annotation, field.default, field.attribute, field.module)))
    return found


def _sections(struct: type[Struct], prefix: str) -> list[tuple[str, type[Struct]]]:
    found: list[tuple[str, type[Struct]]] = []
    for name, field in fields_of(struct).items():
        if is_section(field.annotation):
            found += [(prefix + name, field.annotation), *_sections(field.annotation, prefix + name + ".")]
    return found


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
