"""
Names of secrets: `api_key` and `dbPassword` are, `session_count` and `author` are not.

A name is read as words: `X-API-Key`, `apiKey` and `api_key` are all *api key*. Words, not letters, are what is looked for,
so an author is not an *auth* and a keyboard no *key*. A last word that measures or describes (`password_length`,
`token_type`, `private_key_path`) says that the value is not the secret itself.

The lists are the union of what logfire and Sentry look for, with what trading and language models add.
Source: logfire/_internal/scrubbing.py, sentry_sdk/scrubber.py
"""

import re
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

__all__ = ["HARMLESS", "Certainty", "SecretNameRule", "SecretNames", "has_stem", "proves"]

MAX_REMEMBERED = 4096
"""Names remembered before all are forgotten."""

MAX_KEY_CHARS = 256
"""Characters of a name that are looked at."""


class Certainty(IntEnum):
    """Certainty that a name alone gives."""

    NONE = 0
    """Nothing; only the value can tell."""
    HINT = 1
    """The value is a secret when it also looks like one: a `signature` of 64 hexadecimal digits."""
    LIKELY = 2
    """The value is a secret unless it plainly is something else: a `token` may be USDC."""
    CERTAIN = 3
    """The value is a secret whatever it looks like."""


class SecretNameRule(NamedTuple):
    """Rule that a name fell under."""

    name: str
    """Stands in the marker; never taken from the telemetry itself."""
    certainty: Certainty


HARMLESS = SecretNameRule("", Certainty.NONE)

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_CERTAIN = (
    ("password", "password|passwd|pwd|passphrase|passcode|(?:user|db|smtp|ftp|admin|root|mysql|redis|my|app)_pass"),
    ("secret", "secrets?"),
    ("credential", "credentials?"),
    ("private key", "private_?keys?|priv_key|pem_key|ssh_key|key_material|signing_key|encryption_key|master_key"),
    ("api key", "api_?keys?|access_?key|account_?key|secret_?key|app_?key|auth_key|license_key|subscription_key"),
    ("token", "(?:access|auth|refresh|api|bearer|id|session|security|oauth|push|bot|device|csrf|personal)_?tokens?"),
    ("authorization", "authorization|bearer"),
    ("cookie", "cookies?"),
    ("session", "session_?(?:id|key|cookie)|phpsessid|jsessionid|connect_sid|user_session|aiohttp_session"),
    ("csrf token", "csrf|xsrf|csrftoken|xsrftoken|csrfmiddlewaretoken"),
    ("jwt", "jwts?"),
    ("social security number", "ssn|social_?security"),
    ("card number", "credit_?card|card_?(?:number|no|num)|cc_(?:number|num)|debit_card|cvv2?|cvc2?|security_code"),
    ("seed phrase", "mnemonic|(?:seed|recovery|wallet)_phrase|seed_words"),
)
_LIKELY = (
    ("token", "token"),
    ("auth", "auth|oauth|authentication"),
    ("password", "pass"),
    ("one-time password", "t?otp"),
)
_HINTS = (
    ("signature", "signature|sign|sig|hmac"),
    ("session", "sessions?|sess|sid"),
    ("wallet key", "wallet|private|priv|seed|signer|keypair"),
)
_INSIDE = re.compile(
    r"(?P<password>password|passwd|passphrase)|(?P<secret>secret(?!ar))|(?P<credential>credential)"
    r"|(?P<private_key>privatekey)|(?P<api_key>apikey|secretkey|accesskey)|(?P<token>authtoken|accesstoken|apitoken)"
    r"|(?P<session>sessionid)|(?P<cookie>(?<!syn)cookie(?!cutter))"
)
"""Stems so plain that they count inside a longer word too: `dbpassword`."""

_DESCRIBING = frozenset(
    "count counts counter total length len size bytes chars limit max min avg mean sum duration latency time timeout ms"  # noqa: SIM905 - a list of words reads best as a sentence
    " seconds ns us age ttl expiry expires expiration expired at rate ratio per price cost usage used remaining budget"
    " type kind method scheme mode status state version enabled required valid present exists policy provider strategy"
    " result outcome error errors attempts attempt retries failures index position symbol address name names decimals"
    " algorithm alg scope scopes url uri endpoint host server port path file realm issuer audience region start end"
    " started ended opened closed manager service store backend rotation reset hint field label user username arn".split()
)
_MEASURING_FIRST = frozenset(
    "max min num number n count total avg mean is has input output prompt completion no".split()  # noqa: SIM905 - as above
)
_EXEMPT = frozenset({"session.id", "session.previous_id"})
"""Semantic conventions' own ids, made to tell telemetry apart."""


def has_stem(text: str) -> bool:
    """
    Whether any name that the rules know can be in a text; false for most texts, and cheap.

    Written as plain substring tests, which are several times faster than one pattern with as many alternatives.

    Args:
        text: Any text.
    """
    low = text.lower()
    return (
        "ss" in low  # pass, session, ssn
        or "key" in low
        or "oken" in low
        or "ecret" in low
        or "auth" in low
        or "cred" in low
        or "pwd" in low
        or "cook" in low
        or "sig" in low
        or "sid" in low
        or "srf" in low
        or "jwt" in low
        or "soci" in low
        or "hras" in low
        or "mnem" in low
        or "seed" in low
        or "card" in low
        or "cv" in low
        or "bearer" in low
        or "otp" in low
        or "hmac" in low
        or "wallet" in low
        or "priv" in low
    )


_TICKER = re.compile(r"[A-Z]{2,6}")
_OPAQUE = re.compile(r"(?a)(?=[^0-9]*+[0-9])[\w+/=%.~-]{16,}+")
_FORMS = {
    "signature": _OPAQUE,
    "api key": _OPAQUE,
    "session": re.compile(r"(?=[^0-9]*+[0-9])\S{8,}+|\S{20,}+"),
    "wallet key": re.compile(r"(?:0x)?[0-9a-fA-F]{64}|[1-9A-HJ-NP-Za-km-z]{50,90}"),
}
"""Formats that a value must have where the name is only a hint."""


def proves(rule: SecretNameRule, text: str) -> bool:
    """
    Whether a value of a name is a secret.

    Args:
        rule: Rule that the name fell under.
        text: Value of the name.
    """
    if rule.certainty is Certainty.CERTAIN:
        return True
    if rule.certainty is Certainty.LIKELY:
        return rule.name != "token" or _TICKER.fullmatch(text) is None
    form = _FORMS.get(rule.name)
    return form is not None and form.fullmatch(text) is not None


def _table(groups: Sequence[tuple[str, str]]) -> re.Pattern[str]:
    """One pattern whose group numbers are positions in the list, from 1."""
    return re.compile("|".join(f"(_(?:{pattern})(?=_))" for _, pattern in groups))


_TABLES = tuple(
    (_table(groups), tuple(SecretNameRule(name, certainty) for name, _ in groups))
    for groups, certainty in ((_CERTAIN, Certainty.CERTAIN), (_LIKELY, Certainty.LIKELY), (_HINTS, Certainty.HINT))
)


class SecretNames:
    """
    The rules for names, with the verdicts so far.

    Thread-safe without a lock: each step is one dictionary operation, and a race means that a name is judged twice.

    Args:
        patterns: Regular expressions, searched for in names without regard to case; one that begins with `!` says
            which names are harmless, whatever the built-in rules think. Checked by `redaction.custom_patterns` before.
    """

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        wanted = [(number, pattern) for number, pattern in enumerate(patterns, 1) if not pattern.startswith("!")]
        self._custom = [
            (re.compile(pattern, re.IGNORECASE), SecretNameRule(f"configured key {number}", Certainty.CERTAIN))
            for number, pattern in wanted
        ]
        self._harmless = [re.compile(pattern[1:], re.IGNORECASE) for pattern in patterns if pattern.startswith("!")]
        self.has_custom = bool(self._custom)
        """Whether the operator added names, which `has_stem` does not know."""
        self._known: dict[str, SecretNameRule] = {}

    def rule(self, key: str) -> SecretNameRule:
        """
        What a name says about its value.

        Args:
            key: An attribute's key, a field's name, a query parameter.

        Returns:
            `HARMLESS` when it says nothing.
        """
        known = self._known.get(key)
        if known is None:
            known = self._judge(key[:MAX_KEY_CHARS])
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            if len(key) <= MAX_KEY_CHARS:
                self._known[key] = known
        return known

    def _judge(self, key: str) -> SecretNameRule:
        if any(pattern.search(key) for pattern in self._harmless):
            return HARMLESS
        for pattern, rule in self._custom:
            if pattern.search(key):
                return rule
        return _built_in(key)


def _built_in(key: str) -> SecretNameRule:
    words = [word.lower() for word in _WORDS.findall(key)]
    named = [word for word in words if word.isalpha()]
    if not named or key in _EXEMPT or named[-1] in _DESCRIBING:
        return HARMLESS
    joined = f"_{'_'.join(words)}_"
    for pattern, rules in _TABLES:
        match = pattern.search(joined)
        if match is not None:
            rule = rules[(match.lastindex or 1) - 1]
            is_measure = rule.certainty < Certainty.CERTAIN and named[0] in _MEASURING_FIRST and len(named) > 1
            return HARMLESS if is_measure else rule
        if rules[0].certainty is Certainty.CERTAIN:
            inside = _INSIDE.search("_".join(words))
            if inside is not None:
                return SecretNameRule((inside.lastgroup or "").replace("_", " "), Certainty.CERTAIN)
    return HARMLESS
