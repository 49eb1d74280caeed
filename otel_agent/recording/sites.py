"""
Call sites: what all spans of one place in the program share.

A span holds a reference to its site instead of a name, a kind, a scope, a resource and attributes of its own. The site is made
once, at decoration or at the first use of a name, and the encoder keeps in it the bytes that never change.
"""

from collections.abc import Mapping
from typing import Any

__all__ = ["MAX_SITES", "PLAIN", "Site"]

MAX_SITES = 4096
"""Names one tracer remembers before it forgets all and begins anew; names with an order number in them are without end."""

PLAIN = frozenset((str, int, float, bool, bytes, type(None)))
"""Classes whose instances are attribute values as they are."""

_PLAIN_BUT_TEXT = PLAIN - {str}


class Site:
    """
    One place that makes spans.

    Args:
        tracer: A tracer of ours; it gives scope, resource and limits.
        name: Span name.
        kind: A `SpanKind`.
        attributes: Attributes of every span, cleaned and within the limits.
    """

    __slots__ = (
        "__weakref__",
        "attributes",
        "encoded",
        "kind",
        "name",
        "plain",
        "resource",
        "room",
        "scope",
        "tracer",
    )

    def __init__(self, tracer: Any, name: str, kind: Any, attributes: Mapping[str, Any] | None = None) -> None:
        limits = tracer.limits
        self.tracer = tracer
        self.name = name
        self.kind = kind
        self.scope = tracer.scope
        self.resource = tracer.resource
        self.attributes = attributes or None
        self.encoded: Any = None
        """Filled by the encoder; emptied when the resource changes."""
        self.plain = PLAIN if limits.max_span_attribute_length is None else _PLAIN_BUT_TEXT
        """Classes of values that need no cleaning here."""
        most = limits.max_span_attributes
        self.room = (1 << 62) if most is None else max(most - len(attributes or ()), 0)
        """Attributes a span may have of its own."""
