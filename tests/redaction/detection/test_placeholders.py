"""Values that are no secrets although their names are a secret's."""

import pytest

from otel_agent.redaction.detection.placeholders import is_message, is_number_of_its_own, is_placeholder


@pytest.mark.parametrize(
    "text", ["None", "null", "***", "${SECRET}", "<your token>", "[redacted]", "%(password)s", "xxxx"]
)
def test_placeholders_are_no_values(text: str) -> None:
    """Masks, templates, and nothing."""
    assert is_placeholder(text)
    assert not is_placeholder(f"{text}hunter2")


@pytest.mark.parametrize(
    "text",
    ["arn:aws:secretsmanager:eu-west-1:1:secret:app/db-Qw3", "/run/secrets/db", "op://vault/item/field", "env:DB"],
)
def test_where_a_secret_is_kept_is_no_secret(text: str) -> None:
    """References to a secrets manager, a file, a variable."""
    assert is_placeholder(text)


def test_messages_about_a_value_are_told_from_values() -> None:
    """What a validator says begins with a word of prose and goes on with a blank."""
    assert is_message("field required")
    assert is_message("must not be empty")
    assert not is_message("field7required")
    assert not is_message("hunter2")


def test_numbers_are_told_from_passwords_of_digits() -> None:
    """A count or a measure is a number; eight digits behind `password=` are one only where the type says so."""
    assert is_number_of_its_own("31", is_typed=False)
    assert is_number_of_its_own("25.3", is_typed=False)
    assert is_number_of_its_own("83920174", is_typed=True)
    assert not is_number_of_its_own("83920174", is_typed=False)
