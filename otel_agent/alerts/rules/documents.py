"""
Rule files as YAML: read by the one reader, with scalars, keys and merges as Prometheus' files are written for.

Where a rule has a text, it is the text as it was written: `4.20`, `NO` and `12:30` without quotes are these strings, because
Prometheus decodes them into strings. Only what has no text, as `~`, is nothing. Nothing of a file with a duplicate key is used.

Source: https://pkg.go.dev/go.yaml.in/yaml/v3#Unmarshal
"""

import base64
import binascii
import re
from typing import Any

from otel_agent.config.nodes import ConfigNode, Place
from otel_agent.config.problems import Problems
from otel_agent.config.yaml.reader import Dialect, read_document
from otel_agent.errors import RuleError

__all__ = ["read_rule_document", "text_at", "whole_at"]

_TAG = "tag:yaml.org,2002:"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F_]+|0o?[0-7_]+|0b[01_]+|[0-9][0-9_]*)")
_FORMS = {
    "int": _INTEGER,
    "float": re.compile(
        r"[-+]?(?:[0-9][0-9_]*\.?[0-9_]*(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)"
    ),
    "bool": re.compile(r"true|True|TRUE|false|False|FALSE"),
}
"""How values look that have to be of a type, because a tag says so."""


def _read_scalar(event: Any) -> tuple[Any, str | None]:
    tag = (event.tag or "").removeprefix(_TAG)
    text = str(event.value)
    if event.tag is None and not event.style:
        return (None, None) if text in _NULLS else (text, text)
    if tag == "null":
        return None, None
    if tag == "binary":
        try:
            return base64.b64decode(text).decode(), None
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ValueError("!!binary holds something else than a string in base64") from error
    if tag in _FORMS and not _FORMS[tag].fullmatch(text):
        raise ValueError(f"{text!r} is no !!{tag}")
    return text, None if event.tag is None else text


def _read_key(event: Any) -> str | None:
    """A key that is nothing is left out, with its value."""
    text = str(event.value)
    return None if event.tag is None and not event.style and text in _NULLS else text


RULE_FILES = Dialect(
    read_scalar=_read_scalar,
    read_key=_read_key,
    size_limit_bytes=4_194_304,
    node_limit=200_000,
    depth_limit=100,
    alias_limit=200_000,
    has_tags=True,
    is_refused_with_duplicates=True,
    reads_first_document=True,
)
"""Prometheus' rule files, and promtool's unit tests of them."""


def text_at(owner: ConfigNode, key: str) -> str:
    """
    A text of a mapping, as it was written.

    Args:
        owner: The mapping.
        key: One of its keys.

    Returns:
        The text; empty when it is not there or is nothing.

    Raises:
        ValueError: When a list or a mapping stands there.
    """
    found = owner.value.get(key)
    if found is None or found.value is None:
        return ""
    if isinstance(found.value, dict | list):
        raise ValueError("a string is expected")  # noqa: TRY004 - one kind of mistake, one kind of exception
    if isinstance(found.value, bool):
        return "true" if found.value else "false"
    return str(found.value)


def whole_at(owner: ConfigNode, key: str) -> int:
    """
    A whole number of a mapping.

    Args:
        owner: The mapping.
        key: One of its keys.

    Returns:
        The number; 0 when it is not there.

    Raises:
        ValueError: When it is something else, or stands in quotes.
    """
    found = owner.value.get(key)
    if found is None or found.value is None:
        return 0
    if isinstance(found.value, int) and not isinstance(found.value, bool):
        return found.value
    text = found.text or ""
    digits = text.replace("_", "")
    if _INTEGER.fullmatch(text):
        return int(re.sub(r"^([-+]?)0(?=[0-7])", r"\g<1>0o", digits), 0)
    if _FORMS["float"].fullmatch(text) and "." + digits.strip("+-.").lower() not in (".inf", ".nan"):
        return int(float(digits))  # as there: 5.5 is 5
    raise ValueError(f"{found.value!r} is no whole number")


def read_rule_document(text: str, source: str) -> ConfigNode:
    """
    Read the first document of a file.

    Args:
        text: The file.
        source: Its name in messages.

    Returns:
        The whole; its value is None when the document is empty. Scalars are strings.

    Raises:
        RuleError: When it is invalid YAML, is too large, or has a duplicate key; with file and line.
    """
    problems = Problems()
    root = read_document(text, Place(source, ""), problems, RULE_FILES)
    if root is None:
        raise RuleError(problems.lines)
    return root
