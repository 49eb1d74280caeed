"""What only looks like a secret arrives as it is, its type included."""

from typing import Any

import pytest
from secret_look_alikes import ATTRIBUTES, TEXTS

from otel_agent.redaction.redactor import Redactor


@pytest.mark.parametrize("attributes", ATTRIBUTES, ids=repr)
def test_attributes_that_look_alike_stay(attributes: dict[str, Any]) -> None:
    """Counts, ids, references, switches and kinds: equal, of the same type, and the same object."""
    kept = Redactor().mapping(attributes)

    assert repr(attributes) == repr(kept)
    assert all(value is attributes[key] for key, value in kept.items())


@pytest.mark.parametrize("text", TEXTS)
def test_texts_that_look_alike_stay(text: str) -> None:
    """Prose, messages of validators, verdicts of tests, statements with placeholders, order ids."""
    assert text is Redactor().text(text)


def test_there_are_two_hundred_look_alikes() -> None:
    """As many as the page of the documentation names."""
    assert 200 <= len(ATTRIBUTES) + len(TEXTS)
