"""Sections and keys, as files and mappings have them, become paths; what is no key is said with the nearest one."""

from collections.abc import Iterator
from typing import Any

from otel_agent.config.merging import Given
from otel_agent.config.nodes import ConfigNode
from otel_agent.config.problems import Problems
from otel_agent.config.reflection import fields_of, is_section
from otel_agent.config.tree import leaves, sections
from otel_agent.config.wording import nearest, unknown_key

__all__ = ["flattened"]


def flattened(root: ConfigNode, problems: Problems) -> list[Given]:
    """
    The settings in a file.

    Args:
        root: Whole content of the file.
        problems: Where unknown keys are noted, with the nearest known one.
    """
    return list(_walk(root, "", problems))


def _walk(node: ConfigNode, path: str, problems: Problems) -> Iterator[Given]:
    fields = fields_of(sections()[path])
    for name, inner in node.value.items():
        full = f"{path}.{name}" if path else name
        if name not in fields:
            problems.add(
                node.key_origin(name), full, "unknown key" if problems.is_full else _unknown(name, path, fields)
            )
        elif not is_section(fields[name].annotation):
            yield full, inner
        elif isinstance(inner.value, dict):
            yield from _walk(inner, full, problems)
        elif inner.value is not None:
            keys = fields_of(fields[name].kind)
            hint = f"; write {name}: {{enabled: false}}" if "enabled" in keys and inner.value is False else ""
            problems.add(inner.origin, full, f"expected keys such as {', '.join(list(keys)[:3])}{hint}")


def _unknown(name: str, path: str, fields: dict[str, Any]) -> str:
    near = nearest(name, fields)
    if near:
        return unknown_key(f"{path}.{near}" if path else near, fields)
    # A right key in the wrong section.
    elsewhere = [one for one in (*leaves(), *sections()) if one.rpartition(".")[2] == name.replace("-", "_")]
    return unknown_key(elsewhere[0] if elsewhere else None, fields)
