"""Whether a value beside a secret's name is a secret."""

import pytest

from otel_agent.redaction.detection.pair_values import PairValue
from otel_agent.redaction.detection.secret_names import SecretNames
from otel_agent.redaction.detection.secret_values import NamedSecret, is_secret_value


@pytest.mark.parametrize(
    ("name", "value", "is_prose", "is_secret"),
    [
        ("password", "hunter2", False, True),
        ("password", "hunter", True, True),
        ("password", "required", True, False),
        ("token", "refreshed", True, False),
        ("token", "a1b2c3", True, True),
        ("password", "31", False, False),
        ("password", "83920174", False, True),
        ("token", "83920174", False, False),
        ("otp", "839201", False, True),
        ("card_number", "5454545454545454", False, True),
        ("signature", "c0ffee8b1a9953c4611296a8", False, True),
        ("signature", "def", False, False),
        ("secret", "${SECRET}", False, False),
    ],
)
def test_the_value_tells_where_the_name_does_not(name: str, value: str, is_prose: bool, is_secret: bool) -> None:
    """Prose, numbers and placeholders are none."""
    names = SecretNames()
    named = NamedSecret(names.rule(name), is_prose=is_prose)

    assert is_secret is is_secret_value(value, PairValue(0, len(value), "bare"), named, names)
