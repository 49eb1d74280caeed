"""Passwords in statements and messages of databases."""

import pytest

from otel_agent.redaction.detection.secret_names import SecretNames
from otel_agent.redaction.detection.statement_secrets import find_statement_secrets
from otel_agent.redaction.detection.work_allowance import CUT, TextWork


def found(text: str, units: int = 1024) -> list[str]:
    """What is found in a text; the rule's name instead when the rest was cut."""
    return [
        name if name == CUT else text[start:end]
        for start, end, name in find_statement_secrets(text, text.lower(), SecretNames(), TextWork(units))
    ]


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("ALTER ROLE a PASSWORD 'x1y2'", ["x1y2"]),
        ("SET PASSWORD FOR 'a'@'%' = 'x1y2'", ["x1y2"]),
        ("CREATE USER a IDENTIFIED BY x1y2", ["x1y2"]),
        ('ALTER USER a IDENTIFIED BY "x1y2" REPLACE "z3"', ["x1y2", "z3"]),
        ("Key (api_key)=(x)1y2) already exists", ["x)1y2"]),
        ("Key (id)=(17) already exists", []),
        ("PASSWORD '?' PASSWORD '***'", []),
        ("SELECT password FROM users", []),
    ],
)
def test_the_literal_behind_a_password_goes(text: str, secrets: list[str]) -> None:
    """In every dialect; columns that are no secret's and placeholders stay."""
    assert secrets == found(text)


def test_what_is_beyond_the_work_is_cut() -> None:
    """A text of nothing but statements is given up where it has cost enough."""
    assert CUT == found("PASSWORD 'x1y2' " * 20, units=60)[-1]
