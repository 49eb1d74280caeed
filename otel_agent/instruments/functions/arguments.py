"""What `traced`, `timed` and `span` refuse when something is decorated: arguments of the wrong type."""

from collections.abc import Mapping
from typing import Any

from opentelemetry.trace import SpanKind

__all__ = ["check_block_name", "check_name", "check_traced"]

_NO_NAMES = (int, float, bytes, list, tuple, dict, set)
"""Types nobody decorates; anything else that is no name may be an object that can be called."""


def check_name(place: str, name: Any) -> None:
    """
    Look at a name that may be the decorated function instead.

    Args:
        place: Name of the decorator.
        name: First argument.

    Raises:
        TypeError: It is neither.
    """
    if isinstance(name, _NO_NAMES):
        raise TypeError(f"{place}: name must be a string, not {name!r}")


def check_block_name(name: Any) -> None:
    """
    Look at the name of a `span`.

    Args:
        name: First argument.

    Raises:
        TypeError: It is a function: there are no brackets, or no name in them. A class is taken, as any other object is: this
            may be a block that runs, where nothing of ours may raise.
    """
    if callable(name) and not isinstance(name, type):
        raise TypeError(
            f"span: give a name, @otel_agent.span({getattr(name, '__name__', 'name')!r}), or use @otel_agent.traced"
        )


def check_traced(kind: Any, attributes: Any, flags: Mapping[str, Any]) -> None:
    """
    Look at the arguments of `traced`.

    Args:
        kind: Span kind.
        attributes: Attributes of every span.
        flags: What is true or false, by name.

    Raises:
        TypeError: One has the wrong type.
    """
    if not isinstance(kind, str | SpanKind):
        raise TypeError(f"traced: kind must be a string such as 'client', not {kind!r}")
    if attributes is not None and not isinstance(attributes, Mapping):
        raise TypeError(f"traced: attributes must be a mapping or None, not {attributes!r}")
    for name in attributes or ():
        if not isinstance(name, str):
            raise TypeError(f"traced: names of attributes must be strings, not {name!r}")
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise TypeError(f"traced: {name} must be True or False, not {flag!r}")
