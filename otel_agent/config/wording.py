"""How kinds and values are called in messages and on the reference page."""

import re
import types
from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin

from otel_agent.config.masking import masked_url
from otel_agent.config.nodes import ConfigNode
from otel_agent.config.tree import can_be_off, is_section, members, metas

__all__ = ["expected", "found", "nearest", "shown_reference"]

_NOUNS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
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
    options = [option for option in members(kind) if option is not types.NoneType]
    words = " or ".join(dict.fromkeys(_one(option) for option in options))
    if can_be_off(kind):
        words += ", or off"
    return words


def _one(kind: Any) -> str:
    base, found_metas = metas(kind)
    origin = get_origin(base)
    if origin is Literal:
        return "one of " + ", ".join(map(str, get_args(base)))
    if origin is tuple:
        return f"a list, each {expected(get_args(base)[0])}"
    if origin is dict:
        inner = expected(get_args(base)[1])
        return "names and values" if inner == "anything" else f"names, each with {inner}"
    if is_section(base):
        return f"keys such as {', '.join(base.__struct_fields__[:3])}"
    words = _NOUNS.get(base, "anything")
    for meta in found_metas:
        extra = meta.extra or {}
        if "path" in extra or "url" in extra:
            return "a path" if "path" in extra else "an address"
        words += _range(meta)
        if meta.min_length:
            words += " that is not empty"
        if meta.pattern is not None and meta.description:
            words = meta.description
    return words


def _range(meta: Any) -> str:
    if meta.gt is not None:
        return f" above {meta.gt:g}"
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
    for shape, words in ((dict, "names and values"), (list, "a list"), (types.NoneType, "nothing")):
        if isinstance(value, shape):
            return words
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
    # Loaded only when somebody has made a mistake.
    from difflib import get_close_matches

    by_form = {_form(one): one for one in known}
    close = get_close_matches(_form(name), by_form, 1, 0.6)
    return by_form[close[0]] if close else None


def _form(name: str) -> str:
    return name.lower().replace("-", "_")
