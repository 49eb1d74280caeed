"""
Resource and scope, cleaned once each: a command line with a password in it stands in the resource of everything that leaves.

Also the copy that stands for whatever had to change: `Veil`.
"""

from typing import Any

from otel_agent.redaction.values import Values

__all__ = ["Origins", "Veil", "flat"]

MAX_REMEMBERED = 1024
"""Resources and scopes remembered before all are forgotten."""


class Veil:
    """An object seen with some of its attributes replaced; the object itself is left as it is."""

    def __init__(self, original: Any, **replaced: Any) -> None:
        """
        Lay a veil over an object.

        Args:
            original: Answers for every attribute not given here.
            replaced: What is seen instead.
        """
        self.__dict__.update(replaced)
        self.__dict__["_original"] = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_original"], name)


def flat(attributes: Any) -> Any:
    """Attributes in a form that is quick to go through: the SDK's mappings run Python code for every key, a copy does not."""
    if attributes.__class__ is dict or not attributes:
        return attributes
    copy = getattr(attributes, "copy", None)
    return dict(attributes) if copy is None else copy()


class Origins:
    """
    Resources and scopes without their secrets, remembered by identity and kept alive so that no address is reused.

    Thread-safe without a lock: a race means that something is cleaned twice.
    """

    def __init__(self, values: Values) -> None:
        """
        Use the rules for values.

        Args:
            values: Cleans attributes.
        """
        self._values = values
        self._known: dict[int, tuple[Any, Any]] = {}

    def clean(self, origin: Any) -> Any:
        """
        A resource or a scope without secrets.

        Args:
            origin: Has `attributes`, perhaps `name`; None comes back as it is.

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
        before = flat(getattr(origin, "attributes", None))
        attributes = self._values.mapping(before)
        if attributes is before:
            return origin
        return Veil(origin, attributes=attributes)
