"""Names beside values in nested values: headers as pairs, `{"name": "API_KEY", "value": "…"}`."""

from collections.abc import Mapping
from typing import Any

from otel_agent.redaction.detection.opaque_values import is_opaque
from otel_agent.redaction.detection.secret_names import Certainty, SecretNames
from otel_agent.redaction.late_patterns import late_pattern

__all__ = ["ENTRY_VALUES", "entry_name", "is_list_of_pairs", "is_lone_pair", "pair_name"]

ENTRY_VALUES = frozenset(
    {
        "value",
        "Value",
        "VALUE",
        "val",
        "v",
        "values",
        "Values",
        "stringValue",
        "string_value",
        "ParameterValue",
        "OptionValue",
    }
)
"""Fields of an entry that hold the value of its name."""

_ENTRY_NAMES = (
    "name",
    "key",
    "Name",
    "Key",
    "NAME",
    "KEY",
    "header",
    "field",
    "variable",
    "k",
    "ParameterKey",
    "OptionName",
)
_PAIR = 2
_MAX_PAIRS_LOOKED_AT = 8
_OPAQUE = late_pattern(r"(?=.*[0-9])\S{8,}+|\S{16,}+|\S{3,} \S{6,}")


def entry_name(attributes: Mapping[Any, Any]) -> str:
    """
    Name of an entry of two fields or more.

    Args:
        attributes: Fields.

    Returns:
        "" when it is none.
    """
    if ENTRY_VALUES.isdisjoint(attributes):
        return ""
    for field in _ENTRY_NAMES:
        name = attributes.get(field)
        if name.__class__ is str or isinstance(name, bytes):
            return pair_name(name)
    return ""


def pair_name(name: Any) -> str:
    """
    The text of a pair's name; headers of ASGI are bytes.

    Args:
        name: First of a pair.
    """
    return name.decode("latin-1") if isinstance(name, bytes) else name if isinstance(name, str) else ""


def is_list_of_pairs(values: Any) -> bool:
    """
    Whether a list has pairs of a name and a value.

    Args:
        values: A list, a tuple, a set.
    """
    if not isinstance(values, list | tuple) or not values:
        return False
    first = values[0]
    if first.__class__ is str or not isinstance(first, list | tuple) or len(first) != _PAIR:
        return False
    return all(
        isinstance(item, list | tuple) and len(item) == _PAIR and isinstance(item[0], str | bytes) for item in values
    )


def is_lone_pair(values: Any, names: SecretNames) -> bool:
    """
    Whether a list is one pair: a secret's name, and something that looks like one and is no name.

    Args:
        values: A list, a tuple, a set.
        names: The rules for names.
    """
    if not isinstance(values, list | tuple) or len(values) != _PAIR:
        return False
    name, value = values
    if not isinstance(name, str | bytes) or not isinstance(value, str | bytes) or pair_name(name).startswith("-"):
        return False
    said = pair_name(value)
    if names.rule(pair_name(name)).certainty < Certainty.LIKELY or (
        names.rule(said).certainty is not Certainty.NONE and not is_opaque(said)
    ):
        return False
    return _OPAQUE.fullmatch(said) is not None
