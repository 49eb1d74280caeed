"""
Formats of secrets, found wherever they stand: tokens of known issuers, private keys, card numbers, URLs with passwords.

Every pattern is linear: each repetition is bounded or possessive, or what follows it cannot match what it repeats. Whether
a pattern is worth trying is asked first with substrings, because most texts hold no secret.

Sources: `issuers`; ISO/IEC 7812 for card numbers.
"""

import binascii
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from otel_agent.redaction.detection.issuers import ISSUERS, Issuer

__all__ = ["DIGITS_ALIKE", "SECRET_FORMATS", "SecretFormat", "is_card_number", "may_hold_secret"]


class SecretFormat(NamedTuple):
    """One format of secrets: how to find it, and whether what was found is one."""

    pattern: re.Pattern[str]
    name: Callable[[re.Match[str]], str | None]
    """Name of a match in the marker, or None when it is no secret after all."""
    group: str | int = 0
    """The part of the match that is taken out."""
    signs: tuple[str, ...] = ("",)
    """One of them stands in every text that the pattern matches; looked for first, because that is quicker."""
    is_built_in: bool = True
    """False for a pattern of the operator's, which may take longer."""
    units: int = 4
    """Work that a match costs, in microseconds or so."""


DIGITS_ALIKE = bytes([ord("0") if ord("0") <= code <= ord("9") else code for code in range(256)])
"""Makes all digits equal: texts often differ in numbers only, and no first look depends on which digits a text has."""

_BOUNDARY = "(?a)(?<![A-Za-z0-9])"

_JWT = re.compile(r"(?a)(?<![A-Za-z0-9])eyJ[\w-]{5,}+\.[\w-]{4,}+(?:\.[\w-]*+){1,3}")
_PEM = re.compile(
    r"(?a)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\s\\:,.()-]*?"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|(?=[^A-Za-z0-9+/=\s\\:,.()-])|\Z)"
)
_USER_INFO = re.compile(
    r"(?a)://(?P<secret>[^\s/?#:@'\"<>`]{0,256}+:(?!\d{1,5}[/?#])[^\s@'\"<>`]{1,512}+(?:@[^\s/?#@'\"<>`]{0,256}+(?=@)){0,4}"
    r"|[A-Za-z0-9_-]{20,256}+)@"
)
_SLACK_HOOK = re.compile(r"(?a)hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[\w/-]{8,}+)")
_DISCORD_HOOK = re.compile(r"(?a)discord(?:app)?\.com/api/webhooks/(?P<secret>\d{1,24}/[\w-]{8,}+)")
_TEAMS_HOOK = re.compile(r"(?a)\.(?:webhook\.office|logic\.azure)\.com/(?P<secret>[\w@/.?&=%-]{16,}+)")
_GROUPED_CARD = re.compile(
    r"(?a)(?<![A-Za-z0-9.])(?<!\d[_-])(?:[2-6]\d{3}(?P<gap>[ -])\d{4}(?P=gap)\d{4}(?P=gap)\d{1,4}(?:(?P=gap)\d{1,3})?"
    r"|3\d{3}(?P<gap_6>[ -])\d{4,6}(?P=gap_6)\d{4,6})(?![\w-])(?!\.\d)"
)
_NAMED_CARD = re.compile(
    r"(?ai)(?<![a-z])(?:card|pan|visa|mastercard|amex|maestro|discover|cc|paid with|pay with|charged?(?: to)?)(?:[ _.-]?(?:no|num|number|nr))?\.?"
    r"[\"']?\s{0,3}(?:[:=#]|is|was)?\s{0,3}[\"']?(?P<secret>[2-6]\d{12,18})(?!\w)(?!\.\d)"
)
_CARD_SIGNS = (
    "ard",
    "ARD",
    "pan",
    "PAN",
    "Pan",
    "isa",
    "VISA",
    "mex",
    "MEX",
    "cc",
    "CC",
    "aestro",
    "iscover",
    "with",
    "harge",
)
_ISSUER = re.compile(
    r"(?a)4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)
_SCHEME = re.compile(
    r"(?a)(?<![A-Za-z0-9])(?P<scheme>[Bb]earer|BEARER|[Bb]asic|BASIC)(?P<gap>[ \t]{1,4})(?P<value>[\w.~+/-]{8,}+={0,2})"
)


def is_card_number(text: str) -> bool:
    """
    Whether digits are those of a card: a known issuer, the right length, and a check digit that fits.

    Args:
        text: Digits, perhaps with blanks or hyphens between them.
    """
    digits = [int(letter) for letter in text if letter in "0123456789"]
    if not _ISSUER.fullmatch("".join(map(str, digits))):
        return False
    doubled = [(digit * 2 - 9 if digit > 4 else digit * 2) for digit in digits[-2::-2]]  # noqa: PLR2004 - Luhn's formula
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _card(match: re.Match[str]) -> str | None:
    return "card number" if is_card_number(match["secret"] if "secret" in match.re.groupindex else match[0]) else None


def _scheme(match: re.Match[str]) -> str | None:
    value = match["value"]
    if match["scheme"].lower() == "bearer":
        is_token = len(value) >= 16 or any(letter.isdigit() for letter in value)  # noqa: PLR2004 - longer than words
        return "bearer token" if is_token else None
    try:
        return "basic auth" if b":" in binascii.a2b_base64(value + "==") else None
    except binascii.Error:
        return None


def _named(name: str) -> Callable[[re.Match[str]], str | None]:
    return lambda _: name


def _issued(match: re.Match[str]) -> str | None:
    """Name of a token's kind; None for words with hyphens, as `sk-learn-contrib-packages` is."""
    tail = match[0][3:]
    if not any(letter.isdigit() or letter.isupper() for letter in tail):
        return None
    return ISSUERS[int((match.lastgroup or "k0")[1:])].name


def _issuer_formats() -> Iterable[SecretFormat]:
    """One pattern for all tokens that begin with a letter of their own, parted by it; one each for the others."""
    by_letter: dict[str, list[str]] = defaultdict(list)
    signs: dict[str, None] = {}
    for number, issuer in enumerate(ISSUERS):
        first = issuer.pattern[0]
        if first.isalnum():
            by_letter[first].append(f"(?P<k{number}>{issuer.pattern[1:]})")
            signs[issuer.anchor] = None
        else:
            yield SecretFormat(
                re.compile(f"{_BOUNDARY}(?P<k{number}>{issuer.pattern})"), _issued, signs=(issuer.anchor,)
            )
    letters = "|".join(f"{letter}(?:{'|'.join(patterns)})" for letter, patterns in by_letter.items())
    yield SecretFormat(re.compile(f"{_BOUNDARY}(?:{letters})"), _issued, signs=tuple(signs))


SECRET_FORMATS = (
    SecretFormat(_PEM, _named("private key"), signs=("PRIVATE KEY",)),
    SecretFormat(_USER_INFO, _named("url password"), "secret", ("://",)),
    SecretFormat(_JWT, _named("jwt"), signs=("eyJ",)),
    *_issuer_formats(),
    SecretFormat(_SLACK_HOOK, _named("webhook"), "secret", ("hooks.slack.com/",)),
    SecretFormat(_DISCORD_HOOK, _named("webhook"), "secret", ("/api/webhooks/",)),
    SecretFormat(_TEAMS_HOOK, _named("webhook"), "secret", (".office.com/", ".azure.com/")),
    SecretFormat(_SCHEME, _scheme, "value", ("earer", "asic", "EARER", "ASIC")),
    SecretFormat(_GROUPED_CARD, _card, signs=(" ", "-"), units=8),
    SecretFormat(_NAMED_CARD, _card, "secret", _CARD_SIGNS, units=8),
)
"""In the order in which they are applied: the longest first."""

_RUNS = re.compile(rb"[0-9A-Za-z_+-]{15,}+").finditer
"""Every token of an issuer has as many letters, digits and signs in a row."""

_BEFORE_RUN, _AFTER_RUN = 40, 120
"""Characters of a token that stand before and behind such a row."""

_MAX_RUNS = 32
"""With more of them in a text, it is quicker to look for the tokens themselves."""

_CUT = re.compile(r"\[[^\]]*\]\{")
_DIGIT = re.compile(r"\{[\d,]+\}|\d")


def _head(pattern: str) -> str:
    """Beginning of a pattern, up to what it repeats, for texts whose digits are alike."""
    head = pattern
    cut = _CUT.search(pattern)
    if pattern[0].isalnum() and cut is not None:
        head = pattern[: cut.start()]
        if head.count("(") > head.count(")"):
            head = head[: head.rindex("(")]
    return _DIGIT.sub(lambda match: match[0] if match[0][0] == "{" else "0", head.replace("[1-9", "[0-9"))


def _has_inner_anchor(issuer: Issuer) -> bool:
    """Whether a kind is looked for by what stands inside of its tokens, because they begin with anything."""
    return not issuer.pattern[0].isalnum() and (len(issuer.anchor) > 2 or issuer.anchor in {"Q~", ":A"})  # noqa: PLR2004 - shorter ones are everywhere


def _first_look(issuers: Iterable[Issuer]) -> Callable[[bytes], object]:
    """One search for the beginnings of tokens in a text whose digits are alike."""
    by_letter: dict[str, list[str]] = defaultdict(list)
    for head in sorted({_head(issuer.pattern) for issuer in issuers if not _has_inner_anchor(issuer)}):
        by_letter[head[0] if head[0].isalnum() else ""].append(head[1:] if head[0].isalnum() else head)
    letters = "|".join(f"{letter}(?:{'|'.join(heads)})" for letter, heads in by_letter.items())
    return re.compile(f"(?<![A-Za-z0-9])(?:{letters})".encode()).search


def _second_look(issuers: Iterable[Issuer]) -> Callable[[bytes], object]:
    """One search for what stands inside of tokens."""
    anchors = {issuer.anchor.encode().translate(DIGITS_ALIKE) for issuer in issuers if _has_inner_anchor(issuer)}
    return re.compile(b"|".join(sorted(map(re.escape, anchors)))).search


_BEGINS_TOKEN = _first_look(ISSUERS)
_STANDS_IN_TOKEN = _second_look(ISSUERS)
_MANY_DIGITS = re.compile(r"[0-9]\d{3}(?:[ -]?\d){9}").search

MIN_CHARS = 13
"""The shortest secret that a format can find is a card number of 13 digits; all others are longer."""

_ID_SIZES = frozenset({32, 36, 40, 64})
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z|[0-9a-f]{32,64}\Z").match
"""A UUID, a trace's id, a hash: nearly all digits, and no secret by its format."""

_DIGITS = b"0123456789"
_MIN_TOKEN_CHARS = 15


def may_hold_secret(text: str) -> bool:
    """
    Whether it is worth looking for these formats in a text: false for nearly all texts, and cheap.

    The answer is the same for texts that differ in digits only; callers may remember it so.

    Args:
        text: Any text.
    """
    size = len(text)
    if size < MIN_CHARS or (size in _ID_SIZES and _ID(text) is not None):
        return False
    if (
        "eyJ" in text
        or ("@" in text and "://" in text)
        or (" " in text and ("earer" in text or "asic" in text or "EARER" in text or "ASIC" in text or "PRIV" in text))
    ):
        return True
    content = text.encode("utf-8", "surrogatepass")
    if size >= _MIN_TOKEN_CHARS and _may_hold_token(text, content):
        return True
    # Counting digits by taking them out is quicker than looking for a number where there are some but not enough.
    return len(content) - len(content.translate(None, _DIGITS)) >= MIN_CHARS and _MANY_DIGITS(text) is not None


def _may_hold_token(text: str, content: bytes) -> bool:
    for number, run in enumerate(_RUNS(content)):
        if number >= _MAX_RUNS:
            return True
        piece = content[max(0, run.start() - _BEFORE_RUN) : run.end() + _AFTER_RUN].translate(DIGITS_ALIKE)
        if _STANDS_IN_TOKEN(piece) is not None or _BEGINS_TOKEN(piece) is not None:
            return True
    return "/" in text and ("hooks" in text or ".office.com/" in text or ".azure.com/" in text)
