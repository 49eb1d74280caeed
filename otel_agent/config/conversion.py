"""
A node becomes a value of the kind its setting has, or a line that says why not.

What was written without quotes, in YAML or in a variable, has the type the setting chooses: `8080` is a number for a port and
a text for a header, `no` is a text for a name and false for a switch. What has a type of its own, a quoted text or a Python
value, must have the right one. Parts of a list or mapping that are wrong are left out and said; the rest is used.
"""

import os
import re
from typing import Any, Literal, get_args, get_origin

from msgspec import NODEFAULT, UNSET

from otel_agent.config.masking import is_secret_kind
from otel_agent.config.nodes import ConfigNode
from otel_agent.config.problems import Problems
from otel_agent.config.tree import can_be_off, fields_of, is_section, members, metas
from otel_agent.config.wording import expected, found, nearest

__all__ = ["INVALID", "convert"]

INVALID = UNSET
"""Stands for a value that cannot be used; what is wrong has been said."""

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_OFF = frozenset({"off", "false", "no", "none"})
_LONGEST_NUMBER = 40
_LARGEST_NUMBER = 1e30
_QUANTITY = r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|[kmg]i?b|%)"
_FACTORS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "%": 0.01}
_FACTORS |= {"kb": 1000, "mb": 1000**2, "gb": 1000**3, "kib": 1024, "mib": 1024**2, "gib": 1024**3}


def convert(kind: Any, node: ConfigNode, path: str, findings: Problems, directory: str) -> Any:
    """
    Make a value.

    Args:
        kind: The kind of the setting.
        node: What was given; not None.
        path: The setting, for messages: `alerts.rules[2]`.
        findings: Where mistakes are noted.
        directory: The working directory, for paths of what is written.

    Returns:
        A value of the kind, or `INVALID`.
    """
    return _Conversion(findings, directory).value(kind, node, path)


class _Conversion:
    """One conversion: where mistakes go and what paths are relative to."""

    def __init__(self, findings: Problems, directory: str) -> None:
        self._findings = findings
        self._directory = directory

    def value(self, kind: Any, node: ConfigNode, path: str) -> Any:
        options = members(kind)
        for option in options:
            base, found_metas = metas(option)
            origin = get_origin(base)
            if base is Any:
                return node.plain()
            if origin is tuple and isinstance(node.value, list):
                return self._list(get_args(base)[0], node, path)
            if origin is dict and isinstance(node.value, dict):
                return self._mapping(get_args(base), node, path)
            if is_section(base) and isinstance(node.value, dict):
                return self._struct(base, node, path)
            if base is str and found_metas and not isinstance(node.value, dict | list):
                return self._text(kind, found_metas, node, path)
        return self._scalar(kind, options, node, path)

    def _scalar(self, kind: Any, options: tuple[Any, ...], node: ConfigNode, path: str) -> Any:
        bases = [metas(option)[0] for option in options]
        if len({str, bool, int} & set(bases)) > 1 and node.text is not None:
            node = ConfigNode(node.value, node.place, node.line, None, node.reference)
        for option in options:
            base, found_metas = metas(option)
            if get_origin(base) is tuple and not isinstance(node.value, list):
                # One value alone stands for a list of one.
                alone = self.value(get_args(base)[0], node, path)
                return INVALID if alone is INVALID else (alone,)
            value = _read(base, node)
            if value is not INVALID and all(_is_in_range(value, meta) for meta in found_metas):
                return value
        if can_be_off(kind) and _is_off(node):
            return None
        return self._refuse(kind, node, path)

    def _text(self, kind: Any, found_metas: tuple[Any, ...], node: ConfigNode, path: str) -> Any:
        value = _read(str, node)
        if value is INVALID or not all(_is_in_range(value, meta) for meta in found_metas):
            return self._refuse(kind, node, path)
        for meta in found_metas:
            where = (meta.extra or {}).get("path")
            if where:
                base = node.place.directory if where == "beside" else self._directory
                value = os.path.normpath(os.path.join(base, os.path.expanduser(value)))  # noqa: PTH111, PTH118 - texts in, texts out
        return value

    def _list(self, kind: Any, node: ConfigNode, path: str) -> Any:
        values = []
        for position, inner in enumerate(node.value):
            value = self.value(kind, inner, f"{path}[{position}]")
            if value is not INVALID:
                values.append(value)
        return tuple(values)

    def _mapping(self, kinds: tuple[Any, ...], node: ConfigNode, path: str) -> Any:
        key_kind, kind = kinds
        values = {}
        for name, inner in node.items():
            key = self.value(
                key_kind, ConfigNode(name, node.place, node.key_lines.get(name, node.line)), f"{path}.{name}"
            )
            value = self.value(kind, inner, f"{path}.{name}")
            if key is not INVALID and value is not INVALID:
                values[key] = value
        return values

    def _struct(self, struct: Any, node: ConfigNode, path: str) -> Any:
        fields, values, is_right = fields_of(struct), {}, True
        for name, inner in node.items():
            if name not in fields:
                near = None if self._findings.is_full else nearest(name, fields)
                advice = f"did you mean {near}?" if near else f"known are {', '.join(fields)}"
                self._findings.mistake(node.key_origin(name), f"{path}.{name}", f"is not known; {advice}")
            elif inner.value is not None:
                values[name] = self.value(fields[name].kind, inner, f"{path}.{name}")
        for name, field in fields.items():
            if values.get(name) is INVALID:
                del values[name]
                is_right &= field.default is not NODEFAULT
            elif name not in values and field.default is NODEFAULT:
                self._findings.mistake(node.origin, f"{path}.{name}", f"is needed: {expected(field.kind)}")
                is_right = False
        return struct(**values) if is_right else INVALID

    def _refuse(self, kind: Any, node: ConfigNode, path: str) -> Any:
        hint = None if self._findings.is_full else _hint(kind, node)
        line = f"expected {expected(kind)}, found {found(node, secret=is_secret_kind(kind))}"
        self._findings.mistake(node.origin, path, f"{line}; {hint}" if hint else line)
        return INVALID


def _read(base: Any, node: ConfigNode) -> Any:
    """A scalar of a base type; written without quotes, it is read as that type."""
    value, text = node.value, node.text
    if get_origin(base) is Literal:
        return _choice(get_args(base), value if text is None else text)
    if base is str:
        return text if text is not None else value if isinstance(value, str) else INVALID
    if base is bool:
        if text is not None:
            lower = text.lower()
            return lower in _TRUE if lower in _TRUE | _FALSE else INVALID
        return value if isinstance(value, bool) else INVALID
    if base in (int, float):
        return _number(base, value if text is None else text, is_text=text is not None)
    return INVALID


def _number(base: Any, value: Any, *, is_text: bool) -> Any:
    if is_text:
        if len(value) > _LONGEST_NUMBER or "_" in value:
            return INVALID
        try:
            value = int(value)
        except ValueError:
            try:
                value = float(value)
            except ValueError:
                return INVALID
    if isinstance(value, bool) or not isinstance(value, int | float):
        return INVALID
    if not abs(value) <= _LARGEST_NUMBER:  # neither what is no number, nor what is larger
        return INVALID
    if base is float:
        return float(value)
    return int(value) if isinstance(value, int) else INVALID


def _choice(choices: tuple[Any, ...], value: Any) -> Any:
    if isinstance(value, str):
        return next((choice for choice in choices if choice.lower() == value.lower()), INVALID)
    return INVALID


def _is_off(node: ConfigNode) -> bool:
    written = node.value if node.text is None else node.text
    return written is False or (isinstance(written, str) and written.lower() in _OFF)


def _is_in_range(value: Any, meta: Any) -> bool:
    if isinstance(value, str):
        return len(value) >= (meta.min_length or 0) and (
            meta.pattern is None or re.search(meta.pattern, value) is not None
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    return (
        (meta.gt is None or value > meta.gt)
        and (meta.ge is None or value >= meta.ge)
        and (meta.le is None or value <= meta.le)
    )


def _hint(kind: Any, node: ConfigNode) -> str | None:
    """What to write instead, where that can be guessed."""
    written = node.text if node.text is not None else node.value
    bases = [metas(option)[0] for option in members(kind)]
    if not isinstance(written, str) or node.reference is not None:
        return None
    choices = [choice for base in bases if get_origin(base) is Literal for choice in get_args(base)]
    if choices:
        near = nearest(written, choices)
        return f"did you mean {near}?" if near else None
    if int in bases or float in bases:
        if node.text is None and _number(float, written, is_text=True) is not INVALID:
            return "write it without quotes"
        quantity = re.fullmatch(_QUANTITY, written, re.IGNORECASE)
        if quantity:
            return f"write {float(quantity[1]) * _FACTORS[quantity[2].lower()]:.15g}"
    return None
