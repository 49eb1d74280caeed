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
from functools import cache
from typing import NamedTuple

from otel_agent.redaction.detection.issuers import ISSUERS, Issuer
from otel_agent.redaction.detection.opaque_values import is_opaque
from otel_agent.redaction.late_patterns import late_pattern

__all__ = [
    "DIGITS_ALIKE",
    "MIN_CHARS",
    "SECRET_FORMATS",
    "SecretFormat",
    "has_many_digits",
    "is_card_number",
    "may_hold_secret",
]


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

_JWT = late_pattern(r"(?a)(?<![A-Za-z0-9])eyJ[\w-]{5,}+\.[\w-]{4,}+(?:\.[\w-]*+){1,3}")
_PEM = late_pattern(
    r"(?a)-----BEGIN[ +](?:[A-Z0-9 +]{0,40}PRIVATE[ +]KEY(?:[ +]BLOCK)?|OpenVPN Static key V1)-----[A-Za-z0-9+/=\s\\:,.()-]*?"
    r"(?:-----END[ +](?:[A-Z0-9 +]{0,40}PRIVATE[ +]KEY(?:[ +]BLOCK)?|OpenVPN Static key V1)-----|(?=[^A-Za-z0-9+/=\s\\:,.()-])|\Z)"
)
_USER_INFO = late_pattern(
    r"(?a)://(?P<secret>[^\s/?#:@'\"<>`]{0,256}+:(?!\d{1,5}[/?#])[^\s@'\"<>`]{1,512}+(?:@[^\s/?#@'\"<>`]{0,256}+(?=@)){0,4}"
    r"|[A-Za-z0-9_-]{20,256}+)@"
)
_SLACK_HOOK = late_pattern(r"(?a)hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/(?P<secret>[\w/-]{8,}+)")
_DISCORD_HOOK = late_pattern(r"(?a)discord(?:app)?\.com/api/(?:v\d{1,2}/)?webhooks/(?P<secret>\d{1,24}/[\w-]{8,}+)")
_TEAMS_HOOK = late_pattern(
    r"(?a)(?:\.(?:webhook\.office|logic\.azure)\.com(?::\d{1,5})?|outlook\.office(?:365)?\.com/webhook)/(?P<secret>[\w@/.?&=%-]{16,}+)"
)
_OTHER_HOOK = late_pattern(
    r"(?a)(?:hooks\.zapier\.com/hooks/catch|maker\.ifttt\.com/[\w/-]{1,80}/key|events\.pagerduty\.com/integration|/open-apis/bot/v2/hook"
    r"|hc-ping\.com|healthchecks\.io/ping|hook\.\w{2,4}\.make\.com|m\.pipedream\.net|/t(?=/[a-z]{2,16}-[0-9a-f]{8}-[0-9a-f]{4}-)|/hooks(?=/[0-9a-z]{26}(?![0-9A-Za-z])))/(?P<secret>[\w@/-]{16,}+)"
)
_NODE_KEY = late_pattern(
    r"(?a)(?:infura\.io|getblock\.io|alchemy(?:api)?\.(?:com|io)|quiknode\.pro|ankr\.com)/(?:[\w-]{1,16}/){0,3}(?P<secret>[\w-]{24,64})(?![\w-])"
)
"""Addresses of nodes of a chain, whose last part is the key."""

_LINK = late_pattern(
    r"(?a)/(?:reset|magic|password|activate|confirm|verify|unsubscribe|invite)[\w-]{0,24}(?:/|\?(?:code|c|t|k)=)(?P<secret>[\w-]{20,256}+)"
)
"""Links that open an account."""

_ORACLE = late_pattern(r"(?a)jdbc:oracle:\w{1,8}:[^\s/@]{1,64}/(?P<secret>[^\s@]{1,128})@")
_NATS = late_pattern(r"(?a)(?:nats|tls|mqtts?)://(?P<secret>[^\s@/:]{6,128})@")
_LONE_USER_INFO = late_pattern(
    r"(?a)(?<![\w/.-])(?:sips?:[\w.-]{1,64}:(?=[^\s@]{1,256}@\w)|[\w.-]{1,64}:(?=[^\s@]{1,256}@(?:tcp|unix)\())(?P<secret>[^\s@'\"]{1,256})@"
)
"""User and password of an address without slashes, as SIP and Go's driver for MySQL have it."""

_PUTTY = late_pattern(
    r"(?a)Private-Lines:\s{0,4}\d{1,3}(?:\r?\n|\\n)(?P<secret>(?:[0-9A-Za-z+/=]{1,128}+(?:\r?\n|\\n|\Z)){1,64}+)"
)
_JWK = late_pattern(r"(?a)[\"'](?:d|p|q|dp|dq|qi|k)\\?[\"']\s{0,2}:\s{0,2}\\?[\"'](?P<secret>[\w-]{20,}+)")
_HASH = late_pattern(
    r"(?a)(?:\$(?:[1567y]|2[abxy]|gy|apr1|md5|sha1|argon2(?:id|i|d)|scrypt|pbkdf2(?:-sha\d{1,3})?)\$[\w./,=+-]{0,128}(?:\$[\w./+=,-]{1,128}){0,4}"
    r"|\{S?(?:SHA|MD5)\d{0,3}\}[0-9A-Za-z+/]{20,128}={0,2})"
)
"""Hashes of passwords, which are tried at leisure by who has them."""
_GROUPED_CARD = late_pattern(
    r"(?a)(?<![A-Za-z0-9.])(?<!\d[_-])(?:[2-6]\d{3}(?P<gap>[ -])\d{4}(?P=gap)\d{4}(?P=gap)\d{1,4}(?:(?P=gap)\d{1,3})?"
    r"|3\d{3}(?P<gap_6>[ -])\d{4,6}(?P=gap_6)\d{4,6})(?![\w-])(?!\.\d)"
)
_NAMED_CARD = late_pattern(
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
_ISSUER = late_pattern(
    r"(?a)4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)
_SCHEME = late_pattern(
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


def _link(match: re.Match[str]) -> str | None:
    return "link token" if is_opaque(match["secret"]) else None


def _hash(match: re.Match[str]) -> str | None:
    return "password hash" if len(match[0]) >= 24 else None  # noqa: PLR2004 - the shortest has as many


def _user_token(match: re.Match[str]) -> str | None:
    return "url password" if is_opaque(match["secret"]) else None


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
    for number, issuer in enumerate(ISSUERS):
        first = issuer.pattern[0]
        if first.isalnum():
            by_letter[first].append(f"(?P<k{number}>{issuer.pattern[1:]})")
        else:
            yield SecretFormat(
                late_pattern(f"{_BOUNDARY}(?P<k{number}>{issuer.pattern})"), _issued, signs=(issuer.anchor,)
            )
    letters = "|".join(f"{letter}(?:{'|'.join(patterns)})" for letter, patterns in by_letter.items())
    yield SecretFormat(late_pattern(f"{_BOUNDARY}(?:{letters})"), _issued)


SECRET_FORMATS = (
    SecretFormat(_PEM, _named("private key"), signs=("PRIVATE KEY", "PRIVATE+KEY", "Static key")),
    SecretFormat(_USER_INFO, _named("url password"), "secret", ("://",)),
    SecretFormat(_JWT, _named("jwt"), signs=("eyJ",)),
    *_issuer_formats(),
    SecretFormat(_SLACK_HOOK, _named("webhook"), "secret", ("hooks.slack",)),
    SecretFormat(_DISCORD_HOOK, _named("webhook"), "secret", ("/webhooks/",)),
    SecretFormat(_TEAMS_HOOK, _named("webhook"), "secret", (".office", ".azure.com")),
    SecretFormat(
        _OTHER_HOOK,
        _named("webhook"),
        "secret",
        ("hook", "/t/", "pipedream.net", "/key/", "/integration/", "hc-ping.com/", "healthchecks.io/ping/"),
    ),
    SecretFormat(
        _NODE_KEY, _named("api key"), "secret", ("infura.io/", "getblock.io/", "alchemy", "quiknode.pro/", "ankr.com/")
    ),
    SecretFormat(
        _LINK,
        _link,
        "secret",
        ("/reset", "/magic", "/password", "/activate", "/confirm", "/verify", "/unsubscribe", "/invite"),
    ),
    SecretFormat(_ORACLE, _named("url password"), "secret", ("jdbc:oracle:",)),
    SecretFormat(_NATS, _user_token, "secret", ("nats://", "tls://", "mqtt://", "mqtts://")),
    SecretFormat(_LONE_USER_INFO, _named("url password"), "secret", ("@tcp(", "@unix(", "sip:")),
    SecretFormat(_PUTTY, _named("private key"), "secret", ("Private-Lines",)),
    SecretFormat(_JWK, _named("private key"), "secret", ("kty",)),
    SecretFormat(_HASH, _hash, signs=("$", "{S", "{MD5")),
    SecretFormat(_SCHEME, _scheme, "value", ("earer", "asic", "EARER", "ASIC")),
    SecretFormat(_GROUPED_CARD, _card, signs=(" ", "-"), units=8),
    SecretFormat(_NAMED_CARD, _card, "secret", _CARD_SIGNS, units=8),
)
"""In the order in which they are applied: the longest first."""

_RUNS = re.compile(rb"[0-9A-Za-z_+-]{15,}+").finditer
_RUN = re.compile(rb"[0-9A-Za-z_+-]{15}").search
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


@cache
def _looks() -> tuple[Callable[[bytes], object], Callable[[bytes], object]]:
    """Searches for beginnings of tokens and for what stands inside of them; made when a text first has a word as long."""
    return _first_look(ISSUERS), _second_look(ISSUERS)


_MANY_DIGITS = re.compile(r"[0-9]\d{3}(?:[ -]?\d){9}").search

MIN_CHARS = 13
"""The shortest secret that a format can find is a card number of 13 digits; all others are longer."""

_ID_SIZES = frozenset({32, 36, 40, 64})
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z|[0-9a-f]{32,64}\Z").match
"""A UUID, a trace's id, a hash: nearly all digits, and no secret by its format."""

_DIGITS = b"0123456789"
_MIN_TOKEN_CHARS = 15
_MIN_LED_CHARS = 24
"""Tokens that are looked for by what stands inside of them are longer."""


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
        or "kty" in text
        or (("$" in text or "{" in text) and _IS_HASHED.search(text) is not None)
        or ("@" in text and ("://" in text or "@tcp(" in text or "@unix(" in text or "sip:" in text))
        or ("+" in text and "+PRIVATE+" in text)
        or (
            " " in text
            and (
                "earer" in text
                or "asic" in text
                or "EARER" in text
                or "ASIC" in text
                or "PRIV" in text
                or "Static key" in text
                or "Private-" in text
            )
        )
    ):
        return True
    content = text.encode("utf-8", "surrogatepass")
    if size >= _MIN_TOKEN_CHARS and _may_hold_token(text, content):
        return True
    return _has_many_digits(text, content)


def has_many_digits(text: str) -> bool:
    """
    Whether a text has as many digits in groups as a card's number.

    Args:
        text: Any text.
    """
    return len(text) >= MIN_CHARS and _has_many_digits(text, text.encode("utf-8", "surrogatepass"))


def _has_many_digits(text: str, content: bytes) -> bool:
    # Counting digits by taking them out is quicker than looking for a number where there are some but not enough.
    return len(content) - len(content.translate(None, _DIGITS)) >= MIN_CHARS and _MANY_DIGITS(text) is not None


_IS_ADDRESSED = late_pattern(
    r"hook|/t/|pipedream|\.office|\.azure|/integration/|/key/|\.io/|alchemy|\.pro/|hc-ping|ankr|/(?:reset|magic|password|activate|confirm|verify|unsubscribe|invite)|jdbc:o|nats:|tls:|mqtt"
)
"""Signs of an address that is a secret itself."""

_IS_HASHED = late_pattern(r"\$(?:\d[a-z]?|apr\d|md\d|sha\d|argon|scrypt|pbkdf|g?y)|\{S?(?:SHA|MD)")


def _may_hold_token(text: str, content: bytes) -> bool:
    if len(content) < _MIN_LED_CHARS:
        return _RUN(content) is not None and _looks()[0](content.translate(DIGITS_ALIKE)) is not None
    for number, run in enumerate(_RUNS(content)):
        if number >= _MAX_RUNS:
            return True
        piece = content[max(0, run.start() - _BEFORE_RUN) : run.end() + _AFTER_RUN].translate(DIGITS_ALIKE)
        begins, stands_inside = _looks()
        if stands_inside(piece) is not None or begins(piece) is not None:
            return True
    return "/" in text and _IS_ADDRESSED.search(text) is not None
