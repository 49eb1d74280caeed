"""Secrets with something between them and their names."""

import pytest

from otel_agent.redaction.detection.distant_secrets import find_distant_secrets
from otel_agent.redaction.detection.secret_names import SecretNames
from otel_agent.redaction.detection.work_allowance import CUT, TextWork


def found(text: str, units: int = 512) -> list[str]:
    """What is found in a text."""
    spans = find_distant_secrets(text, text.lower(), SecretNames(), TextWork(units))
    return [text[start:end] if name != CUT else CUT for start, end, name in spans]


@pytest.mark.parametrize(
    "text",
    [
        "1 validation error for S\npassword\n  Input should be a number [type=x, input_value='Hx7pW9qL', input_type=str]",
        "{'type': 'x', 'loc': ('body', 'password'), 'msg': 'm', 'input': 'Hx7pW9qL'}", "On instance['password']:\n    'Hx7pW9qL'",
        'form-data; name="api_key"\r\nContent-Type: text/plain\r\n\r\nHx7pW9qL\r\n', "form-data; name=password; value=Hx7pW9qL",
        '<input value="Hx7pW9qL" type="text" name="password">', '{"name":"password","type":"string","value":"Hx7pW9qL"}', "config.set('db', 'password', 'Hx7pW9qL')",
        "keyring.set_password('a', 'me', 'Hx7pW9qL')", "with credentials ('bob', 'Hx7pW9qL')", "creds: bob / Hx7pW9qL", "api_key IN ('Hx7pW9qL')",
        "Duplicate entry 'Hx7pW9qL' for key 'u.api_key'", "INSERT INTO u (name, password) VALUES ('bob', 'Hx7pW9qL')",
        "insert into u (password, n) values (crypt('Hx7pW9qL'), 3), (?, 4)",
    ],
)  # fmt: skip
def test_what_stands_apart_is_found(text: str) -> None:
    """In errors of validators, forms, audits, arguments and statements."""
    assert ["Hx7pW9qL"] == found(text)


def test_what_a_field_was_and_what_it_has_become_are_found() -> None:
    """Both values of an entry of an audit."""
    assert ["Hx7pW9qL", "b8Kq2Zt5"] == found('{"field": "password", "old": "Hx7pW9qL", "new": "b8Kq2Zt5"}')


@pytest.mark.parametrize(
    "text",
    [
        "1 validation error for Order\nsymbol\n  Input should be a number [type=x, input_value='ACME1', input_type=str]", "INSERT INTO u (name, password) VALUES (?, ?)",
        "INSERT INTO u (name, password) VALUES ('bob', :password)", "INSERT INTO t (tokens, model) VALUES (31, 'gpt-4o')", "token IN ('USDC', 'WETH')",
        "Duplicate entry 'bob@example.com' for key 'u.email'", '{"field": "price", "old": "1.5", "new": "1.6"}', "parser.add_argument('--token', help='API token')",
    ],
)  # fmt: skip
def test_values_of_other_names_are_not(text: str) -> None:
    """By the same rules for names as everywhere."""
    assert [] == found(text)


@pytest.mark.parametrize("text", ["api_key IN ('Hx7pW9qL')", "INSERT INTO u (password) VALUES ('Hx7pW9qL')"])
def test_work_that_is_used_up_cuts_the_text(text: str) -> None:
    """What is not looked at does not leave."""
    assert [CUT] == found(text, units=1)
