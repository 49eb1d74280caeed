"""Constants of templates: strings, characters and numbers as Go writes them."""

import re

from otel_agent.alerts.rules.template_tokens import TemplateSyntaxError

__all__ = ["character", "number", "quoted"]

_ESCAPE = re.compile(
    r"\\(?:(?P<sign>[abfnrtv\\'\"])|x(?P<byte>[0-9a-fA-F]{2})|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8})"
    r"|(?P<octal>[0-7]{3})|(?P<wrong>.))",
    re.DOTALL,
)
_SIGNS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"'}
_LARGEST = (1 << 63) - 1


def quoted(token: str) -> str:
    """
    The text of a string.

    Args:
        token: The string with its quotes, or with its backticks, in which a backslash is a backslash.

    Raises:
        TemplateSyntaxError: When an escape means nothing.
    """
    if token[0] == "`":
        return token[1:-1].replace("\r", "")
    return _unescaped(token[1:-1], "'")


def character(token: str) -> int:
    """
    The code point of a character.

    Args:
        token: The character with its quotes.

    Raises:
        TemplateSyntaxError: When it is none.
    """
    text = _unescaped(token[1:-1], '"')
    if len(text) != 1:
        raise TemplateSyntaxError(f"{token} is not one character")
    return ord(text)


def _unescaped(text: str, foreign: str) -> str:
    bytes_of_text = bytearray()
    position = 0
    for match in _ESCAPE.finditer(text):
        bytes_of_text += text[position : match.start()].encode("utf-8", "surrogatepass")
        position = match.end()
        if match["wrong"] or match["sign"] == foreign:
            raise TemplateSyntaxError(f"{match.group()!r} is no escape sequence")
        if match["byte"] or match["octal"]:
            code = int(match["byte"], 16) if match["byte"] else int(match["octal"], 8)
            if code > 0xFF:  # noqa: PLR2004 - a byte
                raise TemplateSyntaxError(f"{match.group()!r} is no escape sequence")
            bytes_of_text.append(code)
        elif match["sign"]:
            bytes_of_text += _SIGNS[match["sign"]].encode()
        else:
            code = int(match["short"] or match["long"], 16)
            if code > 0x10FFFF or 0xD800 <= code < 0xE000:  # noqa: PLR2004 - what is no code point
                raise TemplateSyntaxError(f"{match.group()!r} is no escape sequence")
            bytes_of_text += chr(code).encode()
    bytes_of_text += text[position:].encode("utf-8", "surrogatepass")
    return bytes_of_text.decode("utf-8", "replace")


def number(token: str) -> int | float:
    """
    A number: whole, or with a point or an exponent.

    Args:
        token: The number as written.

    Raises:
        TemplateSyntaxError: When it is none, or too large.
    """
    text = token.lower()
    digits = text.lstrip("+-")
    try:
        if digits.startswith(("0x", "0o", "0b")):
            value = int(text, 0)
        elif re.fullmatch(r"0[0-7_]+", digits):
            value = int(text, 8)
        elif set(digits) <= set("0123456789_"):
            value = int(text, 10)
        else:
            return float(text)
    except ValueError as error:
        raise TemplateSyntaxError(f"{token!r} is no number") from error
    if abs(value) > _LARGEST:
        raise TemplateSyntaxError(f"{token!r} is too large for a whole number")
    return value
