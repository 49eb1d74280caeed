"""Names that stand beside their values without a sign between them."""

from otel_agent.redaction.detection.named_entries import entry_value, is_pair, is_pair_end, takes_element
from otel_agent.redaction.detection.secret_names import SecretNames


def test_an_entry_has_its_value_in_another_field() -> None:
    """JSON, YAML and XML; fields may stand between."""
    for text in (
        '{"name": "TOKEN", "value": "abc"}',
        '{"name": "TOKEN", "type": "x", "value": "abc"}',
        "- name: TOKEN\n  value: abc",
        '<add key="TOKEN" value="abc"/>',
    ):
        at = entry_value(text, text.index("TOKEN"), text.index("TOKEN") + 5)

        assert at is not None
        assert text[at:].lstrip('"').startswith("abc")


def test_a_name_alone_is_no_entry() -> None:
    """Without a field before it, or without a value behind it."""
    assert entry_value('{"x": "TOKEN", "value": "abc"}', 7, 12) is None
    assert entry_value('{"name": "TOKEN"}', 10, 15) is None


def test_a_pair_is_a_name_and_a_value_in_brackets() -> None:
    """Two names are a list of columns, not a pair."""
    names = SecretNames()
    text = "('x-api-key', 'a1b2c3')"
    columns = "['token', 'password']"

    assert is_pair(text, 2)
    assert is_pair_end(text, text.index("')"), names, text.index("a1b2"))
    assert not is_pair_end(columns, columns.index("']"), names, columns.index("password"))


def test_an_element_has_its_content_behind_its_tag() -> None:
    """Also with attributes and a prefix; a comparison is no element."""
    assert 10 == takes_element("<password>abc</password>", 1, 9)
    assert 19 == takes_element('<password type="x">abc', 1, 9)
    assert takes_element("if token > 3", 3, 8) is None
