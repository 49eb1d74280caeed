"""
`${NAME}`, `${NAME:-default}`, `${file:path}` and `$$` in the strings of a file.

What is put in is not looked at again: a variable cannot bring a further reference, nor structure. A variable that is not set
and has no default is a mistake, because a header without its token fails far away from here. `${env:NAME}` is `${NAME}`.

Source: https://opentelemetry.io/docs/specs/otel/configuration/data-model/#environment-variable-substitution
"""

import os
import re
import stat
from collections.abc import Mapping
from typing import Any

from otel_agent.config.nodes import ConfigNode
from otel_agent.config.problems import Problems
from otel_agent.config.wording import shown_reference
from otel_agent.config.yaml.core_schema import resolved

__all__ = ["References"]

FILE_LIMIT_BYTES = 65_536
"""Largest file that holds one value, in bytes."""
TOTAL_LIMIT_CHARACTERS = 1_048_576
"""Longest that everything that is put in may be together, in characters."""

_REFERENCE = re.compile(r"\$\$|\$\{([^}\n]*)(\}?)")
_NAME = re.compile(r"(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)


class References:
    """
    Replaces references; one for one reading, because there is a bound to what all of them bring.

    Args:
        environ: Where names are looked up.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._left = TOTAL_LIMIT_CHARACTERS

    def applied(self, node: ConfigNode, problems: Problems, path: str = "") -> ConfigNode:
        """
        Replace what is in a node, at every depth.

        Args:
            node: As it was written.
            problems: Where problems are noted.
            path: The setting, for messages.

        Returns:
            A node in which a string that could not be replaced is None.
        """
        value = node.value
        if isinstance(value, dict):
            start = f"{path}." if path else ""
            return _changed(node, {name: self.applied(inner, problems, start + name) for name, inner in value.items()})
        if isinstance(value, list):
            applied = [self.applied(inner, problems, f"{path}[{place}]") for place, inner in enumerate(value)]
            return _changed(node, [inner for inner in applied if inner.value is not None])
        if not isinstance(value, str) or "$" not in value:
            return node
        text = self._replaced(value, node, path, problems)
        if text is None or text == value:
            return node if text == value else ConfigNode(None, node.place, node.line)
        if node.text is None:
            return ConfigNode(text, node.place, node.line, None, value)
        return ConfigNode(resolved(text), node.place, node.line, text, value)

    def _replaced(self, text: str, node: ConfigNode, path: str, problems: Problems) -> str | None:
        is_whole = True

        def put(match: "re.Match[str]") -> str:
            nonlocal is_whole
            if match[0] == "$$":
                return "$"
            try:
                return self._bounded(self._value(match[1], node.place.directory) if match[2] else _unended())
            except ValueError as error:
                problems.add(node.origin, path, f"{shown_reference(match[0])[:60]}: {error}")
                is_whole = False
                return ""

        found = _REFERENCE.sub(put, text)
        return found if is_whole else None

    def _bounded(self, value: str) -> str:
        self._left -= len(value)
        if self._left < 0:
            raise ValueError(f"all references together bring more than {TOTAL_LIMIT_CHARACTERS} characters")
        return value

    def _value(self, inner: str, directory: str) -> str:
        if inner.startswith("file:"):
            return _content(inner[len("file:") :], directory)
        match = _NAME.fullmatch(inner)
        if match is None:
            raise ValueError(
                "is no reference; write ${NAME}, ${NAME:-default} or ${file:path}, and $$ for a dollar sign"
            )
        value = self._environ.get(match[1], "")
        if value:
            return value
        if match[2] is None:
            raise ValueError(f"the variable is not set; set it, or write ${{{match[1]}:-}} for an empty string")
        return match[2]


def _changed(node: ConfigNode, value: Any) -> ConfigNode:
    return ConfigNode(value, node.place, node.line, key_lines=node.key_lines)


def _unended() -> str:
    raise ValueError("has no } at its end")


def _content(path: str, directory: str) -> str:
    full = os.path.join(directory, os.path.expanduser(path))  # noqa: PTH111, PTH118 - texts in, texts out
    try:
        if not stat.S_ISREG(os.stat(full).st_mode):  # noqa: PTH116 - a pipe would hold up the agent's start
            raise ValueError("is no file")
        with open(full, "rb") as file:  # noqa: PTH123 - as above
            content = file.read(FILE_LIMIT_BYTES + 1)
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error
    if len(content) > FILE_LIMIT_BYTES:
        raise ValueError(f"is larger than {FILE_LIMIT_BYTES} bytes")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise ValueError("invalid UTF-8") from error
    return text.rstrip("\r\n")
