"""Log messages are judged once, before their arguments; nothing gets through between the two."""

import logging
from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.resources import Resource
from secrets_to_plant import SECRETS

from otel_agent.logs.bridge import BridgeHandler
from otel_agent.redaction.detection.secret_names import SecretNames
from otel_agent.redaction.message_templates import MessageTemplates
from otel_agent.redaction.redactor import Redactor
from otel_agent.redaction.text_redactor import TextRedactor

INERT = [
    "order %s filled",
    "order %d filled at %.2f for %s",
    "%s",
    "size=%d price=%.2f",
    "100%% of %s",
    "(%s, %s)",
    "took %.1f%%",
]
NOT_INERT = [
    "password=%s",
    "token: %s",
    "%s=%s",
    "%s: %s",
    "Bearer %s",
    "basic %s",
    "postgres://%s:%s@db",
    "sk-%s",
    "%s-%s",
    "%s %s",
    "card 4539 %d",
    "--token %s",
    "%sx",
    "password=hunter2 %s",
    '"api_key": "%s"',
    "wallet=%s",
]


def templates(values: tuple[str, ...] = ()) -> MessageTemplates:
    """With the built-in rules."""
    keys = SecretNames()
    return MessageTemplates(keys, TextRedactor(keys, values))


@pytest.mark.parametrize("template", INERT)
def test_arguments_between_blanks_are_enough_to_look_at(template: str) -> None:
    """The usual message needs no second look."""
    assert templates().is_inert(template)


@pytest.mark.parametrize("template", NOT_INERT)
def test_templates_that_can_complete_a_secret_are_filled_first(template: str) -> None:
    """Names, schemes and neighbours that make a secret of a harmless argument."""
    assert not templates().is_inert(template)


def test_with_patterns_of_the_operators_every_text_is_filled_first() -> None:
    """Nobody knows where such a pattern begins."""
    assert not templates(("order A",)).is_inert("order %s")


def logged(message: str, *arguments: object) -> Any:
    """What the redactor makes of a log call."""
    sink = SimpleNamespace(items=deque(), limit=9)
    log = logging.Logger("x")  # noqa: LOG001 - one that no other test can reach
    log.addHandler(BridgeHandler(sink, Resource({})))
    log.info(message, *arguments)
    (record,) = Redactor().logs(list(sink.items))
    return record.body


def test_a_message_without_secrets_is_not_even_formatted() -> None:
    """Formatting is left to the encoder; the entry passes as it is."""
    sink = SimpleNamespace(items=deque(), limit=9)
    log = logging.Logger("x")  # noqa: LOG001 - one that no other test can reach
    log.addHandler(BridgeHandler(sink, Resource({})))
    log.info("order %s filled at %.2f", "A1", 3.5)
    items = list(sink.items)

    assert items is Redactor().logs(items)
    assert items[0].text is None


@pytest.mark.parametrize("template", [*INERT[:4], *NOT_INERT[:8], "[%s]", "'%s'", "kept %s, then"])
def test_no_argument_gets_through(template: str) -> None:
    """A secret in any argument of any template is taken out."""
    for text, parts in SECRETS.values():
        count = template.replace("%%", "").count("%")
        if "%d" in template or "%.2f" in template:
            continue
        body = logged(template, *[text] * count)

        assert [] == [part for part in parts if part in body]


def test_numbers_as_long_as_a_card_are_looked_at() -> None:
    """A card's number given as a number is one all the same."""
    assert "paid with [redacted: card number]" == logged("paid with %d", 4539148803436467)
    assert "order 17" == logged("order %d", 17)


@given(st.text(max_size=30), st.lists(st.text(max_size=10) | st.integers(), max_size=3))
def test_any_template_is_survived(template: str, arguments: list[Any]) -> None:
    """Whatever the template and the arguments, a body comes out."""
    assert isinstance(logged("x " + template, *arguments), str)
