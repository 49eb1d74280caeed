"""
YAML read so that every value knows its line; nothing in it is run, and there is a bound to everything.

The document is put together from the parser's events instead of by a constructor. That is what allows to stop at the event
that goes too far, before memory is spent on it, and to tell a quoted string from a number. Which types unquoted scalars have,
how much is read, and what is refused, is the dialect's: the configuration's own here, that of Prometheus' rule files in
`otel_agent.alerts.rules.documents`.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml
from msgspec import Struct

from otel_agent.config.nodes import ConfigNode, Place
from otel_agent.config.problems import Problems
from otel_agent.config.yaml.core_schema import resolved

__all__ = ["CONFIGURATION", "Dialect", "read_document"]

_STRING_TAG = "tag:yaml.org,2002:str"


class Dialect(Struct, frozen=True, kw_only=True):
    """How the documents of one kind are read."""

    read_scalar: Callable[[Any], tuple[Any, str | None]]
    """Value of a scalar event, and its text where the type is the setting's to choose; may raise `yaml.YAMLError` or `ValueError`."""
    read_key: Callable[[Any], str | None]
    """Key of a mapping, from its scalar event, None where key and value are left out; may raise as `read_scalar`."""
    size_limit_bytes: int
    """Largest document, in bytes."""
    node_limit: int
    """Most values in a document, those an alias repeats counted each time."""
    depth_limit: int
    """Most mappings and lists within each other."""
    alias_limit: int
    """Most uses of `*name`."""
    has_tags: bool = False
    """Whether tags other than of a string are read; false: they are refused."""
    has_merge_keys: bool = True
    """Whether `<<` lays a mapping under another; false: it is a key like any other."""
    is_refused_with_duplicates: bool = False
    """Whether nothing of a document with a duplicate key is used; false: the first of the two counts."""
    reads_first_document: bool = False
    """Whether documents after the first are left alone; false: they are refused."""
    loader: Any = None
    """PyYAML's parser; None: libyaml's where PyYAML has it, because it is faster."""


def _read_scalar(event: Any) -> tuple[Any, str | None]:
    is_plain = not event.style and event.tag is None
    return (resolved(event.value), event.value) if is_plain else (event.value, None)


def _read_key(event: Any) -> str:
    return str(event.value)


CONFIGURATION = Dialect(
    read_scalar=_read_scalar,
    read_key=_read_key,
    size_limit_bytes=262_144,
    node_limit=20_000,
    depth_limit=32,
    alias_limit=100,
)
"""Configuration files."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _RefusedError(Exception):
    """The document cannot be read; said with its line."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


class _CountedNode(ConfigNode, frozen=True):
    """A node, and how many values it and everything in it are."""

    size: int = 1


def read_document(text: str, place: Place, problems: Problems, dialect: Dialect = CONFIGURATION) -> ConfigNode | None:
    """
    Read one YAML document.

    Args:
        text: The document.
        place: The file.
        problems: Where problems are noted.
        dialect: How it is read.

    Returns:
        The whole as a node, with references as they are written, its value None when it is empty; None when it cannot be read.
    """
    if len(text.encode("utf-8", "surrogatepass")) > dialect.size_limit_bytes:
        problems.add(place.name, "", f"is larger than {dialect.size_limit_bytes} bytes, which is not read")
        return None
    composer = _Composer(text, place, dialect)
    try:
        root = composer.document()
    except _RefusedError as error:
        problems.add(f"{place.name}:{error.line}", "", str(error))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problems.add(f"{place.name}:{line}", "", f"invalid YAML: {_problem(error, text, line)}")
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problems.add(f"{place.name}:{line}", "", "invalid YAML: a character that is not allowed")
    except ValueError as error:
        problems.add(f"{place.name}:{composer.line}", "", f"invalid YAML: {error}")
    else:
        for line, words in composer.duplicates:
            problems.add(f"{place.name}:{line}", "", words)
        return None if composer.duplicates and dialect.is_refused_with_duplicates else root
    return None


def _problem(error: yaml.MarkedYAMLError, text: str, line: int) -> str:
    problem = " ".join(str(error.problem or error.context).split())
    lines = text.splitlines()
    if line <= len(lines) and re.search(r"(?<![\"'])\$\{", lines[line - 1]):
        problem += '; within { } and [ ] write "${...}" with quotes'
    return problem


class _Composer:
    """Puts one document together and counts."""

    def __init__(self, text: str, place: Place, dialect: Dialect) -> None:
        self._text = text
        self._place = place
        self._dialect = dialect
        self._events: Iterator[Any] = iter(())
        self.duplicates: list[tuple[int, str]] = []
        self.line = 1
        self._anchors: dict[str, _CountedNode] = {}
        self._count = 0
        self._aliases = 0
        self._depth = 0

    def document(self) -> ConfigNode:
        # The parser looks at the first characters when it is made, and may refuse them.
        self._events = yaml.parse(self._text, Loader=self._dialect.loader or _LOADER)
        root: ConfigNode | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    if self._dialect.reads_first_document:
                        break
                    raise _RefusedError(_line(event), "a second document begins here; one is read")
                root = self._node(next(self._events))
        return root or ConfigNode(None, self._place, 1)

    def _node(self, event: Any) -> _CountedNode:
        line = self.line = _line(event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, line)
        self._add(1, line)
        if not self._dialect.has_tags and event.tag not in (None, "!", _STRING_TAG):
            raise _RefusedError(line, f"the tag {_shown(event.tag)} is not read; leave it out")
        self._depth += 1
        if self._depth > self._dialect.depth_limit:
            raise _RefusedError(line, f"more than {self._dialect.depth_limit} levels within each other")
        if isinstance(event, yaml.ScalarEvent):
            value, text = self._dialect.read_scalar(event)
            node = _CountedNode(value, self._place, line, text)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._sequence(line)
        else:
            node = self._mapping(line)
        self._depth -= 1
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: Any, line: int) -> _CountedNode:
        self._aliases += 1
        if self._aliases > self._dialect.alias_limit:
            raise _RefusedError(line, f"more than {self._dialect.alias_limit} uses of an alias")
        if event.anchor not in self._anchors:
            raise _RefusedError(line, f"*{event.anchor} has no &{event.anchor} before it")
        node = self._anchors[event.anchor]
        self._add(node.size, line)
        return node

    def _add(self, count: int, line: int) -> None:
        self._count += count
        if self._count > self._dialect.node_limit:
            raise _RefusedError(
                line, f"more than {self._dialect.node_limit} values, those of aliases counted each time"
            )

    def _sequence(self, line: int) -> _CountedNode:
        values = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            values.append(self._node(event))
        return _CountedNode(values, self._place, line, size=1 + sum(inner.size for inner in values))

    def _mapping(self, line: int) -> _CountedNode:
        values: dict[str, _CountedNode] = {}
        lines: dict[str, int] = {}
        merged: list[_CountedNode] = []
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            name, key_line = self._key(event)
            value = self._node(next(self._events))
            if name is None:
                continue
            if self._dialect.has_merge_keys and name == "<<" and not event.style:
                merged += value.value if isinstance(value.value, list) else [value]
                continue
            if name in values:
                self.duplicates.append((key_line, f"duplicate key {_shown(name)}, first in line {lines[name]}"))
                continue
            values[name], lines[name] = value, key_line
        for other in merged:
            if not isinstance(other.value, dict):
                raise _RefusedError(other.line, "`<<` takes a mapping, such as *name")
            for name, inner in other.value.items():
                if name not in values:
                    values[name], lines[name] = inner, inner.line
        size = 1 + sum(inner.size for inner in values.values())
        return _CountedNode(values, self._place, line, key_lines=lines, size=size)

    def _key(self, event: Any) -> tuple[str | None, int]:
        line = self.line = _line(event)
        if not isinstance(event, yaml.ScalarEvent):
            raise _RefusedError(line, "a key is a string")
        self._add(1, line)
        return self._dialect.read_key(event), line


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:59] + "…")  # noqa: PLR2004 - what fits a line
