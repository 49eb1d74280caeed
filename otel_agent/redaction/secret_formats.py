"""
Formats of secrets, found wherever they stand: prefixes that issuers gave their tokens, private keys, card numbers, URLs with passwords.

Every pattern is linear: each repetition is bounded or possessive, or what follows it cannot match what it repeats. Whether
a pattern is worth trying is asked first with substrings, because most texts hold no secret.

Sources: the issuers' own formats, as in https://github.com/gitleaks/gitleaks (config/gitleaks.toml) and GitHub's secret
scanning patterns; ISO/IEC 7812 for card numbers.
"""

import binascii
import re
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["SECRET_FORMATS", "SecretFormat", "may_hold_secret"]


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


_ISSUED = {
    "api_key": r"sk-(?:proj|svcacct|admin|ant|or|lf|live|test)[-_][\w-]{8,}+|sk-[\w-]{16,}+"
    r"|(?:gsk|hf)_[A-Za-z0-9_-]{20,}+|(?:xai|pplx|tvly|nvapi)-[A-Za-z0-9_-]{20,}+"
    r"|lsv2_(?:pt|sk)_\w{20,}+|pylf_v\d_\w{20,}+|SG\.[\w-]{16,}+\.[\w-]{16,}+|NRAK-[A-Z0-9]{20,}+|dapi[0-9a-f]{32}"
    r"|key-[0-9a-f]{32}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|do[opr]_v1_[0-9a-f]{64}|hv[sb]\.[\w-]{20,}+",
    "aws_key": r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    "github_token": r"gh[pousr]_[A-Za-z0-9]{20,}+|github_pat_\w{20,}+",
    "gitlab_token": r"gl(?:pat|dt|rt|cbt|ptt|ft|soat)-[\w-]{16,}+",
    "slack_token": r"xox[a-z]-[\w-]{12,}+|xapp-\d-[\w-]{10,}+",
    "stripe_key": r"[sr]k_(?:live|test)_[A-Za-z0-9]{8,}+|whsec_[A-Za-z0-9+/=]{16,}+",
    "google_key": r"AIza[\w-]{30,}+|ya29\.[\w.-]{16,}+|GOCSPX-[\w-]{20,}+",
    "package_token": r"npm_[A-Za-z0-9]{30,}+|pypi-AgE[\w-]{16,}+",
    "bot_token": r"\d{8,10}:AA[\w-]{30,40}",
    "wallet_key": r"[a-zA-Z]prv[1-9A-HJ-NP-Za-km-z]{100,112}",
}
_TOKEN_SIGNS = (
    "sk-", "k_live_", "k_test_", "gsk_", "hf_", "gh", "github_pat_", "gl", "xox", "xapp-", "xai-", "pplx-", "tvly-",
    "nvapi-", "lsv", "pylf_", "SG.", "NRAK-", "dapi", "key-", "shp", "_v", "hv", "AKIA", "ASIA", "ABIA", "ACCA", "whsec_", "AIza", "ya",
    "GOCSPX-", "npm_", "pypi-", ":AA", "prv",
)  # fmt: skip
_TOKENS = re.compile(
    "(?a)(?<![A-Za-z0-9])(?:" + "|".join(f"(?P<{name}>{shape})" for name, shape in _ISSUED.items()) + ")"
)

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
_CARD = re.compile(r"(?a)(?<![A-Za-z0-9.])(?<!\d[_-])[2-6]\d{3}(?:[ -]?\d){9,15}(?!\w)(?!\.\d)")
_ISSUER = re.compile(
    r"(?a)4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)
_SCHEME = re.compile(
    r"(?a)(?<![A-Za-z0-9])(?P<scheme>[Bb]earer|BEARER|[Bb]asic|BASIC)(?P<gap>[ \t]{1,4})(?P<value>[\w.~+/-]{8,}+={0,2})"
)


def _digit_or_mixed(match: re.Match[str]) -> bool:
    """Whether a token is more than words with hyphens, as `sk-learn-contrib-packages` is."""
    tail = match[0][3:]
    return "-" not in tail or any(letter.isdigit() or letter.isupper() for letter in tail)


def _issued(match: re.Match[str]) -> str | None:
    name = match.lastgroup or ""
    if name == "api_key" and match[0].startswith("sk-") and not _digit_or_mixed(match):
        return None
    return name.replace("_", " ")


def _card(match: re.Match[str]) -> str | None:
    digits = [int(letter) for letter in match[0] if letter.isdigit()]
    if not _ISSUER.fullmatch("".join(map(str, digits))):
        return None
    doubled = [(digit * 2 - 9 if digit > 4 else digit * 2) for digit in digits[-2::-2]]  # noqa: PLR2004 - Luhn's formula
    return "card number" if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 else None


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


SECRET_FORMATS = (
    SecretFormat(_PEM, _named("private key"), signs=("PRIVATE KEY",)),
    SecretFormat(_USER_INFO, _named("url password"), "secret", ("://",)),
    SecretFormat(_JWT, _named("jwt"), signs=("eyJ",)),
    SecretFormat(_TOKENS, _issued, signs=_TOKEN_SIGNS),
    SecretFormat(_SLACK_HOOK, _named("webhook"), "secret", ("hooks.slack.com/",)),
    SecretFormat(_DISCORD_HOOK, _named("webhook"), "secret", ("/api/webhooks/",)),
    SecretFormat(_SCHEME, _scheme, "value", ("earer", "asic", "EARER", "ASIC")),
    SecretFormat(_CARD, _card),
)
"""In the order in which they are applied: the longest first."""

_PREFIXED = re.compile(
    r"[-_.](?:(?<=[g-zG-Z]-)[\w-]{12}|(?<=_)[\w-]{12}|(?<=[Gsb0-9]\.)[\w-]{12}|(?<=xox[abe]-)[\w-]{12})"
).search
"""
What a token with a separator after its prefix leaves in a text; a UUID does not look like that. Begins with a set, because
only then does the engine skip ahead to its members.
"""

_MANY_DIGITS = re.compile(r"[0-9]\d{3}(?:[ -]?\d){9}").search

MIN_CHARS = 13
"""The shortest secret that a format can find is a card number of 13 digits; all others are longer."""

_ID_SIZES = frozenset({32, 36, 40, 64})
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z|[0-9a-f]{32,64}\Z").match
"""A UUID, a trace's id, a hash: nearly all digits, and no secret by its format."""

_DIGITS = b"0123456789"
_MIN_PREFIXED_CHARS = 16
_MIN_LONG_CHARS = 20


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
    return (
        "eyJ" in text
        or ("@" in text and "://" in text)
        or (" " in text and ("earer" in text or "asic" in text or "EARER" in text or "ASIC" in text or "PRIV" in text))
        or (size >= _MIN_PREFIXED_CHARS and _PREFIXED(text) is not None and any(sign in text for sign in _TOKEN_SIGNS))
        or (size >= _MIN_LONG_CHARS and _may_hold_long(text))
        or _may_hold_card(text)
    )


def _may_hold_card(text: str) -> bool:
    """Counting digits by taking them out is quicker than looking for a number where there are some but not enough."""
    content = text.encode("utf-8", "surrogatepass")
    return len(content) - len(content.translate(None, _DIGITS)) >= MIN_CHARS and _MANY_DIGITS(text) is not None


def _may_hold_long(text: str) -> bool:
    return (
        "IA" in text
        or "AIza" in text
        or "ACCA" in text
        or "dapi" in text
        or ":AA" in text
        or "prv" in text
        or ("/" in text and "hooks" in text)
    )
