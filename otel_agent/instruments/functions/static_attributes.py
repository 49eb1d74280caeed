"""Attributes that every span of a place has, made of values that may fail when they are asked for their text."""

from collections.abc import Mapping
from typing import Any

from opentelemetry.attributes import BoundedAttributes

from otel_agent.guard import guarded

__all__ = ["are_plain", "sound_attributes"]

_PLAIN = frozenset((str, int, float, bool, bytes, type(None)))


def are_plain(attributes: Mapping[str, Any]) -> bool:
    """
    Whether attributes need no care.

    Args:
        attributes: Attributes as they were given.
    """
    return all(type(key) is str and type(value) in _PLAIN for key, value in attributes.items())


def sound_attributes(attributes: Mapping[str, Any], place: str) -> dict[str, Any]:
    """
    Attributes whose values are all of types that can be recorded; one whose text raises is said and left out.

    Args:
        attributes: Attributes as they were given; their texts are the agent's own code.
        place: Name of the function, for the line in the log.

    Returns:
        The attributes that could be read.
    """
    sound: dict[str, Any] = {}
    for key, value in attributes.items():
        shown = repr(key) if type(key) is str else f"of type {type(key).__qualname__}"
        with guarded("functions.attributes", f"{place}: the attribute {shown} cannot be read and is left out"):
            if type(value) in _PLAIN and type(key) is str:
                sound[key] = value
            else:
                plain = str.__str__(value) if isinstance(value, str) else value
                sound.update(BoundedAttributes(None, {key: plain}))
    return sound
