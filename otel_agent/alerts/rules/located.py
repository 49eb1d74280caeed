"""YAML read so that every value knows its line; nothing in it is run, and there is a bound to everything."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from otel_agent.errors import RuleError

__all__ = ["Located", "read_located"]

SIZE_LIMIT_BYTES = 4_194_304
"""Of a file."""
NODE_LIMIT = 200_000
"""Values in a file, those an alias repeats counted each time."""


@dataclass(frozen=True)
class Located:
    """A value and its line."""

    value: Any
    """A scalar, a list of `Located`, or a mapping from names to `Located`."""
    line: int
    """Counted from 1; 0 for what was not read from a file."""
    key_lines: dict[str, int] = field(default_factory=dict)
    """Of a mapping: the lines of its keys."""

    def items(self) -> Iterator[tuple[str, "Located"]]:
        """The entries of a mapping; none for anything else."""
        return iter(self.value.items() if isinstance(self.value, dict) else ())

    def plain(self) -> Any:
        """The value without lines."""
        if isinstance(self.value, dict):
            return {name: inner.plain() for name, inner in self.value.items()}
        if isinstance(self.value, list):
            return [inner.plain() for inner in self.value]
        return self.value


class _TextScalarLoader(yaml.SafeLoader):
    """The loader whose scalars are used, with dates left as texts, as Prometheus has them."""


_TextScalarLoader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_located(text: str, source: str) -> Located:
    """
    Read one YAML document.

    Args:
        text: The document.
        source: Its name in messages.

    Raises:
        RuleError: When it is no YAML, is too large, or has a key twice; with file and line.
    """
    if len(text) > SIZE_LIMIT_BYTES:
        raise RuleError([f"{source}: has {len(text)} characters; at most {SIZE_LIMIT_BYTES} are read"])
    try:
        reader = _TextScalarLoader(text)
        node = reader.get_single_node()
        return _NodeWalk(reader, source).located(node) if node is not None else Located(None, 1)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RuleError([f"{source}:{line}: this is no YAML: {error.problem or error.context}"]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RuleError([f"{source}: this is no YAML: {error}"]) from error


class _NodeWalk:
    """Turns nodes into located values and counts them."""

    def __init__(self, reader: _TextScalarLoader, source: str) -> None:
        self._reader = reader
        self._source = source
        self._count = 0

    def located(self, node: yaml.Node) -> Located:
        self._count += 1
        line = node.start_mark.line + 1
        if self._count > NODE_LIMIT:
            raise RuleError([f"{self._source}:{line}: more than {NODE_LIMIT} values"])
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, line)
        if isinstance(node, yaml.SequenceNode):
            return Located([self.located(inner) for inner in node.value], line)
        return Located(self._reader.construct_object(node), line)

    def _mapping(self, node: yaml.MappingNode, line: int) -> Located:
        values: dict[str, Located] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = str(self.located(key_node).value)
            key_line = key_node.start_mark.line + 1
            if key in values:
                raise RuleError(
                    [f"{self._source}:{key_line}: {key!r} stands here a second time, first in line {lines[key]}"]
                )
            values[key] = self.located(value_node)
            lines[key] = key_line
        return Located(values, line, lines)
