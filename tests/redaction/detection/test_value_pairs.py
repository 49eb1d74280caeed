"""Names beside values in nested values."""

from otel_agent.redaction.detection.secret_names import SecretNames
from otel_agent.redaction.detection.value_pairs import entry_name, is_list_of_pairs, is_lone_pair, pair_name


def test_headers_are_lists_of_pairs() -> None:
    """Each item has a name and a value; a list of names is none."""
    assert is_list_of_pairs([("a", "b"), (b"c", b"d")])
    assert not is_list_of_pairs(["a", "b"])
    assert not is_list_of_pairs([("a", "b", "c")])
    assert "x-api-key" == pair_name(b"x-api-key")


def test_one_pair_is_known_by_its_value() -> None:
    """What follows a secret's name is a secret only when it looks like one."""
    names = SecretNames()

    assert is_lone_pair(["x-api-key", "a1b2c3d4"], names)
    assert not is_lone_pair(["password", "email"], names)
    assert not is_lone_pair(["password", "api_key"], names)


def test_an_entry_names_its_value() -> None:
    """In any order of its fields."""
    assert "API_TOKEN" == entry_name({"value": "x", "name": "API_TOKEN"})
    assert "" == entry_name({"name": "API_TOKEN"})
