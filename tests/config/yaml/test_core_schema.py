"""Scalars without quotes have the types of YAML 1.2."""

import pytest

from otel_agent.config.nodes import Place
from otel_agent.config.problems import Problems
from otel_agent.config.yaml.core_schema import resolved
from otel_agent.config.yaml.reader import read_document


def test_scalars_have_the_types_of_yaml_1_2() -> None:
    """`no`, `on` and `1:30` are strings; numbers and true are what they look like; quotes make a string."""
    text = "a: no\nb: on\nc: 1:30\nd: true\ne: ~\nf: 8080\ng: 1.5\nh: '8080'\ni: 0xff\nj: 2026-11-25\nk: 1_000"
    document = read_document(text, Place("f.yaml", "/"), Problems())

    assert document is not None
    assert {
        "a": "no",
        "b": "on",
        "c": "1:30",
        "d": True,
        "e": None,
        "f": 8080,
        "g": 1.5,
        "h": "8080",
        "i": 255,
        "j": "2026-11-25",
        "k": "1_000",
    } == document.plain()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("True", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("-0", 0),
        ("+3", 3),
        ("0o17", 15),
        (".5", 0.5),
        ("1e3", 1000.0),
    ],
)
def test_words_and_numbers_of_the_core_schema(text: str, value: object) -> None:
    """As the YAML 1.2 specification lists them."""
    assert (value, type(value)) == (resolved(text), type(resolved(text)))
