"""What the redactor takes out of telemetry, and what it leaves as it was."""

from collections import deque
from typing import Any

import pytest

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


@pytest.fixture
def redactor() -> Redactor:
    """With the built-in rules."""
    return Redactor()


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_names_of_secrets_are_known(redactor: Redactor, name: str) -> None:
    """The value of a secret's name goes, whatever it looks like."""
    cleaned = redactor.mapping({name: "correct horse"})

    assert "correct" not in str(cleaned)
    assert [name] == list(cleaned)


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_names_that_only_look_alike_stay(redactor: Redactor, name: str) -> None:
    """An author is not an auth, and a count of sessions no session."""
    attributes = {name: "correct horse"}

    assert attributes == redactor.mapping(attributes)


def test_what_needs_no_change_is_the_same_object(redactor: Redactor) -> None:
    """A clean batch passes as it is."""
    items: list[Any] = []

    assert items is redactor.spans(items)
    assert items is redactor.logs(items)
    assert items is redactor.metrics(items)
    assert deque() == redactor.spans(deque())
