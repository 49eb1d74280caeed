"""
A node becomes a value of the kind its setting has, or a line that says why not.

What was written without quotes, in YAML or in a variable, has the type the setting chooses: `8080` is a number for a port and
a string for a header, `no` is a string for a name and false for a boolean. What has a type of its own, a quoted string or a
Python value, must have the right one. Parts of a list or mapping that are wrong are left out and said, and the rest is used;
an entry with anything wrong in it is left out as a whole.
"""

import os
import re
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from msgspec import NODEFAULT, UNSET

from otel_agent.config.nodes import ConfigNode
from otel_agent.config.problems import Problems
from otel_agent.config.reflection import can_be_off, fields_of, has_mark, is_section, members, metas
from otel_agent.config.sections.section import ChoiceSettings, EntrySettings
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from otel_agent.config import durations, masking, wording
else:
    durations = late_module("otel_agent.config.durations")
    masking = late_module("otel_agent.config.masking")
    wording = late_module("otel_agent.config.wording")  # words are needed only when something is wrong

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


def convert(kind: Any, node: ConfigNode, path: str, problems: Problems, directory: str) -> Any:
    """
    Make a value.

    Args:
        kind: The kind of the setting.
        node: What was given; not None.
        path: The setting, for messages: `alerts.rules[2]`.
        problems: Where problems are noted.
        directory: The working directory, for paths of what is written.

    Returns:
        A value of the kind, or `INVALID`.
    """
    return _Conversion(problems, directory).value(kind, node, path)


class _Conversion:
    """One conversion: where problems go, how many there were, and what paths are relative to."""

    def __init__(self, problems: Problems, directory: str) -> None:
        self._problems = problems
        self._directory = directory
        self._count = 0

    def value(self, kind: Any, node: ConfigNode, path: str) -> Any:
        options = members(kind)
        is_scalar = not isinstance(node.value, dict | list)
        for option in options:
            base, found_metas = metas(option)
            if isinstance(node.value, list) and get_origin(base) is tuple:
                return self._list(kind, option, node, path)
            if isinstance(node.value, dict) and (get_origin(base) is dict or is_section(base)):
                is_mapping = get_origin(base) is dict
                return self._mapping(kind, option, node, path) if is_mapping else self._struct(base, node, path)
            alone = getattr(base, "alone", None) if is_scalar else None
            if alone is not None:
                return self._struct(base, ConfigNode({alone: node}, node.place, node.line), path)
            if base is str and found_metas and is_scalar:
                return self._text(kind, found_metas, node, path)
            if base is float and is_scalar and has_mark(option, "length"):
                return self._length(kind, found_metas, node, path)
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
        if value is INVALID and has_mark(kind, "scalar") and isinstance(node.value, bool | int | float):
            value = str(node.value).lower()
        is_right = not has_mark(kind, "name") or isinstance(node.value, str)
        if value is INVALID or not is_right or not all(_is_in_range(value, meta) for meta in found_metas):
            return self._refuse(kind, node, path)
        for meta in found_metas:
            where = (meta.extra or {}).get("path")
            if where:
                base = node.place.directory if where == "beside" else self._directory
                value = os.path.normpath(os.path.join(base, os.path.expanduser(value)))  # noqa: PTH111, PTH118 - texts in, texts out
        return value

    def _length(self, kind: Any, found_metas: tuple[Any, ...], node: ConfigNode, path: str) -> Any:
        if isinstance(node.value, str) or not all(meta.extra["number"] for meta in found_metas):
            try:
                return durations.duration_s(node.value)
            except ValueError:
                return self._refuse(kind, node, path)
        value = _number(float, node.value, is_text=False)
        return self._refuse(kind, node, path) if value is INVALID else value

    def _list(self, kind: Any, option: Any, node: ConfigNode, path: str) -> Any:
        base, found_metas = metas(option)
        values = []
        for position, inner in enumerate(node.value):
            value = self.value(get_args(base)[0], inner, f"{path}[{position}]")
            if value is not INVALID:
                values.append(value)
        if not node.value and not all(_is_in_range(values, meta) for meta in found_metas):
            return self._refuse(kind, node, path)
        return tuple(values)

    def _mapping(self, kind: Any, option: Any, node: ConfigNode, path: str) -> Any:
        base, found_metas = metas(option)
        key_kind, value_kind = get_args(base)
        values = {}
        for name, inner in node.items():
            if inner.value is None:
                continue
            key = self.value(
                key_kind, ConfigNode(name, node.place, node.key_lines.get(name, node.line)), f"{path}.{name}"
            )
            value = self.value(value_kind, inner, f"{path}.{name}")
            if key is not INVALID and value is not INVALID:
                values[key] = value
        if not node.value and not all(_is_in_range(values, meta) for meta in found_metas):
            return self._refuse(kind, node, path)
        return values

    def _struct(self, struct: Any, node: ConfigNode, path: str) -> Any:
        before = self._count
        fields, values, is_right = fields_of(struct), {}, True
        for name, inner in node.items():
            if name not in fields:
                near = None if self._problems.is_full else wording.nearest(name, fields)
                self._say(node.key_origin(name), f"{path}.{name}", wording.unknown_key(near, fields))
            elif inner.value is not None:
                values[name] = self.value(fields[name].kind, inner, f"{path}.{name}")
        for name, field in fields.items():
            if values.get(name) is INVALID:
                del values[name]
                is_right &= field.default is not NODEFAULT
            elif name not in values and field.default is NODEFAULT:
                self._say(node.origin, f"{path}.{name}", f"is needed: {wording.expected(field.kind)}")
                is_right = False
        if issubclass(struct, EntrySettings):
            return self._entry(struct, values, node, path) if before == self._count else INVALID
        return _built(struct, values) if is_right else INVALID

    def _entry(self, struct: Any, values: dict[str, Any], node: ConfigNode, path: str) -> Any:
        """An entry, when it is right as a whole."""
        if issubclass(struct, ChoiceSettings) and len(values) != 1:
            return self._refuse(struct, node, path)
        entry = _built(struct, {**values, "path": path})
        before = self._count
        for key, text in entry.problems():
            inner = node.value.get(key)
            self._say(node.origin if inner is None else inner.origin, f"{path}.{key}", text)
        return entry if before == self._count else INVALID

    def _refuse(self, kind: Any, node: ConfigNode, path: str) -> Any:
        hint = None if self._problems.is_full else _hint(kind, node)
        line = f"expected {wording.expected(kind)}, found {wording.found(node, secret=masking.is_secret_kind(kind))}"
        self._say(node.origin, path, f"{line}; {hint}" if hint else line)
        return INVALID

    def _say(self, origin: str, path: str, text: str) -> None:
        self._count += 1
        self._problems.add(origin, path, text)


def _built(struct: Any, values: dict[str, Any]) -> Any:
    """A section out of right values by key."""
    fields = fields_of(struct)
    return struct(**{fields[name].attribute if name in fields else name: value for name, value in values.items()})


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
        # What YAML has read as a number is one, also as 0x1f90; a variable still has to be read.
        is_text = text is not None and isinstance(value, str)
        return _number(base, text if is_text else value, is_text=is_text)
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
    if isinstance(value, list | dict):
        return len(value) >= (meta.min_length or 0)
    if isinstance(value, str):
        return len(value) >= (meta.min_length or 0) and (
            meta.pattern is None or re.fullmatch(meta.pattern, value) is not None
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    return (
        (meta.gt is None or value > meta.gt)
        and (meta.ge is None or value >= meta.ge)
        and (meta.lt is None or value < meta.lt)
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
        near = wording.nearest(written, choices)
        return f"did you mean {near}?" if near else None
    if int in bases or float in bases:
        if node.text is None and _number(float, written, is_text=True) is not INVALID:
            return "write it without quotes"
        quantity = re.fullmatch(_QUANTITY, written, re.IGNORECASE)
        if quantity:
            return f"write {float(quantity[1]) * _FACTORS[quantity[2].lower()]:.15g}"
    return None
