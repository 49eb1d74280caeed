"""Names with values inside a text."""

import pytest

from otel_agent.redaction.detection.key_value_pairs import code_before, find_pairs
from otel_agent.redaction.detection.secret_names import SecretNames
from otel_agent.redaction.detection.work_allowance import TextWork
from otel_agent.redaction.redactor import Redactor


def test_code_in_a_stack_trace_stays_readable(redactor: Redactor) -> None:
    """A traceback shows source lines; names in them are kept, literals and the message are not."""
    stack = """Traceback (most recent call last):
  File "trader/broker.py", line 3, in connect
    client = Client(token=read_token(), password="hunter2", api_key=key)
  File "trader/client.py", line 9, in __init__
    raise ValueError(f"wrong password={password}")
  File "trader/client.py", line 12, in check
    raise ValueError("it's token=hunter2 or 'password=hunter2'", secret=secret)
ValueError: wrong password=hunter2
"""
    cleaned = redactor.text(stack)

    assert "token=read_token()" in cleaned
    assert "api_key=key)" in cleaned
    assert "wrong password={password}" in cleaned
    assert "secret=secret)" in cleaned
    assert "hunter2" not in cleaned


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("password=hunter2", ["hunter2"]),
        ("{'token': 'abc', \"api_key\": \"def\"}", ["abc", "def"]),
        ("--api-key Pq4Rs7Tu --paper", ["Pq4Rs7Tu"]),
        ("Authorization: Bearer abc\nHost: x", ["Bearer abc"]),
        ("<password>a b</password>", ["a b"]),
        ("invalid token: unexpected end", []),
        ("password=None token='' secret=${SECRET}", []),
        ("author=Bob session_count=3", []),
    ],
)
def test_only_the_value_of_a_secret_name_is_found(text: str, found: list[str]) -> None:
    """Names stay; placeholders and prose are not values."""
    assert found == [text[start:end] for start, end, _ in sorted(find_pairs(text, SecretNames(), TextWork(512)))]


def test_code_before_a_position_is_that_of_a_traceback_only() -> None:
    """A line of source under a `File` line has some; a line of prose that is indented has none."""
    stack = 'Traceback\n  File "a.py", line 3, in f\n    client = Client(token=read())\n'
    prose = "kept:\n    token=abc\n"

    assert "    client = Client(" == code_before(stack, stack.index("token"))
    assert code_before(prose, prose.index("token")) is None
