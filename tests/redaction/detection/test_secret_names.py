"""Names of secrets are known, and names that only look alike are left alone."""

import re
from pathlib import Path
from typing import Any

import opentelemetry.semconv
import pytest

from otel_agent.redaction.detection.secret_names import Certainty, SecretNames
from otel_agent.redaction.redactor import Redactor

LOOK_ALIKES = [
    "session_count",
    "author",
    "authors",
    "authority",
    "input_tokens",
    "output_tokens",
    "token_count",
    "max_tokens",
    "tokenizer",
    "key",
    "keyboard",
    "passenger",
    "passing",
    "compass",
    "bypass",
    "secretary",
    "cookiecutter",
    "primary_key",
    "public_key",
    "cache_key",
    "idempotency_key",
    "session.id",
    "private_key_path",
    "password_length",
    "token_type",
    "gen_ai.usage.input_tokens",
    "gen_ai.token.type",
    "authorized",
    "monkey",
    "token_address",
    "signed",
    "design",
]


SECRET_NAMES = [
    "password",
    "dbPassword",
    "db.password",
    "user_passwd",
    "mysql_pwd",
    "passphrase",
    "secret",
    "client_secret",
    "secrets",
    "credential",
    "aws_credentials",
    "private_key",
    "privateKey",
    "PRIVATE-KEY",
    "api_key",
    "apikey",
    "X-API-Key",
    "apiKey",
    "access_token",
    "refresh_token",
    "authorization",
    "http.request.header.authorization",
    "Proxy-Authorization",
    "set-cookie",
    "Cookie",
    "jwt",
    "csrf",
    "_csrf_token",
    "X-XSRF-TOKEN",
    "ssn",
    "social_security_number",
    "credit_card",
    "card_number",
    "cvv",
    "connect.sid",
    "PHPSESSID",
    "session_id",
    "sessionid",
    "token",
    "auth_token",
    "mnemonic",
    "seed_phrase",
    "aws_secret_access_key",
    "AccountKey",
    "accessKey",
    "auth",
]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_names_of_secrets_are_known(redactor: Redactor, name: str) -> None:
    """The value of a secret's name goes, whatever it looks like."""
    cleaned = redactor.mapping({name: "correct horse"})

    assert "correct" not in str(cleaned)
    assert [name] == list(cleaned)


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_names_that_only_look_alike_stay(redactor: Redactor, name: str) -> None:
    """An author is not an auth, and a count of sessions no session; neither as an attribute nor in a text."""
    attributes = {name: "correct horse"}

    assert attributes == redactor.mapping(attributes)
    assert f"{name}=correct, {name}: horse" == redactor.text(f"{name}=correct, {name}: horse")


@pytest.mark.parametrize(
    ("key", "value", "is_secret"),
    [
        ("wallet", "0x" + "a1" * 32, True),
        ("private", "a1" * 32, True),
        ("wallet", "0x" + "a1" * 20, False),
        ("digest", "a1" * 32, False),
        ("signature", "c0ffee8b1a9953c4611296a8", True),
        ("signature", "def decide(quote)", False),
        ("session", "8f14e45fceea167a", True),
        ("session", "pre-market", False),
        ("token", "USDC", False),
        ("token", "usdc-123", True),
        ("password", 1234, False),
        ("card_number", 5454545454545454, True),
        ("card_number", 5454545454545455, False),
        ("token", [1, 2], False),
        ("password", True, False),
        ("password", None, False),
        ("password", "", False),
        ("password", [], False),
        ("password", ["a"], True),
        ("password", {"a": "b"}, True),
        ("password", b"a", True),
        ("signature", ["a"], False),
    ],
)
def test_some_names_are_only_hints(redactor: Redactor, key: str, value: Any, is_secret: bool) -> None:
    """Where the name alone proves nothing, the value decides; nothing, no and none are never secrets."""
    cleaned = redactor.mapping({key: value})[key]

    assert is_secret is (cleaned != value)


def test_names_of_the_semantic_conventions_stay() -> None:
    """Of a thousand attributes that OpenTelemetry names, next to none is taken for a secret's."""
    folder = Path(opentelemetry.semconv.__file__).parent
    names = {
        name
        for file in folder.rglob("*.py")
        for name in re.findall(r'^[A-Z_]+: Final = "([^"]+)"', file.read_text(), re.MULTILINE)
    }
    keys = SecretNames()
    taken = {name for name in names if keys.rule(name).certainty >= Certainty.LIKELY}

    assert len(names) > 500
    assert taken <= {
        "mcp.session.id",
        "gen_ai.server.time_per_output_token",
        "gen_ai.server.time_to_first_token",
    }
