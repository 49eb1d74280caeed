"""Tokens of issuers: each kind is found, and what nearly is one is left alone."""

import random
import re

import pytest

from otel_agent.redaction.detection.issuer_examples import near_misses, token_example
from otel_agent.redaction.detection.issuers import ISSUERS, Issuer
from otel_agent.redaction.detection.secret_formats import may_hold_secret
from otel_agent.redaction.redactor import Redactor

PLACES = ["{}", "using {} now", "https://h/x/{}/y", "'{}'", "({}),", '{{"note": "{}"}}', "a={}"]


@pytest.mark.parametrize("issuer", ISSUERS, ids=lambda issuer: issuer.name)
def test_a_token_is_found_by_its_form(issuer: Issuer) -> None:
    """Made of its pattern and put where people put tokens, it goes; the first look does not pass it by, whatever its digits."""
    chance = random.Random(issuer.name)
    redactor = Redactor()
    for _ in range(3):
        token = token_example(issuer, chance)
        assert issuer.anchor in token
        for place in PLACES:
            assert token[-12:] not in redactor.text(place.format(token)), (place, token)
        text = f"using {token} now"
        assert may_hold_secret(text)
        assert may_hold_secret(re.sub("[0-9]", "0", text))


@pytest.mark.parametrize("issuer", ISSUERS, ids=lambda issuer: issuer.name)
def test_what_is_nearly_a_token_stays(issuer: Issuer) -> None:
    """Cut short, with another beginning, with a sign inside that no token has."""
    chance = random.Random(issuer.name)
    redactor = Redactor()
    for text in near_misses(issuer, chance):
        assert f"using {text} now" == redactor.text(f"using {text} now")


def test_patterns_read_alike_in_python_and_in_go() -> None:
    """RE2 knows no look-around, no back-reference, nothing possessive or atomic, and its classes mean something else."""
    foreign = re.compile(r"\(\?(?!:)|\\[1-9wWdDsS]|[*+?}][+]|\(\?P")

    assert [] == [issuer.name for issuer in ISSUERS if foreign.search(issuer.pattern)]
    assert all(int(count) <= 1000 for issuer in ISSUERS for count in re.findall(r"\d+(?=,?\d*\})", issuer.pattern))


def test_names_can_stand_in_markers() -> None:
    """At least sixty kinds, each with a name of its own in small letters."""
    names = [issuer.name for issuer in ISSUERS]

    assert 60 <= len(names)
    assert len(names) == len(set(names))
    assert all(re.fullmatch("[a-z0-9 -]{1,40}", name) for name in names)
