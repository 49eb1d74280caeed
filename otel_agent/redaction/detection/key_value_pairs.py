"""
Key-value pairs inside a text: `password=hunter2`, `"token": "…"`, `Authorization: …`, `--api-key …`, `(b"x-api-key", b"…")`.

The name decides, by the same rules as an attribute's key; only the value is taken out. What names have in common are a few
stems; they are looked for, and only around them is anything judged. Prose is spared: after a colon and a space, what follows
a word like *token* is a secret only when it does not look like a word (`invalid token: unexpected end`). Code in a stack
trace (`token = read_token()`) is spared unless it is a literal.
"""

import re
from collections.abc import Iterator

from otel_agent.redaction.detection.distant_secrets import find_distant_secrets
from otel_agent.redaction.detection.name_stems import STEMS
from otel_agent.redaction.detection.named_entries import entry_value, is_pair, is_pair_end, takes_element
from otel_agent.redaction.detection.opaque_values import is_opaque
from otel_agent.redaction.detection.pair_values import PairContext, PairValue, next_line_value, read_value
from otel_agent.redaction.detection.secret_names import HARMLESS, Certainty, SecretNameRule, SecretNames
from otel_agent.redaction.detection.secret_values import JUDGED_CHARS, NamedSecret, is_secret_value
from otel_agent.redaction.detection.spoken_secrets import find_spoken_secrets, may_be_spoken
from otel_agent.redaction.detection.statement_secrets import find_statement_secrets
from otel_agent.redaction.detection.windowed_search import search_in_windows
from otel_agent.redaction.detection.work_allowance import CUT, TextWork
from otel_agent.redaction.late_patterns import late_pattern

__all__ = ["Found", "code_before", "find_pairs"]

Found = tuple[int, int, str]
"""Where a secret begins and ends in a text, and what it is called in the marker."""

_AFTER = (
    r"(?P<close>(?:\[[\w.-]{0,32}\]|[\]\"'`\\)]|\}(?=\s?=\s?[\"'])){0,6}+)(?: \[(?:none|\*{1,20}\w{0,4})\])?[ \t\xa0]{0,64}+"
    r"(?P<separator>:=|=>|->|<-(?=\s?[\"'])|={1,3}>?|:|\uff1a|\uff1d|[,>\n]|(?=[\"'\\]{0,3}val)|(?=</)|(?=[a-z_:][\w:.-]{0,40}=[\"']))"
    r"(?P<gap>[ \t\xa0]{0,64}+)(?!\\{0,4}[\"']?\[redacted: )"
)
_HIT = late_pattern(rf"(?a)(?:{STEMS})[\w.-]{{0,64}}+{_AFTER}")
_ANY_NAME = late_pattern(rf"(?a)(?<![\w.-])[a-z_][\w.-]{{0,127}}+{_AFTER}")
"""For names of the operator's, whose stems are not known."""

_FLAG = late_pattern(
    r"(?a)(?<![\w-])--?(?P<name>[a-z][\w-]{0,63}+)(?:[ \t]{1,16}|(?P<comma>, )|(?P<quote>[\"'])[,\s]{1,4}[bru]?\\{0,2}[\"'])(?=[^\s=:-])(?!\[redacted)"
)
_LEFT = late_pattern(r"(?a)[\w.-]{0,128}+")
_WORD_BEFORE = late_pattern(r"[ \xa0](?P<word>[a-z]{2,16})(?![a-z])")
_FIRST_WORDS = frozenset(
    "access account admin api app auth bearer bot card client consumer credit csrf db deploy encryption id license licence"  # noqa: SIM905 - a list of words reads best as a sentence
    " master pass personal private recovery refresh root secret security seed service session shared signing social ssh"
    " storage subscription user wallet webhook".split()
)

_ARN, _ARN_CHARS = late_pattern(r"arn:[\w:/-]*\Z"), 128
"""What a name of Amazon's resources has before it; `secret:` in one is no name of a secret."""

_NAME_CHARS = 64
"""A value that is as short, and stands before a colon, may be the name of what comes next."""

_LINE_CHARS = 1024
"""Longer lines are not taken for source code."""

_HIT_UNITS, _VALUE_UNITS, _CHARS_PER_UNIT = 2, 12, 16

_TAG = late_pattern(r"!{1,2}[\w/:.-]{1,32}[ \t]{1,8}|string\(\d{1,6}\) ")
"""What YAML and PHP say of a value's type: `!vault`, `string(12)`."""

_BREAK = late_pattern(r"\r?\n[ \t]{0,16}(?=[bru]?[\"'])")
_LONE = late_pattern(r"\r?\n(?P<value>[^\s:=]{8,256})(?=[\s\"',]|\Z)")
"""A line that is one word, below a name with nothing behind its sign."""

_LITERAL = late_pattern(r"\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'")
_ABOUT = frozenset({"credentials", "credential", "secrets", "cookies", "passwords", "tokens", "keys"})
"""Names that sentences are about, where one of `password` or `client_secret` would be followed by its value."""

_IN_STATEMENTS = ("password", "identified", "key (", "crypt(", "pragma", " key '", "sp_addlogin", "s3(")

_MAX_CLOSING = 16
_AROUND_CHARS = 160
_TYPE = late_pattern(
    r"(?a)(?:&(?:'\w{1,16} )?(?:mut )?)?[A-Za-z_][\w.]{0,40}(?:\[[^\[\]\n=]{0,40}\])?(?:\s?\|\s?\w{1,40}){0,2}\)?\s{1,2}=\s{1,2}(?=\S)"
)
"""Type of a variable that has one, and the sign behind it: `password: str = "…"`."""

_PHRASE = late_pattern(r"(?a)[\"']?(?P<words>(?:[a-z]{3,8}[ ,]{1,2}){11,23}[a-z]{3,16})")
_ATTRIBUTE = late_pattern(
    r"(?a)\s{1,8}(?:[\w:.-]{1,32}=[\"'][^\"'<>]{0,64}[\"']\s{1,8}){0,2}(?:value|val|content|text|data)=(?=[\"'])"
)
_QUOTED = late_pattern(r"[\"'`\\]|[\"']\Z")
_API_KEY_HINT = SecretNameRule("api key", Certainty.HINT)


def find_pairs(text: str, names: SecretNames, work: TextWork) -> Iterator[Found]:
    """
    The values of secret names in a text; the last is what was not looked at, when the work does not suffice.

    Args:
        text: Any text.
        names: The rules for names.
        work: What the text may cost.
    """
    search = _PairSearch(text, names, work)
    begun = set()
    for found in (*search.pairs(), *search.flags(), *search.statements(), *search.spoken(), *search.distant()):
        if found[0] not in begun or found[2] == CUT:
            begun.add(found[0])
            yield found


def _lowered(text: str) -> str:
    low = text.lower()
    return low if len(low) == len(text) else text.replace("\u0130", "I").lower()


class _PairSearch:
    """The search through one text."""

    def __init__(self, text: str, names: SecretNames, work: TextWork) -> None:
        self._text = text
        self._low = _lowered(text)
        self._backwards = self._low[::-1]
        self._names = names
        self._work = work
        self._are_pieces = "logprob" in self._low or "token_id" in self._low

    def statements(self) -> Iterator[Found]:
        """What statements of databases say without a sign between."""
        low = self._low
        if any(sign in low for sign in _IN_STATEMENTS):
            yield from find_statement_secrets(self._text, low, self._names, self._work)

    def spoken(self) -> Iterator[Found]:
        """What stands behind a name without a sign that assigns."""
        if may_be_spoken(self._low):
            yield from find_spoken_secrets(self._text, self._low, self._names, self._work)

    def distant(self) -> Iterator[Found]:
        """What stands some way from its name."""
        return find_distant_secrets(self._text, self._low, self._names, self._work)

    def pairs(self) -> Iterator[Found]:
        low, size = self._low, len(self._low)
        pattern = _ANY_NAME if self._names.has_custom else _HIT
        position = 0
        while (match := search_in_windows(pattern, low, position)) is not None:
            position = match.end()
            left = size - match.start()
            reach = _LEFT.match(self._backwards, left)
            start = size - (reach.end() if reach is not None else left)
            if not self._work.afford(_HIT_UNITS):
                yield start, size, CUT
                return
            found, is_overspent = self._judged(match, start)
            if is_overspent:
                yield start, size, CUT
                return
            if found is not None:
                yield found
                is_name_too = self._text.startswith((": ", "= "), found[1]) and found[1] - found[0] <= _NAME_CHARS
                position = max(position, found[0] if is_name_too else found[1])

    def flags(self) -> Iterator[Found]:
        """`--password hunter2`, and the same as a list of arguments."""
        if "-" not in self._low:
            return
        position = 0
        while (match := search_in_windows(_FLAG, self._low, position)) is not None:
            position = match.end()
            if not self._work.afford(_HIT_UNITS):
                yield match.start(), len(self._low), CUT
                return
            rule = self._names.rule(self._text[match.start("name") : match.end("name")])
            if rule.certainty is Certainty.NONE:
                continue
            at = position - 1 if match["quote"] else position
            value = read_value(self._text, at, PairContext(match.start()), len(self._text))
            if value is None or (match["comma"] and not is_opaque(self._text[value.start : value.end])):
                continue
            if is_secret_value(self._text, value, NamedSecret(rule), self._names):
                yield value.start, value.end, rule.name

    def _judged(self, match: re.Match[str], start: int) -> tuple[Found | None, bool]:
        text = self._text
        end = match.start("close")
        name = text[start:end].lstrip("-._")
        start, rule, is_two_words = self._rule(name, start)
        if rule.certainty is Certainty.NONE:
            return None, False
        if text[start - 1 : start] == ":" and _ARN.search(text[max(0, start - _ARN_CHARS) : start]) is not None:
            return None, False
        if not self._work.afford(_VALUE_UNITS):
            return None, True
        named = NamedSecret(rule, is_about=is_two_words or name.lower() in _ABOUT)
        value = self._value(match, start, end, named)
        if value is None:
            return None, self._work.left < 0
        return (value.start, value.end, rule.name), False

    def _rule(self, name: str, start: int) -> tuple[int, SecretNameRule, bool]:
        """Where a name begins, what it says, and whether it has two words, as in `Secret Key: …`."""
        text = self._text
        rule = self._names.rule(name.removeprefix("D") if text.startswith("-D", start) else name)
        if rule.certainty is Certainty.LIKELY and rule.name == "token" and self._are_pieces:
            return start, HARMLESS, False
        if rule.certainty >= Certainty.CERTAIN:
            return start, rule, False
        before = _WORD_BEFORE.match(self._backwards, len(self._low) - start)
        if before is not None and before["word"][::-1] in _FIRST_WORDS:
            joined = self._names.rule(f"{before['word'][::-1]}_{name}")
            if joined.certainty > rule.certainty:
                return start - len(before[0]), joined, True
        if rule.certainty is Certainty.NONE and name.lower() == "key" and self._is_api_key(start):
            return start, _API_KEY_HINT, False
        return start, rule, False

    def _is_api_key(self, start: int) -> bool:
        """Whether a `key` is one of an interface: a parameter of an address, or beside a secret."""
        around = self._low[max(0, start - _AROUND_CHARS) : start + _AROUND_CHARS]
        return self._text[start - 1 : start] in {"?", "&"} or "secret" in around

    def _value(self, match: re.Match[str], start: int, end: int, named: NamedSecret) -> PairValue | None:
        """The value of a secret's name, by the sign behind the name."""
        text, separator, at = self._text, match["separator"], match.end()
        if separator in {",", "\n", "", ">"}:
            at_entry = entry_value(text, start, end, is_certain=named.rule.certainty >= Certainty.CERTAIN)
            if at_entry is not None:
                context = PairContext(start, is_element=text[at_entry - 1] == ">")
                return self._proven(at_entry, context, NamedSecret(named.rule))
        if separator == ",":
            is_first = _QUOTED.match(match["close"]) is not None and is_pair(text, start)
            value = self._proven(at, PairContext(start), NamedSecret(named.rule)) if is_first else None
            return value if value is not None and is_pair_end(text, value.end, self._names, value.start) else None
        if separator == "" and text[start - 1 : start] == "<":
            attribute = _ATTRIBUTE.match(text, end)
            if attribute is not None:
                return self._proven(attribute.end(), PairContext(start), NamedSecret(named.rule))
        if separator in {">", ""}:
            content = takes_element(text, start, end)
            context = PairContext(start, is_element=True)
            return None if content is None else self._proven(content, context, NamedSecret(named.rule))
        return None if separator == "\n" else self._value_behind_sign(match, start, at, named)

    def _value_behind_sign(self, match: re.Match[str], start: int, at: int, named: NamedSecret) -> PairValue | None:
        text, rule = self._text, named.rule
        is_colon = match["separator"] in {":", "\uff1a"}
        if is_colon:
            below = next_line_value(text, match.end("separator"), start)
            if below is not None:
                is_secret = is_secret_value(
                    text, below, NamedSecret(rule, is_prose=True, is_about=not _begins_line(text, start)), self._names
                )
                return below if is_secret else None
        if text[at : at + 1] in {"\n", "\r", ""}:
            # A literal on the line below: `password=` and then, further in, `'hunter2'`.
            broken = _BREAK.match(text, at)
            if broken is None:
                lone = _LONE.match(text, at)
                return None if lone is None or not is_opaque(lone["value"]) else PairValue(*lone.span("value"), "line")
            return self._proven(broken.end(), PairContext(start), NamedSecret(rule))
        is_spaced = is_colon and bool(match["gap"])
        tag = _TAG.match(text, at) if is_spaced or match["separator"] == "=>" else None
        if tag is not None:
            at = tag.end()
        takes_line = rule.name in {"authorization", "cookie"} and is_spaced
        typed = _TYPE.match(text, at) if is_spaced else None
        if typed is not None:
            return self._proven(typed.end(), PairContext(start), NamedSecret(rule))
        is_typed = is_colon and _QUOTED.search(match["close"]) is not None
        named = named._replace(is_prose=is_spaced or (is_colon and named.is_about), is_typed=is_typed)
        return self._proven(at, PairContext(start, takes_line=takes_line), named)

    def _proven(self, at: int, context: PairContext, named: NamedSecret) -> PairValue | None:
        if named.rule.name == "seed phrase":
            phrase = _PHRASE.match(self._text, at)
            if phrase is not None:
                return PairValue(phrase.start("words"), phrase.end("words"), "line")
        limit = at + JUDGED_CHARS
        value = read_value(self._text, at, context, limit)
        if value is None:
            return None
        self._work.afford((value.end - at) // _CHARS_PER_UNIT)
        if not is_secret_value(self._text, value, named, self._names):
            return None
        if value.kind in {"bare", "line"} and value.end >= limit - _MAX_CLOSING:
            value = read_value(self._text, at, context, len(self._text))
        if value is not None and value.kind in {"bare", "bracketed", "wrapped"} and self._is_expression(at, value):
            return None
        return None if value is not None and self._says_its_name(value, context.start, at) else value

    def _says_its_name(self, value: PairValue, start: int, at: int) -> bool:
        """Whether a variable stands there: what an argument is called itself, or what something is compared with."""
        said = self._low[value.start : value.end]
        if value.kind != "bare" or not said.isidentifier():
            return False
        is_compared = self._low[at - 3 : at].rstrip().endswith("==") and said.replace("_", "").isalpha()
        return is_compared or self._low[start:at].rstrip("= ") == said

    def _is_expression(self, at: int, value: PairValue) -> bool:
        """Whether a position is in a line of code and outside of its literals: then a name stands there, not a secret."""
        if value.kind == "bare" and not self._text[at : at + 1].isalpha():
            return False
        code = code_before(self._text, at)
        if code is None:
            return False
        outside = _LITERAL.sub("", code)
        return (
            '"' not in outside and "'" not in outside and not re.search(r"[\"']", self._text[value.start : value.end])
        )


def _begins_line(text: str, start: int) -> bool:
    line = text.rfind("\n", max(0, start - _LINE_CHARS), start) + 1
    return not text[line:start].strip("-\"' \t")


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
