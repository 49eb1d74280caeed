"""Secrets behind their names without a sign: what looks made by a machine goes, sentences stay."""

import pytest

from otel_agent.redaction.detection.secret_names import SecretNames
from otel_agent.redaction.detection.spoken_secrets import find_spoken_secrets
from otel_agent.redaction.detection.work_allowance import CUT, TextWork


def found(text: str, units: int = 512) -> list[str]:
    """What is found in a text."""
    spans = find_spoken_secrets(text, text.lower(), SecretNames(), TextWork(units))
    return [text[start:end] if name != CUT else CUT for start, end, name in spans]


@pytest.mark.parametrize(
    "text",
    [
        "token 7fQx2LmZ9k expired", "password is 7fQx2LmZ9k.", 'the secret was "7fQx2LmZ9k"', "Using API key 7fQx2LmZ9k for it", "| api_key | 7fQx2LmZ9k |",
        "Incorrect API key provided: 7fQx2LmZ9k.", "Password for user bob: 7fQx2LmZ9k", "requirepass 7fQx2LmZ9k", "enable secret 5 7fQx2LmZ9k",
        'client.setPassword("7fQx2LmZ9k")', "with_api_key('7fQx2LmZ9k')", "SecretStr('7fQx2LmZ9k')", "ENV GITHUB_TOKEN 7fQx2LmZ9k", "secret_key \u2192 '7fQx2LmZ9k'",
    ],
)  # fmt: skip
def test_what_a_machine_made_is_found(text: str) -> None:
    """Behind a blank, a verb, a cell's border, as the argument of a function that sets it."""
    assert ["7fQx2LmZ9k"] == found(text)


@pytest.mark.parametrize(
    "text",
    [
        "token refresh failed", "password is required", "secret db-creds-2 not found", "no api key provided", "get_password('db')", "getenv('API_KEY')",
        "token 0x742d35Cc6634C0532925a3b844Bc454e4438f44e", "key 8f14e45f-ceea-467a-9575-1c8f0f2f2ad3 not found", "the author 7fQx2LmZ9k", "tokens: 1,234",
    ],
)  # fmt: skip
def test_sentences_are_not(text: str) -> None:
    """About secrets, about names of secrets, and about what is no secret."""
    assert [] == found(text)


def test_what_is_set_by_a_function_is_found_whatever_it_looks_like() -> None:
    """Nothing but a password is given to a function that sets one."""
    assert ["hunter2"] == found("connection.set_password('hunter2')")


def test_work_that_is_used_up_cuts_the_text() -> None:
    """What is not looked at does not leave."""
    assert [CUT] == found("token 7fQx2LmZ9k expired", units=1)
