"""
What may be shown of a value: nothing of a secret.

A secret is what the model calls one, what stands under a name that sounds like one, what a URL carries as credentials or in
its query, and what came out of a file or of a variable with such a name.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, get_args, get_origin

from otel_agent.config.nodes import ConfigNode
from otel_agent.config.tree import is_section, members, metas

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
_LENGTH_OF_TIME = r"(?:[0-9]+(?:ms|[smhdw]))+"
_SHORTEST_SECRET = 4
"""Shorter texts are not looked for in others: they would be found everywhere."""


def is_secret_name(name: str) -> bool:
    """
    Whether a name sounds like a secret's.

    Args:
        name: Of a key or a variable.
    """
    return re.search(_NAMES, name) is not None


def is_secret_kind(kind: Any) -> bool:
    """
    Whether values of a kind are never shown.

    Args:
        kind: Any kind of the model.
    """
    for option in members(kind):
        base, found = metas(option)
        if any((meta.extra or {}).get("secret") for meta in found):
            return True
        if get_origin(base) in (tuple, dict) and any(is_secret_kind(inner) for inner in get_args(base)):
            return True
    return False


def masked_url(text: str) -> str:
    """
    A text without the credentials of URLs in it.

    Args:
        text: Any.
    """
    if "://" not in text:
        return f"{MASK}@{text.rpartition('@')[2]}" if "@" in text else text
    return re.sub(_QUERY, rf"\1{MASK}", re.sub(_USER, rf"\1{MASK}@", text))


def referenced_secrets(node: ConfigNode) -> set[str]:
    """
    Texts that came out of a file, or of a variable whose name sounds like a secret.

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
        value: Of that kind.
        secrets: Texts that are secrets wherever they stand.

    Returns:
        Plain mappings, lists and scalars.
    """
    return _Masking(tuple(secrets)).of_kind(kind, value)


class _Masking:
    """Masks one value, at every depth."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self._secrets = secrets

    def of_kind(self, kind: Any, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, Mapping):
            inner = next((get_args(base)[1] for base in _bases(kind) if get_origin(base) is dict), Any)
            if is_secret_kind(inner) and get_origin(metas(inner)[0]) is not dict:
                return dict.fromkeys(value, MASK)
            return self._mapping(value, has_addresses=is_secret_kind(kind))
        if is_secret_kind(kind):
            return MASK
        if isinstance(value, tuple):
            inner = next((get_args(base)[0] for base in _bases(kind) if get_origin(base) is tuple), Any)
            return [self.of_kind(inner, one) for one in value]
        return self._text(value)

    def _mapping(self, value: Mapping[str, Any], *, has_addresses: bool) -> dict[str, Any]:
        return {name: self._entry(name, inner, has_addresses=has_addresses) for name, inner in value.items()}

    def _entry(self, name: str, value: Any, *, has_addresses: bool) -> Any:
        """What stands under a name."""
        if isinstance(value, Mapping):
            if is_secret_name(name):
                return dict.fromkeys(value, MASK)
            return self._mapping(value, has_addresses=has_addresses)
        if isinstance(value, list | tuple):
            return [self._entry(name, one, has_addresses=has_addresses) for one in value]
        if value is None or isinstance(value, bool):
            return value
        if is_secret_name(name):
            return MASK
        return _address(value) if has_addresses and isinstance(value, str) else self._text(value)

    def _text(self, value: Any) -> Any:
        if is_section(type(value)):
            return {name: self._text(getattr(value, name)) for name in value.__struct_fields__}
        if not isinstance(value, str):
            return value
        for secret in self._secrets:
            if secret == value or (len(secret) >= _SHORTEST_SECRET and secret in value):
                value = value.replace(secret, MASK) if secret else value
        return masked_url(value) if "://" in value else value


def _bases(kind: Any) -> list[Any]:
    return [metas(option)[0] for option in members(kind)]


def _address(text: str) -> str:
    """Of an address people are told at, the host: paths and other schemes hold tokens."""
    match = re.match(_WEB, text)
    if match is not None:
        return masked_url(match[0]) + (f"/{MASK}" if len(text) > len(match[0]) else "")
    if re.fullmatch(_LENGTH_OF_TIME, text):
        return text
    scheme, colon, _ = text.partition("://")
    return f"{scheme}://{MASK}" if colon else MASK
