"""Sections and keys, as files and mappings have them, become paths; what is no key is said with the nearest one."""

from collections.abc import Iterator
from typing import Any

from otel_agent.config.merging import Given
from otel_agent.config.nodes import ConfigNode
from otel_agent.config.problems import Problems
from otel_agent.config.tree import fields_of, is_section, leaves, sections
from otel_agent.config.wording import nearest

__all__ = ["flattened"]


def flattened(root: ConfigNode, findings: Problems) -> list[Given]:
    """
    The settings in a file.

    Args:
        root: Of the file.
        findings: Where unknown keys are noted, with the nearest known one.
    """
    return list(_walk(root, "", findings))


def _walk(node: ConfigNode, path: str, findings: Problems) -> Iterator[Given]:
    fields = fields_of(sections()[path])
    for name, inner in node.value.items():
        full = f"{path}.{name}" if path else name
        if name not in fields:
            advice = "" if findings.is_full else f"; {_suggestion(name, path, fields)}"
            findings.mistake(node.key_origin(name), full, f"is not known{advice}")
        elif not is_section(fields[name].kind):
            yield full, inner
        elif isinstance(inner.value, dict):
            yield from _walk(inner, full, findings)
        elif inner.value is not None:
            keys = fields_of(fields[name].kind)
            hint = f"; write {name}: {{enabled: false}}" if "enabled" in keys and inner.value is False else ""
            findings.mistake(inner.origin, full, f"expected keys such as {', '.join(list(keys)[:3])}{hint}")


def _suggestion(name: str, path: str, fields: dict[str, Any]) -> str:
    near = nearest(name, fields)
    if near:
        return f"did you mean {path}.{near}?" if path else f"did you mean {near}?"
    # A right key in the wrong section.
    elsewhere = [one for one in (*leaves(), *sections()) if one.rpartition(".")[2] == name.replace("-", "_")]
    if elsewhere:
        return f"did you mean {elsewhere[0]}?"
    return f"known {'in ' + path if path else 'here'} are {', '.join(fields)}"
