"""Formats of secrets: found by prefix and form, confirmed where a form alone proves nothing."""

import re

import pytest
from secrets_to_plant import SECRETS

from otel_agent.redaction.detection.secret_formats import MIN_CHARS, SECRET_FORMATS, may_hold_secret


def names(text: str) -> list[str]:
    """What the formats make of a text."""
    return [
        name
        for secret_format in SECRET_FORMATS
        for match in secret_format.pattern.finditer(text)
        if (name := secret_format.name(match)) is not None
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("AKIAQ3EGRTXZ7WNPLM4V", "aws key"),
        ("glpat-a1B2c3D4e5F6g7H8i9", "gitlab token"),
        ("https://hooks.slack.com/services/T0/B0/a1B2c3D4", "webhook"),
        ("4539 1488 0343 6467", "card number"),
        ("3782 822463 10005", "card number"),
        ("amex 378282246310005", "card number"),
        ("Basic dHJhZGVyOkh4N3BX", "basic auth"),
        ("Bearer abcdefghijklmnop", "bearer token"),
    ],
)
def test_a_secret_is_known_by_its_format(text: str, name: str) -> None:
    """The name of the rule stands in the marker; the quick first look does not pass it by."""
    assert [name] == names(text)
    assert may_hold_secret(text)


@pytest.mark.parametrize(
    "text",
    ["4539 1488 0343 6468", "9539148803436467", "Bearer abcdefgh", "Basic information", "sk-learn-contrib-packages"],
)
def test_a_form_alone_is_no_proof(text: str) -> None:
    """A wrong check digit, an unknown issuer, a word in place of a token."""
    assert [] == names(text)


def test_every_format_says_by_which_sign_it_is_looked_for() -> None:
    """One of its signs stands in whatever it matches: the shortcut costs no secret."""
    for secret_format in SECRET_FORMATS:
        for text, _ in SECRETS.values():
            match = secret_format.pattern.search(text)
            assert match is None or any(sign in match.string for sign in secret_format.signs)


@pytest.mark.parametrize("text", ["x" * (MIN_CHARS - 1), "0f" * 16, "123e4567-e89b-12d3-a456-426614174000", "order 17"])
def test_most_texts_are_not_looked_at(text: str) -> None:
    """Short texts, ids and hashes hold no secret by their format."""
    assert not may_hold_secret(text)


def test_the_first_look_does_not_depend_on_digits() -> None:
    """Callers may remember its answer for texts that differ in digits only."""
    for text, _ in SECRETS.values():
        assert may_hold_secret(text) == may_hold_secret(re.sub(r"[0-9]", "0", text))
