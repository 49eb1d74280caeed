"""
A value with the place it was given at: what every source hands in, whether it read YAML, a variable or an argument.

Plain values would forget the line a problem stands in, and whether `8080` was written as a number or as a string.
"""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

__all__ = ["ConfigNode", "Place", "node_at", "origin_of", "wrapped"]


class Place(Struct, frozen=True):
    """Where values were given."""

    name: str
    """As messages and origins show it: `otel-agent.yaml`, `environment OTEL_SERVICE_NAME`, `argument endpoint`."""
    directory: str
    """What relative paths of files that are read are relative to; absolute."""


class ConfigNode(Struct, frozen=True):
    """A value, and how and where it was written."""

    value: Any
    """A scalar, a list of nodes, or a mapping from strings to nodes. None takes back what weaker sources say."""
    place: Place
    """Where it was given."""
    line: int = 0
    """Its line, counted from 1; 0 where there are no lines."""
    text: str | None = None
    """A scalar as it was written without quotes: its type is then the setting's to choose. None: `value` has its own type."""
    reference: str | None = None
    """What stood there before `${...}` was replaced; messages show it instead of the value. None: nothing was replaced."""
    key_lines: Mapping[str, int] = {}
    """Lines of the keys, where the value is a mapping."""

    def __repr__(self) -> str:
        """Where it is; not what it is, which may be a secret."""
        return f"<a value of {self.origin}>"

    @property
    def origin(self) -> str:
        """The place with the line: `otel-agent.yaml:12`."""
        return f"{self.place.name}:{self.line}" if self.line else self.place.name

    def key_origin(self, key: str) -> str:
        """
        Where a key of a mapping stands.

        Args:
            key: One of its keys.
        """
        line = self.key_lines.get(key, self.line)
        return f"{self.place.name}:{line}" if line else self.place.name

    def items(self) -> Iterator[tuple[str, "ConfigNode"]]:
        """The entries of a mapping; none for anything else."""
        return iter(self.value.items() if isinstance(self.value, dict) else ())

    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, dict):
            return {name: inner.plain() for name, inner in self.value.items()}
        if isinstance(self.value, list):
            return [inner.plain() for inner in self.value]
        return self.value


def node_at(nodes: Mapping[str, ConfigNode], path: str) -> tuple[ConfigNode | None, bool]:
    """
    What was given for a setting, or for a part of one.

    Args:
        nodes: What was given for each setting, by path.
        path: A setting, or something in it: `alerts.rules[2].threshold.above`.

    Returns:
        The node that is as deep as the path leads, None when nobody gave the setting; and whether the path ends there.
    """
    settings = [one for one in nodes if path == one or path.startswith((one + ".", one + "["))]
    if not settings:
        return None, False
    setting = max(settings, key=len)
    node = nodes[setting]
    for part in re.findall(r"[^.\[\]]+", path[len(setting) :]):
        inner: ConfigNode | None = None
        if isinstance(node.value, dict):
            inner = node.value.get(part)
        elif isinstance(node.value, list) and part.isdecimal() and int(part) < len(node.value):
            inner = node.value[int(part)]
        if inner is None:
            return node, False
        node = inner
    return node, True


def origin_of(nodes: Mapping[str, ConfigNode], path: str) -> str:
    """
    Where a setting, or a part of one, was given.

    Args:
        nodes: What was given for each setting, by path.
        path: A setting, or something in it: `alerts.rules[2].threshold.above`.

    Returns:
        The place, with the line of the innermost part that was given; empty when nobody gave it.
    """
    node, _ = node_at(nodes, path)
    return "" if node is None else node.origin


_DEPTH = 32
"""Deeper than this a Python value is taken as it is: it is no configuration."""


def wrapped(value: Any, place: Place, depth: int = _DEPTH) -> ConfigNode:
    """
    A Python value as a node.

    Args:
        value: Mappings, lists, tuples, sets, paths and scalars.
        place: Where it was given.
        depth: How many levels are entered.
    """
    if depth and isinstance(value, Mapping):
        return ConfigNode({str(name): wrapped(inner, place, depth - 1) for name, inner in value.items()}, place)
    if depth and isinstance(value, list | tuple | set | frozenset):
        return ConfigNode([wrapped(inner, place, depth - 1) for inner in value], place)
    if isinstance(value, os.PathLike):
        return ConfigNode(os.fsdecode(value), place)
    return ConfigNode(value, place)
