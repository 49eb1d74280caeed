"""
What all sources say becomes one value for each setting.

The strongest source that says something right wins. A mapping is put together key by key, each key from the strongest source
that has it; a list is taken whole. An empty value (null) takes back what weaker sources say; where a setting may be None, it is None then. Every value that was given is
looked at, also when a stronger one wins, so that all mistakes are said at once.
"""

from collections.abc import Iterable, Mapping
from typing import Any, get_args, get_origin

from msgspec import Struct

from otel_agent.config.conversion import INVALID, convert
from otel_agent.config.nodes import ConfigNode
from otel_agent.config.problems import Problems
from otel_agent.config.reflection import members, metas
from otel_agent.config.tree import leaves

__all__ = ["Given", "Merged", "merge"]

Given = tuple[str, ConfigNode]
"""A path of the model and what a source has for it."""


class Merged(Struct, frozen=True):
    """The outcome."""

    values: dict[str, Any]
    """Right values, by path; only those that somebody gave."""
    origins: dict[str, str]
    """Where each was given, by path; for a mapping each key too."""
    nodes: dict[str, ConfigNode]
    """What each was made of, by path."""


def merge(given: Iterable[Given], problems: Problems, directory: str) -> Merged:
    """
    Decide every setting.

    Args:
        given: What the sources say, strongest first.
        problems: Where problems are noted.
        directory: The working directory.

    Returns:
        The values and where they come from.
    """
    by_path: dict[str, list[ConfigNode]] = {}
    for path, node in given:
        by_path.setdefault(path, []).append(node)
    merged = Merged({}, {}, {})
    for path, nodes in by_path.items():
        kind = leaves()[path].kind
        if any(get_origin(metas(option)[0]) is dict for option in members(kind)):
            nodes = _joined(nodes, _keys_are_lower(kind))  # noqa: PLW2901 - the mappings of all sources are one node from here on
        _decide(path, kind, nodes, merged, problems, directory)
    return merged


def _decide(path: str, kind: Any, nodes: list[ConfigNode], merged: Merged, problems: Problems, directory: str) -> None:
    is_decided = False
    for node in nodes:
        value = None if node.value is None else convert(kind, node, path, problems, directory)
        if is_decided or value is INVALID:
            continue
        is_decided = True
        merged.origins[path] = node.origin
        merged.nodes[path] = node
        if node.value is None:
            if type(None) in (metas(option)[0] for option in members(kind)):
                merged.values[path] = None
            continue
        merged.values[path] = value
        if isinstance(value, dict):
            merged.origins.update({f"{path}.{name}": inner.origin for name, inner in node.items() if name in value})


def _joined(nodes: list[ConfigNode], keys_are_lower: bool) -> list[ConfigNode]:  # noqa: FBT001 - a fact about the kind, passed on
    """Mappings as one, strongest first; what is no mapping stays, to be refused."""
    mappings: list[ConfigNode] = []
    others: list[ConfigNode] = []
    for node in nodes:
        if node.value is None:
            break
        if isinstance(node.value, dict):
            mappings.append(_lower(node) if keys_are_lower else node)
        else:
            others.append(node)
    if not mappings:
        return nodes
    joined = mappings[-1]
    for node in reversed(mappings[:-1]):
        joined = _over(node, joined)
    return [*others, _without_nulls(joined)]


def _over(strong: ConfigNode, weak: ConfigNode) -> ConfigNode:
    """One mapping laid over another, at every depth."""
    values = dict(weak.value)
    lines = {}
    for name, node in strong.value.items():
        below = values.get(name)
        both = isinstance(node.value, dict) and below is not None and isinstance(below.value, dict)
        values[name] = _over(node, below) if both and below is not None else node
        lines[name] = strong.key_lines.get(name, 0)
    return ConfigNode(values, strong.place, strong.line, key_lines={**weak.key_lines, **lines})


def _without_nulls(node: ConfigNode) -> ConfigNode:
    if not isinstance(node.value, dict):
        return node
    values = {name: _without_nulls(inner) for name, inner in node.value.items() if inner.value is not None}
    return ConfigNode(values, node.place, node.line, key_lines=node.key_lines)


def _lower(node: ConfigNode) -> ConfigNode:
    lines: Mapping[str, int] = {name.lower(): line for name, line in node.key_lines.items()}
    return ConfigNode(
        {name.lower(): inner for name, inner in node.value.items()}, node.place, node.line, key_lines=lines
    )


def _keys_are_lower(kind: Any) -> bool:
    for option in members(kind):
        base = metas(option)[0]
        if get_origin(base) is dict:
            return any((meta.extra or {}).get("lower") for meta in metas(get_args(base)[0])[1])
    return False
