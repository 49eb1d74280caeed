"""
The JSON Schema of the configuration file, for editors.

It allows what the loader takes: one value where a list is wanted, a scalar where a string is wanted, `${...}` anywhere, and an
empty value, which takes back what a weaker source says.

Source: https://json-schema.org/draft-07, the version that editors' YAML support understands.
"""

import types
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from msgspec import NODEFAULT, UNSET, UnsetType, to_builtins

from otel_agent.config.model import Config
from otel_agent.config.reference.field_texts import described
from otel_agent.config.reflection import can_be_off, fields_of, has_mark, is_section, members, metas
from otel_agent.config.sections.section import ChoiceSettings

__all__ = ["schema"]

_REFERENCE = {"type": "string", "pattern": r"\$\{"}
_EMPTY = {"type": "null"}
_ABSENT = (types.NoneType, UnsetType)
_LENGTH = "^(0|([0-9]+(y|w|d|h|m|s|ms))+)$"
_SCALARS = {bool: "boolean", int: "integer", float: "number"}


def schema() -> dict[str, Any]:
    """The schema as plain mappings, ready for `json.dumps`."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "otel-agent.yaml",
        **_section(Config),
        "definitions": {one.__name__: _section(one) for one in dict.fromkeys(_entries(Config))},
    }


def _entries(kind: Any) -> Iterator[Any]:
    """Classes of what stands in lists and mappings, or is one of several shapes; each is written once."""
    if is_section(kind):
        for field in fields_of(kind).values():
            yield from _entries(field.kind)
        return
    for option in members(kind):
        base = metas(option)[0]
        for inner in (base, *get_args(base)):
            if is_section(inner):
                yield inner
                yield from _entries(inner)


def _section(struct: Any) -> dict[str, Any]:
    texts = described(struct)
    properties = {}
    for name, field in fields_of(struct).items():
        inner = _section(field.kind) if is_section(field.kind) else _setting(field.kind, field.default)
        inner["description"] = texts.get(name, "")
        properties[name] = inner
    needed = [
        name for name, field in fields_of(struct).items() if field.default is NODEFAULT and not is_section(field.kind)
    ]
    return {
        "description": " ".join((struct.__doc__ or "").split()),
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": False,
        **({"required": needed} if needed else {}),
        **({"minProperties": 1, "maxProperties": 1} if issubclass(struct, ChoiceSettings) else {}),
    }


def _setting(kind: Any, default: Any) -> dict[str, Any]:
    options = [option for one in members(kind) if one not in _ABSENT for option in _options(one)]
    if can_be_off(kind):
        options.append({"enum": [False, "off"]})
    options = [*options, _REFERENCE, _EMPTY]
    unique = [option for place, option in enumerate(options) if option not in options[:place]]
    return {"anyOf": unique, **({} if default in (NODEFAULT, UNSET) else {"default": to_builtins(default)})}


def _options(kind: Any) -> list[dict[str, Any]]:
    base, found = metas(kind)
    shape = get_origin(base)
    if shape is Literal:
        return [{"enum": list(get_args(base))}]
    if shape is tuple:
        items = _any_of(get_args(base)[0])
        return [{"type": "array", "items": items, **_least(found, "minItems")}, items]
    if shape is dict:
        return [_mapping(base, found)]
    if is_section(base):
        alone = getattr(base, "alone", None)
        reference = {"$ref": f"#/definitions/{base.__name__}"}
        return [reference, *(() if alone is None else _options(fields_of(base)[alone].kind))]
    if base is str:
        kinds = "string" if has_mark(kind, "name") else ["string", "number", "boolean"]
        return [{"type": kinds, **_bounds(found)}]
    lengths = [{"type": "string", "pattern": _LENGTH}] if has_mark(kind, "length") else []
    return [{"type": _SCALARS[base], **_bounds(found)}, *lengths]


def _mapping(base: Any, found: tuple[Any, ...]) -> dict[str, Any]:
    key, value = get_args(base)
    patterns = [meta.pattern for meta in metas(key)[1] if meta.pattern]
    return {
        "type": "object",
        "additionalProperties": {"anyOf": [_any_of(value), _EMPTY]},
        **({"propertyNames": {"pattern": patterns[0]}} if patterns else {}),
        **_least(found, "minProperties"),
    }


def _least(found: tuple[Any, ...], name: str) -> dict[str, int]:
    return next(({name: meta.min_length} for meta in found if meta.min_length), {})


def _any_of(kind: Any) -> dict[str, Any]:
    options = [option for one in members(kind) for option in _options(one)]
    return options[0] if len(options) == 1 else {"anyOf": options}


def _bounds(found: tuple[Any, ...]) -> dict[str, Any]:
    names = {
        "gt": "exclusiveMinimum",
        "lt": "exclusiveMaximum",
        "ge": "minimum",
        "le": "maximum",
        "min_length": "minLength",
        "pattern": "pattern",
    }
    return {
        theirs: getattr(meta, ours)
        for meta in found
        for ours, theirs in names.items()
        if getattr(meta, ours) is not None
    }
