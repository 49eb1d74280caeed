"""
Key-value pairs inside a text: `password=hunter2`, `?signature=…`, `"token": "…"`, `Authorization: …`, `--api-key …`.

The name decides, by the same rules as an attribute's key; only the value is taken out. Prose is spared: after a colon and a
space, what follows a word like *token* is a secret only when it does not look like a word (`invalid token: unexpected
end`). Code in a stack trace (`token = read_token()`) is spared unless it is a literal.
"""

import re
from collections.abc import Iterator

from otel_agent.redaction.secret_names import Certainty, SecretNameRule, SecretNames, proves
from otel_agent.redaction.windowed_search import search_in_windows

__all__ = ["Found", "code_before", "find_pairs", "is_placeholder"]

Found = tuple[int, int, str]
"""Where a secret begins and ends in a text, and what it is called in the marker."""

_NAME = re.compile(
    r"(?a)(?<![\w.-])(?:--(?P<flag>[A-Za-z][\w-]{0,63}+)[ \t]{1,4}(?=[^\s=:-])"
    r"|(?P<name>[A-Za-z_][\w.-]{0,127}+)\\{0,4}[\"']?\]?[ \t]{0,4}(?P<separator>[=:]=?>?|%3[AaDd]|>)[ \t]{0,4}(?P<line>\n[ \t]{1,8})?)"
)
_QUOTED = re.compile(
    r"[bBrRuUfF]{0,2}(?:\"(?:[^\"\\]|\\.)*+|'(?:[^'\\]|\\.)*+|\\{1,4}\"[^\"]*+|\\{1,4}'[^']*+)", re.DOTALL
)
_OPENING = re.compile(r"[bBrRuUfF]{0,2}\\{0,4}[\"']")
_BRACKETED = re.compile(r"[\[({][^\])}\n]*+")
_LINE = re.compile(r"[^\r\n]++")
_TO_LINE_END = {'"': re.compile(r"[^\r\n\"]++"), "'": re.compile(r"[^\r\n']++")}
"""The rest of a line; of a line that stands in quotes, by the quote before it."""

_ELEMENT = re.compile(r"[^<]++")
_BARE = re.compile(r"[^\s,;&\"'\\]++")
_TOKEN = re.compile(r"(?a)[\w+/=%.~-]*+")
_CLOSING = ")]}>.:`"

_EMPTY = re.compile(
    r"none|null|nil|true|false|undefined|\?|\$\d{1,3}|%[sr]|%\(\w{1,64}\)s|:\w{1,64}|\{[\w.!:]{0,64}\}|\$\{[^}]{0,64}\}|\*+|x{3,}|-+"
    r"|\.+|…|<[\w .-]{0,64}>|\[?redacted\]?|\[?filtered\]?",
    re.IGNORECASE,
)
"""Placeholders, masks, nothing: they stand for a value without being one."""

_PROSE = frozenset(
    "a an the is was are were be been must should may can cannot not no or and for of to in on at with by has have had does"  # noqa: SIM905 - a list of words reads best as a sentence
    " did required missing invalid expired wrong incorrect empty too unset unchanged changed ok okay failed error denied"
    " granted rejected accepted successful unknown unsupported malformed rotated refreshed created deleted updated"
    " loaded found".split()
)
"""Words after `password: ` that make it a sentence about a password."""

_NAME_CHARS = 64
"""A value that is as short, and stands before a colon, may be the name of what comes next."""

_LINE_CHARS = 1024
"""Longer lines are not taken for source code."""

_LITERAL = re.compile(r"\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'")

_JUDGED_CHARS = 512
"""Characters of a value that are looked at to see whether it is a secret."""

_ABOUT = frozenset({"credentials", "credential", "secrets", "cookies", "passwords"})
"""Names that sentences are about, where one of `password` or `client_secret` would be followed by its value."""

_WORD_CHARS = 16
"""A bare text of letters that is shorter may be a word."""


def is_placeholder(text: str) -> bool:
    """Whether a value is none: a placeholder, a mask, nothing."""
    return _EMPTY.fullmatch(text) is not None


def find_pairs(text: str, names: SecretNames, *, before: str | None = None) -> Iterator[Found]:
    """
    The values of secret names in a text, in order, never overlapping.

    Args:
        text: Any text.
        names: The rules for names.
        before: Answer of `code_before` for the text's beginning, when it is a part of a longer text.
    """
    position = 0
    while (match := search_in_windows(_NAME, text, position)) is not None:
        position = match.end()
        if match["separator"] == ">" and text[match.start() - 1 : match.start()] not in {"<", ":"}:
            continue  # not an element of XML, but "is more than"
        name = match["name"] or match["flag"]
        rule = names.rule(name)
        if rule.certainty is Certainty.NONE:
            if name not in {"key", "KEY"} or text[match.start() - 1 : match.start()] not in {"?", "&"}:
                continue
            rule = SecretNameRule("api key", Certainty.HINT)
        found = _value(text, match, rule, before)
        if found is not None:
            yield (*found, rule.name)
            is_name_too = text.startswith((": ", "= "), found[1]) and found[1] - found[0] <= _NAME_CHARS
            position = found[0] if is_name_too else found[1]


def _value(text: str, match: re.Match[str], rule: SecretNameRule, before: str | None) -> tuple[int, int] | None:  # noqa: PLR0911 - one answer per reason
    start = match.end()
    opening = _OPENING.match(text, start)
    if opening is not None:
        return _quoted(text, start, opening, rule)
    if match["line"]:
        return None
    is_prose = match["separator"] == ":" and start > match.end("separator")
    if _BRACKETED.match(text, start, start + 1) is not None:
        form = _BRACKETED
    elif rule.name in {"authorization", "cookie"} and is_prose:
        form = _TO_LINE_END.get(text[match.start() - 1 : match.start()], _LINE)
    elif match["separator"] == ">":
        form = _ELEMENT
    else:
        form = _BARE
    # A beginning is enough to judge by, so that a text of nothing but names costs no more than its length.
    beginning = form.match(text, start, start + _JUDGED_CHARS)
    name = match["name"] or match["flag"]
    if beginning is None or _is_empty(beginning[0], rule):
        return None
    if is_prose and form is not _BRACKETED and _is_sentence(beginning[0], name, rule):
        return None
    if (form is _BRACKETED or beginning[0][0].isalpha()) and _is_expression(text, start, before):
        return None
    whole = form.match(text, start)
    end = (whole or beginning).end()
    if form is _BRACKETED:
        return start, min(end + 1, len(text))
    return start, start + len(text[start:end].rstrip(_CLOSING))


def _quoted(text: str, start: int, opening: re.Match[str], rule: SecretNameRule) -> tuple[int, int] | None:
    quoted = _QUOTED.match(text, start)
    if quoted is None:
        return None
    inner = text[opening.end() : quoted.end()]
    if opening[0][-2:-1] == "\\":
        inner = inner.rstrip("\\")
    if len(inner) <= 1 or _EMPTY.fullmatch(inner) or not proves(rule, inner):
        return None
    return opening.end(), opening.end() + len(inner)


def _is_empty(beginning: str, rule: SecretNameRule) -> bool:
    """Whether a value is none, or proves that its name was not a secret's."""
    is_bracketed = beginning[0] in "[({"
    value = beginning[1:].strip() if is_bracketed else beginning.rstrip(_CLOSING)
    if rule.certainty is Certainty.HINT:
        value = _TOKEN.match(value)[0]  # type: ignore[index] # it matches nothing at least
    whole = beginning + "}" if is_bracketed else beginning.split(None, 1)[0].rstrip(_CLOSING.replace("}", ""))
    return len(value) <= 1 or any(map(_EMPTY.fullmatch, (value, whole))) or not proves(rule, value)


def _is_sentence(beginning: str, name: str, rule: SecretNameRule) -> bool:
    """Whether a name and a colon begin a sentence: `invalid token: unexpected end`, `no credentials: check the file`."""
    word = beginning.split(None, 1)[0].rstrip(_CLOSING)
    if word.lower() in _PROSE:
        return True
    is_about = rule.certainty is Certainty.LIKELY or name.lower() in _ABOUT
    return (
        is_about and len(word) < _WORD_CHARS and not any(letter.isalnum() and not letter.isalpha() for letter in word)
    )


def code_before(text: str, position: int) -> str | None:
    """
    What stands before a position in a line of source code that a traceback shows.

    Args:
        text: Any text.
        position: Index of a character in it.

    Returns:
        The line's code before the position; None when it is no such line.
    """
    line = text.rfind("\n", max(0, position - _LINE_CHARS), position) + 1
    if not line or not text.startswith("    ", line):
        return None
    above = text.rfind("\n", max(0, line - _LINE_CHARS), line - 1) + 1
    return text[line:position] if text[above:line].lstrip().startswith('File "') else None


def _is_expression(text: str, position: int, before: str | None) -> bool:
    """Whether a position is in such a line and outside of its literals: then a name stands there, not a secret."""
    code = code_before(text, position)
    if code is None and before is not None and position < _LINE_CHARS and text.find("\n", 0, position) < 0:
        code = before + text[:position]
    if code is None:
        return False
    outside = _LITERAL.sub("", code)
    return '"' not in outside and "'" not in outside
