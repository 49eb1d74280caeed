"""
Tokens of templates: text, and what stands between {{ and }}, as Go's lexer cuts them.

Source: https://pkg.go.dev/text/template#hdr-Text_and_spaces
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["TemplateSyntaxError", "TemplateToken", "tokens_of"]


class TemplateSyntaxError(Exception):
    """The template cannot be read; the message is one sentence."""


class TemplateToken(NamedTuple):
    """A piece of a template."""

    kind: str
    """text, open, close, space, string, number, char, field, variable, word, or sign."""
    text: str
    """As it was written; a text without what dashes trim."""


_SPACE = " \t\r\n"
_ACTION = re.compile(
    r"""(?P<space>[ \t\r\n]+?(?=[ \t\r\n]-\}\}|[^ \t\r\n]|$))"""
    r"""|(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)"""
    r"""|(?P<char>'(?:[^'\\\n]|\\.)+')"""
    r"""|(?P<number>[-+]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d+)?)(?![\w.]))"""
    r"""|(?P<field>\.\w+)|(?P<variable>\$\w*)|(?P<word>[^\W\d]\w*)|(?P<sign>:=|[.=|(),])"""
)
_CLOSE = re.compile(r"(?P<trim>[ \t\r\n]-)?\}\}")


def tokens_of(text: str) -> Iterator[TemplateToken]:
    """
    Cut a template into tokens.

    Args:
        text: The template.

    Raises:
        TemplateSyntaxError: When an action is not closed, or holds a character that means nothing.
    """
    position, trims = 0, False
    while True:
        begin = text.find("{{", position)
        plain = text[position : begin if begin >= 0 else len(text)]
        plain = plain.lstrip(_SPACE) if trims else plain
        if begin < 0:
            if plain:
                yield TemplateToken("text", plain)
            return
        position = begin + 2
        if text[position : position + 1] == "-" and text[position + 1 : position + 2] in tuple(_SPACE):
            plain, position = plain.rstrip(_SPACE), position + 2
        if plain:
            yield TemplateToken("text", plain)
        comment = _comment_end(text, position)
        if comment is not None:
            position, trims = comment
            continue
        yield TemplateToken("open", "{{")
        while (closed := _CLOSE.match(text, position)) is None:
            found = _ACTION.match(text, position)
            if found is None:
                raise TemplateSyntaxError(_reason(text, position))
            yield TemplateToken(str(found.lastgroup), found.group())
            position = found.end()
        position, trims = closed.end(), closed["trim"] is not None
        yield TemplateToken("close", "}}")


def _comment_end(text: str, position: int) -> tuple[int, bool] | None:
    """Where a comment that begins here ends, and whether it trims what follows; None where there is none."""
    begin = position
    if not text.startswith("/*", begin):
        return None
    end = text.find("*/", begin)
    if end < 0:
        raise TemplateSyntaxError("a comment is not closed by */")
    closed = _CLOSE.match(text, end + 2)
    if closed is None:
        raise TemplateSyntaxError("a comment ends before }}")
    return closed.end(), closed["trim"] is not None


def _reason(text: str, position: int) -> str:
    rest = text[position:]
    if not rest:
        return "a {{ is not closed"
    if rest[0] in "\"`'":
        return f"a string that begins with {rest[0]} is not closed"
    if "}}" not in rest:
        return "a {{ is not closed"
    return f"{rest.partition('}}')[0].strip()!r} cannot be read"
