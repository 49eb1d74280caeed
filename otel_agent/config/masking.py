"""
What may be shown of a value: nothing of a secret.

A secret is what the model calls one, what stands under a name that sounds like one, what a URL carries as credentials or in
its query, the path of an address people are told at, and what came out of a file or of a variable with such a name.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, get_args, get_origin

from otel_agent.config.nodes import ConfigNode
from otel_agent.config.reflection import fields_of, has_mark, is_section, members, metas

__all__ = ["MASK", "is_secret_kind", "is_secret_name", "masked", "masked_url", "referenced_secrets"]

MASK = "***"
"""Stands for what is not shown."""

# Patterns are compiled when first used: most starts have nothing to mask.
_NAMES = (
    r"(?i)pass(?:word|wd|phrase)|pwd|secret|token|key|credential|authori[sz]ation|cookie|bearer|dsn|signature|headers"
)
_USER = r"(://)[^/?#\s]*@"
_QUERY = r"([?&][^=&#\s]*=)[^&#\s]*"
_WEB = r"(?i)https?://[^/?#\s]*"
_SHORTEST_SECRET = 4
"""Shorter secrets are not looked for in other strings: they would be found everywhere."""


def is_secret_name(name: str) -> bool:
    """
    Whether a name sounds like a secret's.

    Args:
        name: Name of a key or a variable.
    """
    return re.search(_NAMES, name) is not None


def is_secret_kind(kind: Any) -> bool:
    """
    Whether what is given for a setting may not be repeated: its kind, or the kind of what is in it, is a secret.

    Args:
        kind: Any kind of the model.
    """
    if has_mark(kind, "secret") or has_mark(kind, "receiver"):
        return True
    bases = _bases(kind)
    inner = [
        one for base in bases if get_origin(base) in (tuple, dict) for one in get_args(base) if one is not Ellipsis
    ]
    inner += [fields_of(base)[base.alone].kind for base in bases if getattr(base, "alone", None)]
    return any(map(is_secret_kind, inner))


def masked_url(text: str) -> str:
    """
    A string without the credentials of URLs in it.

    Args:
        text: Any string.
    """
    if "://" not in text:
        return f"{MASK}@{text.rpartition('@')[2]}" if "@" in text else text
    return re.sub(_QUERY, rf"\1{MASK}", re.sub(_USER, rf"\1{MASK}@", text))


def referenced_secrets(node: ConfigNode) -> set[str]:
    """
    Strings that came out of a file, or of a variable whose name sounds like a secret.

    Args:
        node: With everything in it.
    """
    if isinstance(node.value, Mapping):
        return set().union(*(referenced_secrets(inner) for inner in node.value.values()))
    if isinstance(node.value, list):
        return set().union(*(referenced_secrets(inner) for inner in node.value))
    if node.reference is not None and ("${file:" in node.reference or is_secret_name(node.reference)):
        return {str(node.value)}
    return set()


def masked(kind: Any, value: Any, secrets: Iterable[str] = ()) -> Any:
    """
    A value as it may be shown.

    Args:
        kind: The kind of its setting.
        value: Value of that kind.
        secrets: Strings that are secrets wherever they stand.

    Returns:
        Plain mappings, lists and scalars.
    """
    return _Masking(tuple(secrets)).of_kind(kind, value)


class _Masking:
    """Masks one value, at every depth."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self._secrets = secrets

    def of_kind(self, kind: Any, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if is_section(type(value)):
            return self._section(value)
        if isinstance(value, Mapping):
            inner = next(get_args(base)[1] for base in _bases(kind) if get_origin(base) is dict)
            return {name: MASK if is_secret_name(name) else self.of_kind(inner, one) for name, one in value.items()}
        if isinstance(value, tuple):
            inner = next(get_args(base)[0] for base in _bases(kind) if get_origin(base) is tuple)
            return [self.of_kind(inner, one) for one in value]
        if has_mark(kind, "secret"):
            return MASK
        return _address(value) if has_mark(kind, "receiver") else self._text(value)

    def _section(self, section: Any) -> dict[str, Any]:
        """A section's settings; of a choice only what was chosen."""
        struct: Any = type(section)
        fields = fields_of(struct)
        if hasattr(section, "chosen"):
            name, value = section.chosen
            return {name: self.of_kind(fields[name].kind, value)}
        return {name: self.of_kind(field.kind, getattr(section, field.attribute)) for name, field in fields.items()}

    def _text(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        for secret in self._secrets:
            if secret == value or (len(secret) >= _SHORTEST_SECRET and secret in value):
                value = value.replace(secret, MASK) if secret else value
        return masked_url(value) if "://" in value else value


def _bases(kind: Any) -> list[Any]:
    return [metas(option)[0] for option in members(kind)]


def _address(text: str) -> str:
    """The host of an address people are told at: paths and other schemes hold tokens."""
    match = re.match(_WEB, text)
    if match is not None:
        return masked_url(match[0]) + (f"/{MASK}" if len(text) > len(match[0]) else "")
    scheme, colon, _ = text.partition("://")
    return f"{scheme}://{MASK}" if colon else MASK
