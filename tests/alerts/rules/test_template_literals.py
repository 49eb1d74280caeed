"""Constants have the values Go gives them."""

import pytest

from otel_agent.alerts.rules.template_literals import character, number, quoted
from otel_agent.alerts.rules.template_tokens import TemplateSyntaxError


def test_constants_are_go_s() -> None:
    """Escapes of strings, characters as code points, and numbers of every base."""
    assert ('é\n"A', "\\d", 97, 10) == (
        quoted(r'"\xc3\xa9\n\"\u0041"'),
        quoted(r"`\d`"),
        character("'a'"),
        character(r"'\n'"),
    )
    assert [31, 8, 8, 3, 1000, -3, 0.5, 1000.0] == [
        number(text) for text in ("0x1F", "010", "0o10", "0b11", "1_000", "-3", ".5", "1e3")
    ]


@pytest.mark.parametrize("token", [r'"\q"', r'"\400"', r'"\ud800"', r"""'\"'""", "'ab'"])
def test_what_is_no_constant_is_refused(token: str) -> None:
    """Unknown escapes, what is no byte and no code point, and two characters in one."""
    with pytest.raises(TemplateSyntaxError):
        character(token) if token.startswith("'") else quoted(token)


@pytest.mark.parametrize("token", ["9223372036854775808", "0b12"])
def test_what_is_no_number_is_refused(token: str) -> None:
    """Whole numbers have 64 bits."""
    with pytest.raises(TemplateSyntaxError):
        number(token)
