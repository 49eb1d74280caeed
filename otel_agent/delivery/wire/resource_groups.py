"""
Records grouped by resource and scope, each of which is encoded once.

What stands around the scopes of a resource, or around the records of a scope, is its envelope: the bytes before and after.

Objects are remembered by identity and kept alive with their bytes, so an address cannot be reused under us. Groups are
keyed by the encoded bytes: equal resources of different objects become one group, and nothing is hashed attribute by
attribute, which is where the SDK's own encoder spends a quarter of its time.
"""

from collections.abc import Iterable
from typing import Any

from otel_agent.delivery.wire.attributes import attributes_bytes
from otel_agent.delivery.wire.primitives import delimited, text_field
from otel_agent.delivery.wire.values import safe_text
from otel_agent.guard import shared

__all__ = ["Envelope", "ResourceGroups", "left_out", "resource_envelope", "scope_envelope"]

MAX_REMEMBERED = 1024
"""Resources, and scopes, remembered before all are forgotten."""

Envelope = tuple[bytes, bytes]
"""Bytes before, bytes after."""

_resources: dict[int, tuple[Any, Envelope]] = {}
_scopes: dict[int, tuple[Any, Envelope]] = {}


def resource_envelope(resource: Any) -> Envelope:
    """What stands before (the resource) and after (its schema) the scopes of one resource."""
    known = _resources.get(id(resource))
    if known is None or known[0] is not resource:
        body = attributes_bytes(getattr(resource, "attributes", None), 0x0A)
        schema = _text(resource, "schema_url")
        known = (resource, (delimited(b"\x0a", body), text_field(b"\x1a", schema)))
        if len(_resources) >= MAX_REMEMBERED:
            _resources.clear()
        _resources[id(resource)] = known
    return known[1]


def scope_envelope(scope: Any) -> Envelope:
    """What stands before (the scope) and after (its schema) the records of one scope."""
    known = _scopes.get(id(scope))
    if known is None or known[0] is not scope:
        body = (
            text_field(b"\x0a", _text(scope, "name"))
            + text_field(b"\x12", _text(scope, "version"))
            + attributes_bytes(getattr(scope, "attributes", None), 0x1A)
        )
        known = (scope, (delimited(b"\x0a", body), text_field(b"\x1a", _text(scope, "schema_url"))))
        if len(_scopes) >= MAX_REMEMBERED:
            _scopes.clear()
        _scopes[id(scope)] = known
    return known[1]


class ResourceGroups:
    """Encoded records of one batch, by resource and scope, in order of first appearance."""

    __slots__ = ("_groups",)

    def __init__(self) -> None:
        self._groups: dict[Envelope, dict[Envelope, list[bytes]]] = {}

    def under(self, resource: Envelope, scope: Envelope) -> list[bytes]:
        """The list that takes the records of one scope of one resource; each a complete field."""
        return self._groups.setdefault(resource, {}).setdefault(scope, [])

    def request(self) -> bytes:
        """The whole export request; its shape is the same for all three signals."""
        return b"".join(
            [
                _enclosed(b"\x0a", resource, self._scoped(scopes))
                for resource, scopes in self._groups.items()
                if any(scopes.values())
            ]
        )

    @staticmethod
    def _scoped(scopes: dict[Envelope, list[bytes]]) -> Iterable[bytes]:
        return [_enclosed(b"\x12", scope, records) for scope, records in scopes.items() if records]


def _enclosed(tag: bytes, envelope: Envelope, parts: Iterable[bytes]) -> bytes:
    return delimited(tag, b"".join([envelope[0], *parts, envelope[1]]))


def left_out(signal: str, error: Exception) -> None:
    """Count a record that even repair could not save."""
    shared.report(
        f"wire.{signal}",
        f"a record of {signal} could not be encoded and was left out; its neighbours were sent",
        error,
    )


def _text(owner: Any, name: str) -> str:
    value = getattr(owner, name, None)
    return "" if value is None else safe_text(value)
