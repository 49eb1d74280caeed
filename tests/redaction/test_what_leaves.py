"""The figures of the page on what leaves are what is measured here."""

import random
from pathlib import Path

import pytest
from secret_fuzzing import leaks
from secret_look_alikes import ATTRIBUTES, TEXTS
from secret_placements import all_planted
from secret_shapes import all_shaped

from otel_agent.redaction.detection.issuer_examples import token_example
from otel_agent.redaction.detection.issuers import ISSUERS
from otel_agent.redaction.redactor import Redactor

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "what-leaves.md"


def test_the_page_says_how_many_places_are_held() -> None:
    """Every planted secret of every place, and each place counts once."""
    redactor = Redactor()
    held = total = 0
    for _, given, secrets in (*all_planted(29), *all_shaped(29)):
        cleaned = repr(redactor.text(given) if isinstance(given, str) else redactor.mapping(given))
        total += 1
        held += not any(secret in cleaned for secret in secrets)

    assert f"| realistic places whose secrets are held | {held} of {total} |" in PAGE.read_text()
    assert held == total


def test_the_page_says_how_many_kinds_of_tokens_are_held() -> None:
    """One example of each kind, in the middle of a sentence."""
    redactor, chance = Redactor(), random.Random(29)
    tokens = [token_example(issuer, chance) for issuer in ISSUERS]
    held = sum(token[-12:] not in redactor.text(f"using {token} now") for token in tokens)

    assert f"| kinds of tokens that are held | {held} of {len(ISSUERS)} |" in PAGE.read_text()
    assert held == len(ISSUERS)


def test_the_page_says_how_many_look_alikes_are_changed() -> None:
    """Their values and the types of their values."""
    redactor = Redactor()
    changed = sum(repr(redactor.mapping(attributes)) != repr(attributes) for attributes in ATTRIBUTES)
    changed += sum(redactor.text(text) != text for text in TEXTS)

    assert f"| look-alikes that are changed | {changed} of {len(ATTRIBUTES) + len(TEXTS)} |" in PAGE.read_text()
    assert 0 == changed


def test_the_page_says_how_many_order_ids_are_taken_for_cards() -> None:
    """Random numbers of sixteen digits, in sentences, fields and attributes."""
    redactor, chance = Redactor(), random.Random(29)
    ids = [str(chance.randrange(10**15, 10**16)) for _ in range(20_000)]
    changed = sum(redactor.text(text) != text for text in (f"order {number} filled" for number in ids))
    changed += sum(redactor.mapping({"order_id": number}) != {"order_id": number} for number in ids[:1_000])

    assert f"| random order ids taken for cards | {changed} of 20,000 |" in PAGE.read_text()
    assert 0 == changed


@pytest.mark.slow
def test_the_page_says_what_a_fuzzer_finds() -> None:
    """Places in encodings in surroundings, each drawn at random."""
    found = len(leaks(20_000, seed=29))

    assert f"| tries of a fuzzer that find a leak | {found} of 20,000 |" in PAGE.read_text()
    assert 0 == found
