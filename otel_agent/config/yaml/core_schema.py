"""
The types of YAML 1.2's core schema, for what is written without quotes.

`no` and `on` are strings here, and `1:30` is no number, other than in YAML 1.1.

Source: https://yaml.org/spec/1.2.2/#103-core-schema
"""

import re
from typing import Any

__all__ = ["resolved"]

_INTEGER = re.compile(r"[-+]?[0-9]{1,40}|0o[0-7]{1,40}|0x[0-9a-fA-F]{1,40}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,40}|[0-9]{1,40}(?:\.[0-9]{0,40})?)(?:[eE][-+]?[0-9]{1,4})?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_NUMBERS = {".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan")}


def resolved(text: str) -> Any:
    """
    The value of what was written without quotes.

    Args:
        text: A scalar as it was written: "8080", "true" or "trader".

    Returns:
        None, a bool, an int, a float, or the text itself.
    """
    lower = text.lower() if len(text) <= 5 else text  # noqa: PLR2004 - no word is longer
    if lower in _WORDS and text in (lower, lower.capitalize(), lower.upper()):
        return _WORDS[lower]
    if lower in _NUMBERS:
        return _NUMBERS[lower]
    if _INTEGER.fullmatch(text):
        return int(text, {"o": 8, "x": 16}.get(text[1:2], 10))
    return float(text) if _FLOAT.fullmatch(text) else text
