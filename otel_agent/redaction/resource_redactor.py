"""The redactor of resources and scopes: a command line with a password in it stands in the resource of everything that leaves."""

from typing import Any

from otel_agent.redaction.redacted_view import RedactedView, flat
from otel_agent.redaction.value_redactor import ValueRedactor

__all__ = ["ResourceRedactor"]

MAX_REMEMBERED = 1024
"""Resources and scopes remembered before all are forgotten."""


class ResourceRedactor:
    """
    Resources and scopes without their secrets, remembered by identity and kept alive so that no address is reused.

    Thread-safe without a lock: a race means that something is cleaned twice.

    Args:
        values: Cleans attributes.
    """

    def __init__(self, values: ValueRedactor) -> None:
        self._values = values
        self._known: dict[int, tuple[Any, Any]] = {}

    def clean(self, origin: Any) -> Any:
        """
        A resource or a scope without secrets.

        Args:
            origin: Has `attributes`, perhaps `name`, `version` and `schema_url`; None comes back as it is.

        Returns:
            The same object when it holds none.
        """
        known = self._known.get(id(origin))
        if known is None or known[0] is not origin:
            known = (origin, self._judge(origin))
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            self._known[id(origin)] = known
        return known[1]

    def _judge(self, origin: Any) -> Any:
        replaced: dict[str, Any] = {}
        before = flat(getattr(origin, "attributes", None))
        attributes = self._values.mapping(before)
        if attributes is not before:
            replaced["attributes"] = attributes
        for part in ("name", "version", "schema_url"):
            text = getattr(origin, part, None)
            cleaned = self._values.value("", text)
            if cleaned is not text:
                replaced[part] = cleaned
        return RedactedView(origin, **replaced) if replaced else origin
