"""
Rule files as YAML: read by the one reader, with scalars and keys as Prometheus' files are written for.

Scalars have the types of YAML 1.1, dates stay strings, and nothing of a file with a duplicate key is used.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from otel_agent.config.nodes import ConfigNode, Place
from otel_agent.config.problems import Problems
from otel_agent.config.yaml.reader import Dialect, read_document
from otel_agent.errors import RuleError

__all__ = ["read_rule_document"]


class _RuleScalars(yaml.SafeLoader):
    """Gives scalars their types; dates are strings, as Prometheus has them."""


_RuleScalars.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_SCALARS: Any = _RuleScalars("")


def _read_scalar(event: Any) -> tuple[Any, None]:
    tag = event.tag
    if tag is None or tag == "!":
        tag = _SCALARS.resolve(yaml.ScalarNode, event.value, event.implicit)
    node = yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark, style=event.style)
    construct = _SCALARS.yaml_constructors.get(tag, _SCALARS.yaml_constructors[None])
    value = construct(_SCALARS, node)
    return next(value) if isinstance(value, Iterator) else value, None


def _read_key(event: Any) -> str:
    return str(_read_scalar(event)[0])


RULE_FILES = Dialect(
    read_scalar=_read_scalar,
    read_key=_read_key,
    size_limit_bytes=4_194_304,
    node_limit=200_000,
    depth_limit=100,
    alias_limit=200_000,
    has_tags=True,
    has_merge_keys=False,
    is_refused_with_duplicates=True,
    loader=yaml.SafeLoader,
)
"""Prometheus' rule files, and promtool's unit tests of them."""


def read_rule_document(text: str, source: str) -> ConfigNode:
    """
    Read one YAML document.

    Args:
        text: The document.
        source: Its name in messages.

    Returns:
        The whole; its value is None when the document is empty.

    Raises:
        RuleError: When it is invalid YAML, is too large, or has a duplicate key; with file and line.
    """
    problems = Problems()
    root = read_document(text, Place(source, ""), problems, RULE_FILES)
    if root is None:
        raise RuleError(problems.lines)
    return root
