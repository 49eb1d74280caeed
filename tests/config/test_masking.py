"""What may be shown of a value."""

from typing import Any

import pytest

from otel_agent.config.kinds import HeaderValue, ReceiverUrl, Secret
from otel_agent.config.masking import is_secret_kind, is_secret_name, masked, masked_url, referenced_secrets
from otel_agent.config.nodes import ConfigNode, Place
from otel_agent.config.sections.notifications import NotifierSettings, WebhookSettings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://a:1/b", "http://a:1/b"),
        ("http://user:pass@a/b?token=c&d=e#f", "http://***@a/b?token=***&d=***#f"),
        ("user:pass@a", "***@a"),
        ("a", "a"),
    ],
)
def test_an_address_loses_its_credentials(text: str, expected: str) -> None:
    """What stands before the @, and the values of its query."""
    assert expected == masked_url(text)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Secret, "a", "***"),
        (Secret | None, None, None),
        (dict[str, HeaderValue], {"a": "b"}, {"a": "***"}),
        (dict[str, str], {"api_key": "b", "c": "d"}, {"api_key": "***", "c": "d"}),
        (ReceiverUrl, "https://hooks.test/a/b", "https://hooks.test/***"),
        (tuple[ReceiverUrl, ...], ("slack://a/b", "a/b"), ["slack://***", "***"]),
        (str, "a s3cret b", "a *** b"),
        (int, 5, 5),
    ],
)
def test_a_value_is_masked_as_its_kind_asks(kind: Any, value: Any, expected: Any) -> None:
    """Secrets whole, addresses of receivers but for their host, and secrets from files wherever they stand."""
    assert expected == masked(kind, value, ["s3cret"])


def test_a_choice_shows_what_was_chosen() -> None:
    """Settings by key, secrets masked; nothing of what was not chosen."""
    notifier = NotifierSettings(webhook=WebhookSettings(url="https://a.test/x", secret="b", headers={"c": "d"}))

    assert {
        "webhook": {
            "url": "https://a.test/***",
            "secret": "***",
            "headers": {"c": "***"},
            "timeout": 5.0,
            "allow_private": False,
        }
    } == masked(NotifierSettings, notifier)
    assert "x" not in repr(notifier).replace("Exception", "").split("https://a.test/")[1]


def test_names_that_sound_like_secrets() -> None:
    """Upper and lower case are the same."""
    names = ("API_KEY", "password", "X-Token", "interval_s", "name")

    assert [True, True, True, False, False] == [is_secret_name(name) for name in names]


def test_what_is_given_for_a_secret_is_never_repeated() -> None:
    """Neither for the kind itself nor for what holds some, as a webhook that may be its URL alone."""
    kinds: tuple[Any, ...] = (Secret, ReceiverUrl, tuple[ReceiverUrl, ...], dict[str, Secret], WebhookSettings, str)

    assert [True, True, True, True, True, False] == [is_secret_kind(kind) for kind in kinds]


def test_what_came_out_of_a_file_is_a_secret() -> None:
    """And what came out of a variable that sounds like one."""
    place = Place("f", "/")
    references = ("${file:a}", "${API_TOKEN}", "${HOST}", None)
    nodes = [ConfigNode(str(number), place, reference=one) for number, one in enumerate(references)]

    assert {"0", "1"} == referenced_secrets(ConfigNode({"a": ConfigNode(nodes, place)}, place))
