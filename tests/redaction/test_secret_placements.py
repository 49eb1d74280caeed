"""Secrets in realistic places: none is left, wherever it stands and however it is written."""

import pytest
from secret_fuzzing import leaks
from secret_placements import ATTRIBUTES, TEXTS, all_planted
from secret_shapes import SHAPED, all_shaped

from otel_agent.redaction.redactor import Redactor

PLANTED = list(all_planted(13))


@pytest.mark.parametrize(("template", "given", "secrets"), PLANTED, ids=[repr(row[0])[:60] for row in PLANTED])
def test_no_secret_is_left_in_a_realistic_place(template: object, given: object, secrets: list[str]) -> None:
    """Texts and attributes as programs and people write them; the secret goes, whatever surrounds it."""
    redactor = Redactor()
    cleaned = redactor.text(given) if isinstance(given, str) else redactor.mapping(given)  # type: ignore[arg-type] # attributes are dictionaries

    assert secrets, template
    assert [] == [secret for secret in secrets if secret in repr(cleaned)]
    assert "[redacted: " in repr(cleaned)


@pytest.mark.parametrize("seed", range(4))
def test_no_secret_is_left_where_it_has_a_shape(seed: int) -> None:
    """Commands, exceptions, settings, addresses and dumps of objects, with keys, hashes, web tokens and passwords in them."""
    redactor = Redactor()
    cleaned = [(template, redactor.text(text), secrets) for template, text, secrets in all_shaped(seed)]

    assert 500 <= len(SHAPED)
    assert [] == [(template, text) for template, text, secrets in cleaned if any(secret in text for secret in secrets)]


def test_there_are_many_places() -> None:
    """At least a hundred and fifty, no two alike."""
    assert 150 <= len({repr(template) for template in (*TEXTS, *ATTRIBUTES)})


def test_no_secret_is_left_in_any_encoding() -> None:
    """Places put into JSON, reprs, addresses, HTML, and one into another, in the middle of other texts."""
    assert [] == leaks(1_000, seed=7)


@pytest.mark.slow
def test_twenty_thousand_tries_find_no_leak() -> None:
    """The same with as many tries as the page of the documentation names."""
    assert [] == leaks(20_000, seed=2026)
