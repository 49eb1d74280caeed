"""
SQL cut into words, names, values and punctuation, without understanding it.

Every literal and every placeholder becomes one value, `?`; comments become space. What cannot be told for certain counts as a
literal: a string that does not end takes the rest of the statement with it. One pass, no backtracking, so the time grows with
the length of the statement and with nothing else. What the same characters mean in which database is said by `QuoteStyle`.

A password that stands bare or in double quotes, where other words would be names, is a literal too: behind IDENTIFIED BY, and
behind PASSWORD in a statement about a user.

Left to others: putting the tokens together again (`sanitization`), and finding operation and tables among them (`summary`).
"""

import re
from enum import Enum
from typing import NamedTuple

from otel_agent.instruments.databases.statements import passwords
from otel_agent.instruments.databases.statements.quotes import STANDARD, Brackets, DoubleQuotes, QuoteStyle

__all__ = ["Token", "TokenKind", "tokenize"]


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
      (?P<space> \s+ )
    | (?P<dashes> -- )
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
_REST_OF_LINE = re.compile(r"[^\n]*")
_REST_OF_LINE_OR_RETURN = re.compile(r"[^\n\r]*")
_CONTINUED = re.compile(r"(?:[ \t\f\v]|--[^\r\n]*)*[\r\n](?:\s|--[^\r\n]*)*'")
"""Between two parts of one string: a line break, as PostgreSQL has it."""

_EXECUTABLE = re.compile(r"M?!\d*")
_DOUBLED_BRACKET = re.compile(r"[^\]]*(?:\]\][^\]]*)*\]")
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


def tokenize(sql: str, quotes: QuoteStyle = STANDARD) -> list[Token]:
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
        self._executable = 0
        """Open comments whose content is executed."""
        self._has_password = False

    def run(self) -> list[Token]:
        position, end = 0, len(self._sql)
        while position < end:
            match = _START.match(self._sql, position)
            if match is None:  # pragma: no cover - the last alternative takes anything
                break
            kind = match.lastgroup
            position = match.end()
            if kind == "space":
                self._is_spaced = True
            elif kind in {"dashes", "block"}:
                position = self._comment(match, position)
            elif self._is_before_password() and self._is_password(match):
                position = self._password(match, position)
            elif kind == "word":
                self._word(match.group())
            elif kind == "punctuation":
                position = self._punctuation(match.group(), position)
            elif kind == "value":
                self._value()
            elif kind == "backtick":
                self._add(TokenKind.NAME, match.group())
            else:
                position = self._enclosed(match, position)
        return self._tokens

    def _comment(self, match: re.Match[str], position: int) -> int:
        if match["block"]:
            self._is_spaced = True
            return self._after_comment(position)
        rest = self._sql[position : position + 1]
        if self._quotes.needs_space_after_dashes and rest and not rest.isspace():
            self._add(TokenKind.PUNCTUATION, "-")
            return position - 1
        self._is_spaced = True
        line = _REST_OF_LINE_OR_RETURN if self._quotes.ends_line_at_return else _REST_OF_LINE
        found = line.match(self._sql, position)
        return position if found is None else found.end()

    def _enclosed(self, match: re.Match[str], position: int) -> int:
        """What has an end of its own: strings and quoted names."""
        if match["dollar"]:
            return self._dollar(match, position)
        if match["braced"]:
            self._value()
            found = self._sql.find(_CLOSING.get(match["open"], match["open"]) + "'", position)
            return len(self._sql) if found < 0 else found + 2
        if match["double"]:
            return self._double_quoted(position)
        self._value()
        if not match["escaping"] or self._quotes.has_escaping_strings is False:
            return self._after_string(position, is_escaping=self._quotes.backslash)
        end = self._after_string(position, is_escaping=True if self._quotes.has_escaping_strings else None)
        while (more := _CONTINUED.match(self._sql, end)) is not None:
            end = self._after_string(more.end(), is_escaping=True)
        return end

    def _after_string(self, position: int, *, is_escaping: bool | None, quote: str = "'") -> int:
        """Where a string ends; with and without escapes that may be two places, and where it is not known, all is left out."""
        standard, escaped = (_STANDARD_STRING, _ESCAPED_STRING) if quote == "'" else (_STANDARD_DOUBLE, _ESCAPED_DOUBLE)
        match = (escaped if is_escaping else standard).match(self._sql, position)
        if match is None or (is_escaping is None and "\\" in match.group()):
            return len(self._sql)
        return match.end()

    def _dollar(self, match: re.Match[str], position: int) -> int:
        self._value()
        quotes = self._quotes.has_dollar_quotes
        if quotes is False:
            return max(match.start() + 1, position - 1)
        found = self._sql.find(match["dollar"], position)
        return len(self._sql) if found < 0 or quotes is None else found + len(match["dollar"])

    def _after_comment(self, position: int) -> int:
        is_executed = self._quotes.has_executable_comments
        if is_executed is not False and (marker := _EXECUTABLE.match(self._sql, position)) is not None:
            self._executable += 1
            return marker.end() if is_executed else len(self._sql)
        if not self._quotes.has_nested_comments:
            end = self._sql.find("*/", position)
            is_doubtful = self._quotes.has_nested_comments is None and self._sql.find("/*", position, max(end, 0)) >= 0
            return len(self._sql) if end < 0 or is_doubtful else end + 2
        depth = 1
        for edge in _BLOCK_EDGE.finditer(self._sql, position):
            depth += 1 if edge.group() == "/*" else -1
            if depth == 0:
                return edge.end()
        return len(self._sql)

    def _is_before_password(self) -> bool:
        """Whether what comes next is a password unless it is a word that is none."""
        tokens = self._tokens
        if not tokens or tokens[-1].upper not in passwords.WORDS_BEFORE:
            return False
        begin = [token.upper for token in tokens[: passwords.BEGIN_TOKENS]]
        end = [token.upper for token in tokens[-passwords.END_TOKENS :]]
        return passwords.is_next(begin, end, has_one=self._has_password)

    def _is_password(self, match: re.Match[str]) -> bool:
        if match.lastgroup == "word":
            return match.group().upper() not in passwords.OTHER_WORDS
        return match.lastgroup != "punctuation" or match.group() not in {"=", "(", ")", ";", ","}

    def _password(self, match: re.Match[str], position: int) -> int:
        """Take what stands where a password does for one, whatever it looks like."""
        self._has_password = True
        if match.lastgroup == "backtick":
            self._value()
            return position
        if match["double"]:
            self._value()
            return self._after_string(position, is_escaping=self._quotes.backslash, quote='"')
        if match.lastgroup in {"word", "punctuation", "value"}:
            self._value()
            bare = passwords.BARE.match(self._sql, match.start())
            return position if bare is None else max(position, bare.end())
        return self._enclosed(match, position)

    def _double_quoted(self, position: int) -> int:
        if self._quotes.double is DoubleQuotes.STRING:
            self._value()
            return self._after_string(position, is_escaping=self._quotes.backslash, quote='"')
        match = _STANDARD_DOUBLE.match(self._sql, position)
        if match is None:
            self._value()
            return len(self._sql)
        if self._quotes.double is DoubleQuotes.NAME or self._must_be_name(match.end()):
            self._add(TokenKind.NAME, self._sql[position - 1 : match.end()])
            return match.end()
        self._value()
        return self._after_string(position, is_escaping=self._quotes.backslash, quote='"')

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
        if text == "#" and self._quotes.has_hash_comments is not False:
            self._is_spaced = True
            found = self._sql.find("\n", position)
            return len(self._sql) if found < 0 or self._quotes.has_hash_comments is None else found
        if text == "[" and self._quotes.brackets is not Brackets.PUNCTUATION:
            return self._bracket(position)
        if text == "*" and self._executable and self._sql.startswith("/", position):
            self._executable -= 1
            self._is_spaced = True
            return position + 1
        if text == "`":  # one that does not end
            self._value()
            return len(self._sql)
        if text == "(":
            self._has_columns.append(self._follows_table())
        elif text == ")" and self._has_columns:
            self._has_columns.pop()
        self._add(TokenKind.PUNCTUATION, text)
        return position

    def _bracket(self, position: int) -> int:
        if self._quotes.brackets is Brackets.DOUBLED:
            match = _DOUBLED_BRACKET.match(self._sql, position)
            end = 0 if match is None else match.end()
        else:
            end = self._sql.find("]", position) + 1
        if not end:
            self._value()
            return len(self._sql)
        if self._quotes.brackets is not Brackets.DOUBTFUL:
            self._add(TokenKind.NAME, self._sql[position - 1 : end])
            return end
        inside = self._sql[position:end]
        if any(inside.count(quote) % 2 for quote in "'\"`") or any(mark in inside for mark in ("--", "/*", "#", "$")):
            # A name reads this way and an array that: what follows would be a literal in one of them.
            self._value()
            return len(self._sql)
        self._add(TokenKind.PUNCTUATION, "[")
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
