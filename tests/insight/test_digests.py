"""Digests of values: equal for equal values, without running the agent's code."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest

from otel_agent.insight.digests import digest, parts_of


@dataclass
class Bond:
    coupon: float


class Slotted:
    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value


class Loud:
    def __hash__(self) -> int:
        raise RuntimeError

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("one", "other", "is_equal"),
    [
        (1, 1, True),
        (1, True, False),
        (-1, -2, False),
        (1.0, 1, False),
        ([1, 2], [1, 2], True),
        ([1], (1,), False),
        ([-1] * 20, [-2] * 20, False),
        ({"a": [1]}, {"a": [1]}, True),
        ({1, 2}, {2, 1}, True),
        (Bond(1.5), Bond(1.5), True),
        (Bond(1.5), Bond(2.5), False),
        (Slotted(1), Slotted(1), True),
        (Slotted(1), Slotted(2), False),
        (dt.date(2026, 1, 1), dt.date(2026, 1, 1), True),
        (list(range(3000)), list(range(3000)), True),
    ],
)
def test_equal_values_of_one_type_have_equal_digests(one: Any, other: Any, is_equal: bool) -> None:
    """And others do not."""
    assert is_equal == (digest(one) == digest(other))


@pytest.mark.parametrize(
    "value", [object(), iter([]), (each for each in [1]), "x" * (1 << 21), ValueError("a")], ids=type
)
def test_of_what_cannot_be_told_there_is_no_digest(value: Any) -> None:
    """Nothing is claimed of it."""
    assert digest(value) is None


def test_no_code_of_the_agents_is_run() -> None:
    """Neither hash, nor comparison, nor text."""
    assert digest(Loud()) == digest(Loud())


def test_parts_are_what_a_value_holds_but_for_what_says_nothing() -> None:
    """Small numbers, short texts and booleans are everywhere."""
    assert {digest(4711), digest("Bonn")} <= parts_of({"id": 4711, "town": "Bonn", "n": 3, "ok": True})
    assert digest(3) not in parts_of({"n": 3})
