"""How kinds and values are called in messages and on the reference page."""

import re
import types
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from msgspec import UnsetType

from otel_agent.config.masking import masked_url
from otel_agent.config.nodes import ConfigNode
from otel_agent.config.reflection import can_be_off, fields_of, is_section, members, metas
from otel_agent.config.sections.section import ChoiceSettings
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    import difflib
else:
    difflib = late_module("difflib")

__all__ = ["expected", "found", "nearest", "shown_reference", "unknown_key"]

_NOUNS = {bool: "a boolean (true or false)", int: "a whole number", float: "a number", str: "a string"}
_LONGEST = 60
"""Characters of a value that a message shows."""


def expected(kind: Any) -> str:
    """
    What a kind takes, in words.

    Args:
        kind: Any kind of the model.

    Returns:
        Such as "a whole number from 0 to 65535, or off".
    """
    options = [option for option in members(kind) if option not in (types.NoneType, UnsetType)]
    words = " or ".join(dict.fromkeys(_one(option) for option in options))
    if can_be_off(kind):
        words += ", or off"
    return words


def _one(kind: Any) -> str:
    base, found_metas = metas(kind)
    origin = get_origin(base)
    if origin is Literal:
        return "one of " + ", ".join(map(str, get_args(base)))
    if origin in (tuple, dict):
        return _group(base, is_needed=any(meta.min_length for meta in found_metas))
    return _section(base) if is_section(base) else _scalar(base, found_metas)


def _group(base: Any, *, is_needed: bool) -> str:
    is_list = get_origin(base) is tuple
    inner = expected(get_args(base)[0 if is_list else 1])
    some = " of at least one" if is_needed else ""
    return f"a list{some}, each {inner}" if is_list else f"a mapping{some}, each value {inner}"


def _scalar(base: Any, found_metas: tuple[Any, ...]) -> str:
    words = _NOUNS[base]
    for meta in found_metas:
        extra = meta.extra or {}
        if "path" in extra:
            return "a path"
        if "url" in extra or "receiver" in extra:
            return "an address"
        if "length" in extra:
            return f"a number{', or' if extra['number'] else ' of seconds, or'} a length of time such as 250ms or 1h30m"
        words += _range(meta)
        if meta.min_length:
            words += " that is not empty"
        words = meta.description or words
    return words


def _section(section: Any) -> str:
    keys = list(fields_of(section))
    if issubclass(section, ChoiceSettings):
        return f"exactly one of {', '.join(keys)}, with its settings"
    alone = getattr(section, "alone", None)
    words = f"keys such as {', '.join(keys[:3])}" if keys else "an empty mapping"
    return words if alone is None else f"{expected(fields_of(section)[alone].kind)}, or {words}"


def _range(meta: Any) -> str:
    if meta.gt is not None:
        return f" above {meta.gt:g}" if meta.lt is None else f" above {meta.gt:g} and below {meta.lt:g}"
    if meta.ge is not None and meta.le is not None:
        return f" from {meta.ge} to {meta.le}"
    return f" of at least {meta.ge}" if meta.ge is not None else ""


def found(node: ConfigNode, *, secret: bool = False) -> str:
    """
    What stands there, in words, without telling a secret.

    Args:
        node: The value.
        secret: Whether only its type may be told.
    """
    value = node.value
    for shape, words in ((dict, "a mapping"), (list, "a list"), (types.NoneType, "nothing")):
        if isinstance(value, shape):
            return words.replace("a ", "an empty ") if value in ({}, []) else words
    if secret or not isinstance(value, str | bool | int | float):
        return next((noun for kind, noun in _NOUNS.items() if isinstance(value, kind)), f"a {type(value).__name__}")
    if node.reference is not None:
        return f"the value of {_shortened(shown_reference(node.reference))}"
    if isinstance(value, int) and value.bit_length() > _LONGEST:
        return "a number beyond all bounds"
    return _shortened(masked_url(repr(value) if node.text is None else node.text))


def _shortened(written: str) -> str:
    return written if len(written) <= _LONGEST else written[: _LONGEST - 1] + "…"


def shown_reference(text: str) -> str:
    """
    A reference without its default, which may be a secret.

    Args:
        text: `${TOKEN:-default}`.
    """
    return re.sub(r":-[^}]*", ":-…", text)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """
    The known name that is most like another.

    Args:
        name: As it was written.
        known: The right ones.

    Returns:
        None when none is alike.
    """
    if len(name) > _LONGEST:
        # No setting's name, and comparing takes time with the square of the length.
        return None
    by_form = {_form(one): one for one in known}
    close = difflib.get_close_matches(_form(name), by_form, 1, 0.6)
    return by_form[close[0]] if close else None


def unknown_key(near: str | None, known: Iterable[str]) -> str:
    """
    What is said of a key that does not exist.

    Args:
        near: The key that is most like it; None when none is.
        known: The keys there are.
    """
    if near:
        return f"unknown key, did you mean {near}?"
    keys = ", ".join(known)
    return f"unknown key; known are {keys}" if keys else "unknown key; there are none here"


def _form(name: str) -> str:
    return name.lower().replace("-", "_")
