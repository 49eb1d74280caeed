"""
Names that stand beside their values without a sign between them: `{"name": "API_KEY", "value": "…"}`, `("x-api-key", "…")`.

Headers come as pairs, variables of containers as entries of two fields, settings of Java and .NET as elements of XML with
the name in an attribute.
"""

import re

from otel_agent.redaction.detection.secret_names import Certainty, SecretNames
from otel_agent.redaction.late_patterns import late_pattern

__all__ = ["entry_value", "is_pair", "is_pair_end", "takes_element"]

_LOOK_BACK = 48
_NAMED = late_pattern(
    r"(?i)(?:name|key|field|header|variable|var|setting|parameter|param|property|option|attribute|path|id|k)[\"'\\]{0,3}\s{0,2}(?:[:=]|=>)\s{0,4}\\{0,4}[bru]?[\"'`]?(?:[\w.-]{0,24}[:/]){0,3}\Z"
    r"|<(?:\w{1,16}:)?(?:name|key|string|param-name)>\s{0,8}\Z"
)
_TYPED = late_pattern(r"(?i)\btype[\"'\\]{0,3}\s{0,2}[:=]\s{0,4}\\{0,4}[\"']\Z")
"""What is called a type only: `{"type": "password", "value": "…"}`."""

_VALUED = late_pattern(
    r"(?i)[\\\"'`]{0,4}[,;)\s]{1,64}"
    r"(?:[\"'\\]{0,3}\w{1,24}[\"'\\]{0,3}\s{0,2}[:=]\s{0,2}[\"'\\]{0,3}[\w. /-]{0,48}[\"'\\]{0,3}[,;\s]{1,64}){0,3}?"
    r"[\"'\\]{0,3}(?:\w{0,12}[_.-]?value|val|v|data|content|default)[\"'\\]{0,3}\s{0,4}(?:=>|[:=]=?)\s{0,4}"
    r"|[\"'`]?(?:\s[^<>/]{0,80})?>\s{0,64}<(?:\w{1,16}:)?(?:attribute)?(?:value|string|val|data)(?:\s[^<>]{0,80})?>(?:\s{0,16}<string>)?"
    r"|[\"'`]?\s?/?></?|(?:\s{0,4}</[\w:.-]{1,32}>\s{0,64}<(?:\w{1,16}:)?(?:value|string|val|data|param-value)(?:\s[^<>]{0,80})?>(?:\s{0,16}<string>)?)"
)
_ELEMENT_END = late_pattern(r"[\"'`]?(?:\s[^<>]{0,128})?>")
_PAIR_BEFORE = late_pattern(r"(?:(?<!\w)\(|[\[{])\s{0,4}[bru]?\\{0,4}[\"']\Z")
_PAIR_BEHIND = late_pattern(r"\\{0,4}[\"']?\s{0,4},?\s{0,4}[)\]}]")


def entry_value(text: str, start: int, end: int, *, is_certain: bool = False) -> int | None:
    """
    Where the value of an entry begins whose name stands at a position.

    Args:
        text: Any text.
        start: Where the name begins.
        end: Where it ends.
        is_certain: Whether the name is a secret's whatever its value is, so that it may stand as a type too.

    Returns:
        None when it is no entry.
    """
    before = text[max(0, start - _LOOK_BACK) : start]
    if _NAMED.search(before) is None and not (is_certain and _TYPED.search(before) is not None):
        return None
    match = _VALUED.match(text, end)
    return None if match is None or match[0].endswith(("/>", "</", "><")) else match.end()


def is_pair(text: str, start: int) -> bool:
    """
    Whether a quoted name is the first of a pair, and not an argument of a call.

    Args:
        text: Any text.
        start: Where the name begins, behind its quote.
    """
    return _PAIR_BEFORE.search(text[max(0, start - 12) : start]) is not None


def is_pair_end(text: str, end: int, names: SecretNames, start: int) -> bool:
    """
    Whether a value is the second and last of a pair, and not a name too, as in a list of columns.

    Args:
        text: Any text.
        end: Where the value ends, before its quote.
        names: The rules for names.
        start: Where the value begins.
    """
    value = text[start:end]
    is_name = value.replace("_", "").replace("-", "").isalpha() and (
        names.rule(value).certainty is not Certainty.NONE or (value.islower() and len(value) <= 8)  # noqa: PLR2004 - a word
    )
    return not is_name and _PAIR_BEHIND.match(text, end) is not None


def takes_element(text: str, start: int, end: int) -> int | None:
    """
    Where the content of an XML element begins that is named so, or has the name in an attribute.

    Args:
        text: Any text.
        start: Where the name begins.
        end: Where it ends.

    Returns:
        None when it is no element's name.
    """
    before = text[max(0, start - _LOOK_BACK) : start]
    is_tag = before.endswith("<") or (before.endswith(":") and re.search(r"<[\w.-]{1,32}:\Z", before) is not None)
    if not is_tag and (_NAMED.search(before) is None or "<" not in before):
        return None
    match = _ELEMENT_END.match(text, end)
    return None if match is None or match[0].endswith("/>") else match.end()
