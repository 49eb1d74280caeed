"""How kinds and values are called in messages."""

from typing import Any, Literal

import pytest

from otel_agent.config.kinds import Count, HeaderName, Name, Port, ReceiverUrl, Seconds, Share, WrittenPath
from otel_agent.config.nodes import ConfigNode, Place
from otel_agent.config.sections.logs import LogFileSettings
from otel_agent.config.sections.notifications import LogNotifierSettings, ReceiverUrls, SomeLabels, WebhookSettings
from otel_agent.config.wording import expected, found, nearest, shown_reference, unknown_key

PLACE = Place("f", "/")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Port | None, "a whole number from 0 to 65535, or off"),
        (Count, "a whole number of at least 1"),
        (Seconds, "a number above 0"),
        (Name, "a string that is not empty"),
        (HeaderName, "the name of a header"),
        (WrittenPath, "a path"),
        (ReceiverUrl, "an address"),
        (bool | tuple[str, ...], "a boolean (true or false) or a list, each a string"),
        (Literal["a", "b"], "one of a, b"),
        (ReceiverUrls, "a list of at least one, each an address"),
        (SomeLabels, "a mapping of at least one, each value a string"),
        (dict[str, Share], "a mapping, each value a number from 0 to 1"),
        (LogFileSettings, "keys such as path, max_bytes, backups"),
        (WebhookSettings, "an address, or keys such as url, secret, headers"),
        (LogNotifierSettings, "an empty mapping"),
    ],
)
def test_a_kind_in_the_words_users_search_for(kind: Any, words: str) -> None:
    """String, number, boolean, list, mapping, with their bounds."""
    assert words == expected(kind)


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (ConfigNode({}, PLACE), "an empty mapping"),
        (ConfigNode([ConfigNode(1, PLACE)], PLACE), "a list"),
        (ConfigNode(None, PLACE), "nothing"),
        (ConfigNode("5", PLACE), "'5'"),
        (ConfigNode(5, PLACE, text="5"), "5"),
        (ConfigNode(5, PLACE, reference="${A:-s3cret}"), "the value of ${A:-…}"),
        (ConfigNode("http://u:s3cret@a", PLACE, text="http://u:s3cret@a"), "http://***@a"),
        (ConfigNode("x" * 100, PLACE, text="x" * 100), "x" * 59 + "…"),
        (ConfigNode(10**100, PLACE), "a number beyond all bounds"),
        (ConfigNode(object, PLACE), "a type"),
    ],
)
def test_what_was_found_is_shown_without_secrets(node: ConfigNode, words: str) -> None:
    """As it was written, shortened."""
    assert words == found(node)


def test_of_a_secret_only_the_type_is_told() -> None:
    """Whatever it is."""
    assert "a string" == found(ConfigNode("s3cret", PLACE), secret=True)


def test_the_nearest_name_is_found() -> None:
    """Hyphens and upper case do not count; what is like nothing has none."""
    assert "max_bytes" == nearest("Max-Byte", ["max_bytes", "level"])
    assert None is nearest("zzz", ["max_bytes", "level"])
    assert None is nearest("x" * 100, ["x" * 99])


def test_what_is_said_of_an_unknown_key() -> None:
    """The nearest one, else all there are."""
    assert "unknown key, did you mean above?" == unknown_key("above", ["above", "below"])
    assert "unknown key; known are above, below" == unknown_key(None, ["above", "below"])
    assert "unknown key; there are none here" == unknown_key(None, [])


def test_the_default_of_a_reference_is_not_shown() -> None:
    """It may be a secret."""
    assert "a${B:-…}c" == shown_reference("a${B:-s3cret}c")
