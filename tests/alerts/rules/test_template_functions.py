"""Functions of templates give what Go's give, for every kind of value."""

import pytest

from otel_agent.alerts.rules.template_functions import FUNCTIONS, text_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (1e6, "1e+06"),
        (3, "3"),
        ("a", "a"),
        ({"b": "2", "a": 1.5}, "map[a:1.5 b:2]"),
        (None, "None"),
    ],
)
def test_values_are_printed_as_go_prints_them(value: object, text: str) -> None:
    """Booleans, numbers and maps have Go's form, maps in order of their keys."""
    assert text == text_of(value)


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("printf", ("%5.1f|%-4s|%q|%%", 3.14159, "a", 'x"y'), '  3.1|a   |"x\\"y"|%'),
        ("printf", ("%d", 2.0), "%!d(float64=2)"),
        ("printf", ("%d and %s", 2), "2 and %!s(MISSING)"),
        ("printf", ("%t", 1), "true"),
        ("and", (1, 0, 2), 0),
        ("or", (0, "", "a"), "a"),
        ("eq", (1, 2, 1), True),
        ("not", ("",), True),
        ("index", ({"a": "b"}, "c"), ""),
        ("len", ("abc",), 3),
        ("match", ("^w.b", "web"), True),
        ("reReplaceAll", ("(w)eb", "${1}ww", "web-1"), "www-1"),
        ("stripPort", ("host:80",), "host"),
        ("stripDomain", ("host.example.com:80",), "host:80"),
        ("title", ("don't stop",), "Don't Stop"),
        ("parseDuration", ("1h30m",), 5400.0),
        ("print", ("a", 1.0, True), "a1true"),
        ("humanizePercentage", ("0.5",), "50%"),
        ("humanize", (True,), "NaN"),
    ],
)
def test_functions_have_go_s_answers(name: str, arguments: tuple[object, ...], expected: object) -> None:
    """Each function, with the arguments rules give it."""
    assert expected == FUNCTIONS[name](*arguments)
