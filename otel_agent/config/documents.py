"""
YAML read so that every value knows its line; nothing in it is run, and there is a bound to everything.

The document is put together from the parser's events instead of by a constructor. That is what allows to stop at the event
that goes too far, before memory is spent on it, and to tell a quoted text from a number. Types are those of YAML 1.2's core
schema (`scalars`).
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from otel_agent.config.nodes import ConfigNode, Place
from otel_agent.config.problems import Problems
from otel_agent.config.scalars import resolved

__all__ = ["read_document"]

SIZE_LIMIT_BYTES = 262_144
"""Of a file."""
DEPTH_LIMIT = 32
"""Mappings and lists within each other."""
NODE_LIMIT = 20_000
"""Values in a file, those an alias repeats counted each time."""
ALIAS_LIMIT = 100
"""Uses of `*name` in a file."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STRING_TAG = "tag:yaml.org,2002:str"


class _TooMuchError(Exception):
    """The document cannot be read; said with its line."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


class _Counted(ConfigNode, frozen=True):
    """A node, and how many values it and everything in it are."""

    size: int = 1


def read_document(text: str, place: Place, findings: Problems) -> ConfigNode | None:
    """
    Read one YAML document.

    Args:
        text: The document.
        place: The file.
        findings: Where mistakes are noted.

    Returns:
        The whole as a node, with references as they are written; None when it cannot be read.
    """
    if len(text.encode("utf-8", "surrogatepass")) > SIZE_LIMIT_BYTES:
        findings.mistake(place.name, "", f"is larger than {SIZE_LIMIT_BYTES} bytes, which is not read")
        return None
    try:
        composer = _Composer(text, place)
        root = composer.document()
    except _TooMuchError as error:
        findings.mistake(f"{place.name}:{error.line}", "", str(error))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        findings.mistake(f"{place.name}:{line}", "", f"this is no YAML: {_problem(error, text, line)}")
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        findings.mistake(f"{place.name}:{line}", "", "this is no YAML: a character that is not allowed")
    else:
        for line, words in composer.twice:
            findings.mistake(f"{place.name}:{line}", "", words)
        return root
    return None


def _problem(error: yaml.MarkedYAMLError, text: str, line: int) -> str:
    problem = " ".join(str(error.problem or error.context).split())
    lines = text.splitlines()
    if line <= len(lines) and re.search(r"(?<![\"'])\$\{", lines[line - 1]):
        problem += '; within { } and [ ] write "${...}" with quotes'
    return problem


class _Composer:
    """Puts one document together and counts."""

    def __init__(self, text: str, place: Place) -> None:
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self._place = place
        self.twice: list[tuple[int, str]] = []
        self._anchors: dict[str, _Counted] = {}
        self._count = 0
        self._aliases = 0
        self._depth = 0

    def document(self) -> ConfigNode:
        root: ConfigNode | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise _TooMuchError(_line(event), "a second document begins here; one is read")
                root = self._node(next(self._events))
        return root or ConfigNode({}, self._place, 1)

    def _node(self, event: Any) -> _Counted:
        line = _line(event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, line)
        self._add(1, line)
        if event.tag is not None and event.tag not in ("!", _STRING_TAG):
            raise _TooMuchError(line, f"the tag {_shown(event.tag)} is not read; leave it out")
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            raise _TooMuchError(line, f"more than {DEPTH_LIMIT} levels within each other")
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event, line)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._sequence(line)
        else:
            node = self._mapping(line)
        self._depth -= 1
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: Any, line: int) -> _Counted:
        self._aliases += 1
        if self._aliases > ALIAS_LIMIT:
            raise _TooMuchError(line, f"more than {ALIAS_LIMIT} uses of an alias")
        if event.anchor not in self._anchors:
            raise _TooMuchError(line, f"*{event.anchor} has no &{event.anchor} before it")
        node = self._anchors[event.anchor]
        self._add(node.size, line)
        return node

    def _add(self, count: int, line: int) -> None:
        self._count += count
        if self._count > NODE_LIMIT:
            raise _TooMuchError(line, f"more than {NODE_LIMIT} values, those of aliases counted each time")

    def _scalar(self, event: Any, line: int) -> _Counted:
        is_plain = not event.style and event.tag is None
        return _Counted(
            resolved(event.value) if is_plain else event.value, self._place, line, event.value if is_plain else None
        )

    def _sequence(self, line: int) -> _Counted:
        values = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            values.append(self._node(event))
        return _Counted(values, self._place, line, size=1 + sum(inner.size for inner in values))

    def _mapping(self, line: int) -> _Counted:
        values: dict[str, _Counted] = {}
        lines: dict[str, int] = {}
        merged: list[_Counted] = []
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            name, key_line = self._key(event)
            value = self._node(next(self._events))
            if name == "<<" and not event.style:
                merged += value.value if isinstance(value.value, list) else [value]
                continue
            if name in values:
                self.twice.append((key_line, f"{_shown(name)} stands here a second time, first in line {lines[name]}"))
                continue
            values[name], lines[name] = value, key_line
        for other in merged:
            if not isinstance(other.value, dict):
                raise _TooMuchError(other.line, "`<<` takes a mapping, such as *name")
            for name, inner in other.value.items():
                if name not in values:
                    values[name], lines[name] = inner, inner.line
        size = 1 + sum(inner.size for inner in values.values())
        return _Counted(values, self._place, line, key_lines=lines, size=size)

    def _key(self, event: Any) -> tuple[str, int]:
        line = _line(event)
        if not isinstance(event, yaml.ScalarEvent):
            raise _TooMuchError(line, "the name of a setting is a text")
        self._add(1, line)
        return event.value, line


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:59] + "…")  # noqa: PLR2004 - what fits a line
