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

from otel_agent.redaction.detection.name_stems import FOREIGN_PASSWORDS
from otel_agent.redaction.detection.opaque_values import is_opaque
from otel_agent.redaction.detection.secret_formats import is_card_number
from otel_agent.redaction.late_patterns import late_pattern

__all__ = ["HARMLESS", "Certainty", "SecretNameRule", "SecretNames", "proves"]

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
    """The value is a secret whatever it looks like, unless it is a number."""
    CONFIGURED = 4
    """The operator says so: the value is a secret whatever it is."""


class SecretNameRule(NamedTuple):
    """Rule that a name fell under."""

    name: str
    """Stands in the marker; never taken from the telemetry itself."""
    certainty: Certainty


HARMLESS = SecretNameRule("", Certainty.NONE)
_PASSWORD = SecretNameRule("password", Certainty.CERTAIN)
_VARIABLE = SecretNameRule("environment key", Certainty.HINT)
"""A variable of the environment that ends with `_KEY`: whose, only its first word says."""


_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_CERTAIN = (
    ("password", ("password|passwd|passwords|pwd|pswd|pw|passphrase|passcode|passkey|psk|pgpass|requirepass|masterauth|bindpw|rootpw"
     "|passwort|kennwort|mot_de_passe|mdp|senha|contrasena|wachtwoord|haslo|losenord"
     "|(?:user|db|smtp|ftp|admin|root|mysql|redis|my|app|imap|ldap|mail|proxy|api|login|bind|store|key|ssh|sudo|rabbit|mq|mongo)_?pass")),
    ("secret", "secrets?"),
    ("credential", "credentials?|creds?|docker_?config_?json"),
    ("private key", ("private_?keys?|priv_?key|client_key_data|pem_key|ssh_key|key_material|signing_key|encryption_key|decryption_key|master_key|deploy_key"
     "|(?:pre_?)?shared_?key|host_key|tls_key|ssl_key|shared_key|storage_key|hmac_key|root_key|data_key|wrapping_key|kms_key|fernet_key"
     "|(?:aes|enc|crypto|cipher|des|rsa|ed25519|secp256k1|salt)_?key|fernet")),
    ("api key", ("api_?keys?|access_?keys?|account_?key|secret_?keys?|app_?key|application_?key|auth_?key|licen[sc]e_?key|subscription_?key"
     "|ingest(?:ion)?_?key|insert_?key|write_?key|service_?key|consumer_?key|admin_?key|user_?key|server_?key|sas_?key|integration_?key|instrumentation_?key|activation_?key|product_?key|functions?_?key|honeycomb_team|sentry_key")),
    ("token", ("(?:access|auth|refresh|api|bearer|id|session|security|oauth|push|bot|device|csrf|personal|vault|sas|user|service|deploy"
     "|reset|verification|invite|registry|identity|web|login|broker|client|account|admin|master|app|jwt|github|gitlab|slack|npm|pypi|hf)_?tokens?"
     "|(?:gh|github|gitlab|azure|ado|bitbucket|devops)_pat|code_verifier|(?:auth|authorization|oauth|access|magic)_code|appsecret|saml_?(?:response|request|assertion|art)|jenkins_crumb")),
    ("authorization", "authorization|bearer"),
    ("cookie", "cookies?"),
    ("session", "session_?(?:id|key|cookie)|phpsessid|jsessionid|connect_sid|user_session|aiohttp_session"),
    ("csrf token", "csrf|xsrf|csrftoken|xsrftoken|csrfmiddlewaretoken"),
    ("jwt", "jwts?"),
    ("social security number", "ssn|social_?security"),
    ("card number", "credit_?card|card_?(?:number|no|num)|cc_?(?:number|num|no)|debit_card|cvv2?|cvc2?|primary_account_number"),
    ("seed phrase", "(?:seed|recovery|wallet|backup|mnemonic)_phrase|seed_words"),
)  # fmt: skip
_LIKELY = (
    ("token", "token"),
    ("auth", "auth|oauth|authentication"),
    ("password", "pass"),
    ("one-time password", "t?otp"),
    ("seed phrase", "mnemonic"),
)
_HINTS = (
    ("signature", "signature|sign|sig|hmac"),
    ("session", "sessions?|sess|sid"),
    ("wallet key", "wallet|private|priv|seed|signer|keypair"),
    ("card number", "pan|card|account_number"),
    ("card code", "security_code"),
    ("api key", "appid"),
    ("personal access token", "pat|remember_?me|licen[sc]e"),
    ("key", "[a-z0-9]+_key"),
)
_INSIDE = late_pattern(
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
    " started ended opened closed manager service store backend rotation reset hint field label user username arn"
    " source id ids consent banner domain format prefix suffix fingerprint placeholder lifetime strength reader parser"
    " standard set ref refs santa engine date day days fail provided changed updated".split()
)
_MEASURING_FIRST = frozenset(
    "max min num number n count total avg mean is has input output prompt completion no"  # noqa: SIM905 - as above
    " eos bos pad unk sep cls mask stop special by first last next chat image audio reasoning cached per".split()
)
"""What is measured, and the tokens of tokenizers."""

_COUNTS = late_pattern(
    r"_ratelimit_|_tokens?_(?:counts?|usage|budget|limit|price|cost|details?|per)_|_(?:per_output|to_first)_token_"
)
"""Counts of tokens, whatever is said of them after it: `llm.token_count.prompt_details.audio`."""

_CONVERSATION = late_pattern(
    r"_(?:langfuse|langsmith|traceloop|openinference|gen_ai|llm|mlflow|arize|phoenix|helicone|agentops|lmnr|logfire|braintrust"
    r"|mcp|ai|conversation|chat|thread|openlit|crewai|autogen)_(?:.*_)?session_id_\Z"
)
"""Ids of conversations, which tools for language models call sessions."""

_KEY_OF_DATA = frozenset(
    "primary foreign sort sorting hash range cache partition shard routing message dedup dedupe idempotency unique group lookup join object s3"  # noqa: SIM905 - as above
    " redis lock config setting event feature flag translation i18n issue project ticket public pub row entity item order natural composite"
    " surrogate index dict map data parent child node tree trace span metric label tag field column table record document doc file blob path"
    " bucket topic queue stream state store memory job task run batch step graph cell query search filter react list set hot short shortcut"
    " press modifier arrow enter escape tab the no a any each every same wrong missing invalid unknown this that first last next".split()
)
"""What has keys that are names: a `cache_key` holds no secret, whatever it looks like."""

_EXEMPT = frozenset({"session.id", "session.previous_id"})
"""Semantic conventions' own ids, made to tell telemetry apart."""


_TICKER = late_pattern(r"[A-Z]{2,6}")
_ON_CHAIN = late_pattern(r"0x[0-9a-fA-F]{40}")
"""Address of a coin's contract."""

_MIN_KEY_CHARS = 12
_ID = late_pattern(r"(?:[\w.-]{0,32}[:/])?[0-9a-f]{16,}|\S*[:/]\S*")
"""Hashes, and names put together of several."""

_OPAQUE = late_pattern(r"(?a)(?=[^0-9]*+[0-9])[\w+/=%.~-]{16,}+")
_FORMS = {
    "signature": late_pattern(rf"{_OPAQUE.pattern}|(?=[^A-Z]*+[A-Z])(?=[^a-z]*+[a-z])[\w+/]{{28,}}+={{0,2}}"),
    "api key": _OPAQUE,
    "session": late_pattern(r"(?!\S*\d{4}-?\d\d-?\d\d)(?:(?=[^0-9]*+[0-9])\S{8,}+|\S{20,}+)"),
    "wallet key": late_pattern(r"(?:0x)?[0-9a-fA-F]{64}|[1-9A-HJ-NP-Za-km-z]{50,90}"),
    "card code": late_pattern(r"(?a)\d{3,4}"),
}
"""Formats that a value must have where the name is only a hint."""

_AUTH_METHODS = late_pattern(
    r"(?ai)[a-z]{1,14}(?:[_-]?[a-z]{1,10})?|o?auth[ _-]?[12](?:\.[01])?|saml2?|sha-?\d{1,3}|md5|ntlmv?2?|scram-sha-\d{1,3}(?:-plus)?|x\.?509|srp6a?|krb5|http-?\w{0,8}"
)


_TEST = late_pattern(r"(?a)[a-z]+_[a-z_]+|tests?[/_][\w/.:\[\]-]*")
"""What has passed: `PASS: test_orders`."""


def proves(rule: SecretNameRule, text: str) -> bool:  # noqa: PLR0911 - one answer per kind of name
    """
    Whether a value of a name is a secret.

    Args:
        rule: Rule that the name fell under.
        text: Value of the name.
    """
    if rule.certainty >= Certainty.CERTAIN:
        return True
    if rule.certainty is Certainty.LIKELY:
        if rule.name == "token":
            return _TICKER.fullmatch(text) is None and _ON_CHAIN.fullmatch(text) is None
        if rule.name == "auth":
            return _AUTH_METHODS.fullmatch(text) is None
        if rule.name == "password":
            return _TEST.fullmatch(text) is None
        return rule.name != "seed phrase" or " " in text.strip()
    if rule.name == "card number":
        return is_card_number(text)
    if rule.name == "environment key":
        return is_opaque(text) and _ID.fullmatch(text) is None
    if rule.name in {"key", "personal access token"}:
        return len(text) >= _MIN_KEY_CHARS and is_opaque(text) and _ID.fullmatch(text) is None
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
        keep: Regular expressions of names that are harmless, and of whole values that are; checked before.
    """

    def __init__(self, patterns: Sequence[str] = (), keep: Sequence[str] = ()) -> None:
        wanted = [(number, pattern) for number, pattern in enumerate(patterns, 1) if not pattern.startswith("!")]
        self._custom = [
            (re.compile(pattern, re.IGNORECASE), SecretNameRule(f"configured key {number}", Certainty.CONFIGURED))
            for number, pattern in wanted
        ]
        self._kept = [re.compile(pattern, re.IGNORECASE) for pattern in keep]
        self._harmless = [re.compile(pattern[1:], re.IGNORECASE) for pattern in patterns if pattern.startswith("!")]
        self._harmless += self._kept
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

    def keeps(self, value: str) -> bool:
        """Whether the operator wants a value as it is, by what the whole of it looks like."""
        return any(pattern.fullmatch(value) for pattern in self._kept)

    def _judge(self, key: str) -> SecretNameRule:
        if any(pattern.search(key) for pattern in self._harmless):
            return HARMLESS
        for pattern, rule in self._custom:
            if pattern.search(key):
                return rule
        return _built_in(key)


def _built_in(key: str) -> SecretNameRule:  # noqa: PLR0911 - one answer per kind of name
    if not key.isascii() and any(word in key.lower() for word in FOREIGN_PASSWORDS):
        return _PASSWORD
    words = [word.lower() for word in _WORDS.findall(key)]
    named = [word for word in words if word.isalpha()]
    if not named or key in _EXEMPT or (named[-1] in _DESCRIBING and named[-1] != "id"):
        return HARMLESS
    joined = f"_{'_'.join(words)}_"
    if "token" in joined and _COUNTS.search(joined) is not None:
        return HARMLESS
    for pattern, rules in _TABLES:
        match = pattern.search(joined)
        if match is not None:
            rule = rules[(match.lastindex or 1) - 1]
            if rule.name == "key":
                if named[-1] != "key" or not _KEY_OF_DATA.isdisjoint(named):
                    return HARMLESS
                return _VARIABLE if key.isupper() else rule
            is_measure = rule.certainty < Certainty.CERTAIN and named[0] in _MEASURING_FIRST and len(named) > 1
            return HARMLESS if is_measure or (named[-1] == "id" and _is_harmless_id(key, joined, rule)) else rule
        if rules[0].certainty is Certainty.CERTAIN:
            inside = _INSIDE.search("_".join(words))
            if inside is not None:
                rule = SecretNameRule((inside.lastgroup or "").replace("_", " "), Certainty.CERTAIN)
                return HARMLESS if named[-1] == "id" and _is_harmless_id(key, joined, rule) else rule
    return HARMLESS


def _is_harmless_id(key: str, joined: str, rule: SecretNameRule) -> bool:
    """Whether a name that ends with `id` is an id and no secret: of a key, of a conversation; a session's own is one."""
    if rule.name == "session":
        return key.endswith(".session.id") or _CONVERSATION.search(joined) is not None
    return not joined.endswith(("_secret_id_", "_cookie_id_"))
