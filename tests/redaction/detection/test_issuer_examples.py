"""Examples of tokens are made of their patterns."""

import random
import re

from otel_agent.redaction.detection.issuer_examples import near_misses, token_example
from otel_agent.redaction.detection.issuers import ISSUERS


def test_every_example_is_of_its_kind() -> None:
    """The whole of it matches the pattern it was made of; the same chance makes the same."""
    for issuer in ISSUERS:
        token = token_example(issuer, random.Random(1))

        assert re.fullmatch(issuer.pattern, token), issuer.name
        assert token == token_example(issuer, random.Random(1))


def test_no_near_miss_is_of_its_kind() -> None:
    """Three for each, and no pattern matches one."""
    for issuer in ISSUERS:
        misses = near_misses(issuer, random.Random(1))

        assert 3 == len(misses)
        assert not any(re.search(issuer.pattern, miss) for miss in misses), issuer.name
