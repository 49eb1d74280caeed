"""
SQL cut into words, names, values and punctuation, without understanding it.

Every literal and every placeholder becomes one value, `?`; comments become space. What cannot be told for certain counts as a
literal: a string that does not end takes the rest of the statement with it. One pass, no backtracking, so the time grows with
the length of the statement and with nothing else.

Left to others: putting the tokens together again (`sanitization`), and finding operation and tables among them (`summary`).
"""

import re
from enum import Enum
from typing import NamedTuple

__all__ = ["QuoteStyle", "Token", "TokenKind", "tokenize"]


class TokenKind(Enum):
    """What a token is."""

    WORD = "word"
    """A keyword or a bare name."""
    NAME = "name"
    """A quoted name, with its quotes."""
    VALUE = "value"
    """A literal or a placeholder; its text is `?`."""
    PUNCTUATION = "punctuation"
    """Punctuation, an operator, or part of one."""


class QuoteStyle(Enum):
    """How a database reads quotes and backslashes."""

    STANDARD = "standard"
    """Double quotes enclose names, a backslash is a character: PostgreSQL, Oracle, SQL Server."""
    BACKSLASH = "backslash"
    """Double quotes enclose strings, a backslash escapes, `#` begins a comment: MySQL and MariaDB."""
    DOUBTFUL = "doubtful"
    """Not known, or SQLite, which takes a name it does not find for a string: whatever may be a literal is one."""


class Token(NamedTuple):
    """One token of a statement."""

    kind: TokenKind
    text: str
    """As written, or `?`."""
    upper: str
    """`text` in upper case for words; otherwise as `text`."""
    is_spaced: bool
    """Whether there was space or a comment before it."""


VALUE = "?"

_START = re.compile(
    r"""
      (?P<space> \s+ | --[^\n]* )
    | (?P<block> /\* )
    | (?P<dollar> \$ (?: [^\W\d]\w* )? \$ )
    | (?P<braced> [nN]?[qQ]' (?P<open>.) )
    | (?P<string> (?P<escaping> [eE] )? ' | (?: [nNbBxX] | [uU]& | _\w+\s* ) ' )
    | (?P<double> " )
    | (?P<backtick> `[^`]*(?:``[^`]*)*` )
    | (?P<value>
          \?\w*
        | %\([^()]*\)[a-zA-Z] | %[sbt]\b
        | (?<!:):(?!:)\w+ | \$\w+ | (?<!@)@(?!@)\w+
        | (?: \d[\d_]*(?:\.[\d_]*)? | \.\d[\d_]* ) (?: [eE][+-]?\d+ )? \w*
      )
    | (?P<word> @@\w+ | [^\W\d][\w$]* )
    | (?P<punctuation> :: | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_STANDARD_STRING = re.compile(r"[^']*(?:''[^']*)*'")
_ESCAPED_STRING = re.compile(r"[^'\\]*(?:(?:\\.|'')[^'\\]*)*'", re.DOTALL)
_STANDARD_DOUBLE = re.compile(r'[^"]*(?:""[^"]*)*"')
_ESCAPED_DOUBLE = re.compile(r'[^"\\]*(?:(?:\\.|"")[^"\\]*)*"', re.DOTALL)
_BLOCK_EDGE = re.compile(r"/\*|\*/")
_CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}

_BEFORE_NAME = frozenset(
    {"FROM", "JOIN", "INTO", "UPDATE", "TABLE", "AS", "INDEX", "VIEW", "EXISTS", "REFERENCES", "CONSTRAINT", "."}
)
"""Words behind which only a name can stand, however quotes are read."""

_BEFORE_COLUMNS = frozenset({"INTO", "TABLE", "EXISTS"})
"""Words behind which a table's name and, in parentheses, its columns stand."""

_ENDS_SET = frozenset({"WHERE", "FROM", "RETURNING", "SELECT"})

_ASSIGNS = re.compile(r"\s*=")

_BEFORE_SIGN = frozenset(
    [
        "SELECT",
        "WHERE",
        "AND",
        "OR",
        "NOT",
        "IN",
        "THEN",
        "ELSE",
        "WHEN",
        "BETWEEN",
        "BY",
        "VALUES",
        "LIMIT",
        "OFFSET",
        "LIKE",
        "RETURNING",
        "DEFAULT",
        "TOP",
        "ON",
        "HAVING",
    ]
)
"""Words after which a plus or minus belongs to the number that follows."""

_BOOLEANS = frozenset({"TRUE", "FALSE"})


def tokenize(sql: str, quotes: QuoteStyle = QuoteStyle.STANDARD) -> list[Token]:
    """
    Cut a statement into tokens. Never raises.

    Args:
        sql: Any text at all.
        quotes: How its database reads quotes.

    Returns:
        The tokens; whatever was a literal is a `VALUE`.
    """
    return _Lexer(sql, quotes).run()


class _Lexer:
    def __init__(self, sql: str, quotes: QuoteStyle) -> None:
        self._sql = sql
        self._quotes = quotes
        self._tokens: list[Token] = []
        self._is_spaced = False
        self._has_columns: list[bool] = []
        """Whether a table's columns are named in each open parenthesis."""
        self._is_in_set = False

    def run(self) -> list[Token]:
        position, end = 0, len(self._sql)
        while position < end:
            match = _START.match(self._sql, position)
            if match is None:  # pragma: no cover - the last alternative takes anything
                break
            kind = match.lastgroup
            position = match.end()
            if kind == "word":
                self._word(match.group())
            elif kind == "punctuation":
                position = self._punctuation(match.group(), position)
            elif kind == "space":
                self._is_spaced = True
            elif kind == "value":
                self._value()
            elif kind == "backtick":
                self._add(TokenKind.NAME, match.group())
            else:
                position = self._enclosed(match, position)
        return self._tokens

    def _enclosed(self, match: re.Match[str], position: int) -> int:
        """What has an end of its own: comments, strings, quoted names."""
        if match["block"]:
            self._is_spaced = True
            return self._after_comment(position)
        if match["dollar"]:
            self._value()
            found = self._sql.find(match["dollar"], position)
            return len(self._sql) if found < 0 else found + len(match["dollar"])
        if match["braced"]:
            self._value()
            found = self._sql.find(_CLOSING.get(match["open"], match["open"]) + "'", position)
            return len(self._sql) if found < 0 else found + 2
        if match["double"]:
            return self._double_quoted(position)
        self._value()
        escapes = bool(match["escaping"]) or self._quotes is QuoteStyle.BACKSLASH
        return self._after_string(_ESCAPED_STRING if escapes else _STANDARD_STRING, position)

    def _after_string(self, pattern: re.Pattern[str], position: int) -> int:
        match = pattern.match(self._sql, position)
        if match is None:
            return len(self._sql)
        if self._quotes is QuoteStyle.DOUBTFUL and "\\" in match.group():
            # With and without escapes the string ends in different places, and in one of them its rest would be shown.
            return len(self._sql)
        return match.end()

    def _after_comment(self, position: int) -> int:
        depth = 1
        for edge in _BLOCK_EDGE.finditer(self._sql, position):
            depth += 1 if edge.group() == "/*" else -1
            if depth == 0:
                return edge.end()
        return len(self._sql)

    def _double_quoted(self, position: int) -> int:
        if self._quotes is QuoteStyle.BACKSLASH:
            self._value()
            return self._after_string(_ESCAPED_DOUBLE, position)
        match = _STANDARD_DOUBLE.match(self._sql, position)
        if match is None:
            self._value()
            return len(self._sql)
        is_name = self._quotes is QuoteStyle.STANDARD or self._must_be_name(match.end())
        if is_name:
            self._add(TokenKind.NAME, self._sql[position - 1 : match.end()])
        else:
            self._value()
        return match.end()

    def _must_be_name(self, end: int) -> bool:
        """Whether what is quoted stands where no string can."""
        if self._sql.startswith(".", end):
            return True
        if not self._tokens:
            return False
        before = self._tokens[-1].upper
        if before in _BEFORE_NAME:
            return True
        if before in {"(", ","} and self._has_columns and self._has_columns[-1]:
            return True
        return self._is_in_set and before in {"SET", ","} and _ASSIGNS.match(self._sql, end) is not None

    def _follows_table(self) -> bool:
        """Whether the last token ends the name of a table whose columns may follow."""
        place = len(self._tokens) - 1
        while place >= 2 and self._tokens[place - 1].text == ".":  # noqa: PLR2004 - a name, a dot, and what is before it
            place -= 2
        return place >= 1 and self._tokens[place - 1].upper in _BEFORE_COLUMNS

    def _punctuation(self, text: str, position: int) -> int:
        if text == "#" and self._quotes is not QuoteStyle.STANDARD:
            self._is_spaced = True
            found = self._sql.find("\n", position)
            return len(self._sql) if found < 0 else found
        if text == "`":  # one that does not end
            self._value()
            return len(self._sql)
        if text == "(":
            self._has_columns.append(self._follows_table())
        elif text == ")" and self._has_columns:
            self._has_columns.pop()
        self._add(TokenKind.PUNCTUATION, text)
        return position

    def _word(self, text: str) -> None:
        upper = text.upper()
        if upper == "SET":
            self._is_in_set = True
        elif upper in _ENDS_SET:
            self._is_in_set = False
        if upper in _BOOLEANS and not self._follows_is():
            self._value()
        else:
            # A word right behind a value would read as part of it.
            is_spaced = self._is_spaced or (bool(self._tokens) and self._tokens[-1].kind is TokenKind.VALUE)
            self._tokens.append(Token(TokenKind.WORD, text, upper, is_spaced))
            self._is_spaced = False

    def _follows_is(self) -> bool:
        last = [token.upper for token in self._tokens[-2:]]
        return last[-1:] == ["IS"] or last == ["IS", "NOT"]

    def _value(self) -> None:
        tokens = self._tokens
        while tokens and tokens[-1].upper in {"+", "-"} and self._is_sign():
            self._is_spaced = tokens.pop().is_spaced
        if not tokens or tokens[-1].kind is not TokenKind.VALUE or self._is_spaced:
            self._add(TokenKind.VALUE, VALUE)

    def _is_sign(self) -> bool:
        """Whether the plus or minus at the end has nothing before it that could be added to."""
        if len(self._tokens) == 1:
            return True
        before = self._tokens[-2]
        return before.upper in _BEFORE_SIGN or (before.kind is TokenKind.PUNCTUATION and before.text not in {")", "]"})

    def _add(self, kind: TokenKind, text: str) -> None:
        self._tokens.append(Token(kind, text, text, self._is_spaced))
        self._is_spaced = False
