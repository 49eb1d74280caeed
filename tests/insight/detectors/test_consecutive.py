"""Calls that wait for each other and need not."""

import dis
from typing import Any

import pytest

from otel_agent.insight.detectors.consecutive import consecutive_calls, is_writing_name
from otel_agent.insight.pieces import Call, PieceOfWork

MS = 1_000_000


def page(town: str, ask: Any) -> object:
    first = ask(town)
    second = ask(town)
    return first, second, ask(first)


OFFSETS = [each.offset for each in dis.get_instructions(page.__code__) if each.opname == "CALL"]


def piece(*chosen: int, each_ms: int = 120, **more: Any) -> PieceOfWork:
    calls = [
        Call(
            "client",
            f"c{number}",
            1,
            number + 1,
            99,
            number * each_ms * MS,
            (number + 1) * each_ms * MS,
            frames=((page.__code__, OFFSETS[choice], 7),),
            **more,
        )
        for number, choice in enumerate(chosen)
    ]
    return PieceOfWork("page", 1, 0, len(chosen) * each_ms * MS, calls)


def test_two_calls_that_take_nothing_of_each_other_are_found() -> None:
    """All but the longest could be saved."""
    ((sighting, _),) = consecutive_calls(piece(0, 1), set())

    assert "consecutive_calls" == sighting.rule
    assert pytest.approx(0.12) == sighting.saved_s
    assert sighting.place.endswith(f"test_consecutive.py:{page.__code__.co_firstlineno + 1}")


@pytest.mark.parametrize(
    "found",
    [
        piece(0, 2),
        piece(0, 1, each_ms=20),
        piece(0, 1, each_ms=60),
        piece(0, 1, is_write=True),
        piece(0, 1, is_error=True),
    ],
    ids=["one takes the other's", "short", "too little to win", "writes", "failed"],
)
def test_what_has_to_stay_is_left(found: PieceOfWork) -> None:
    """Each for a reason of its own."""
    assert [] == consecutive_calls(found, set())


def test_calls_at_the_same_time_are_no_sequence() -> None:
    """They overlap already."""
    found = piece(0, 1)
    found.calls[1].start_ns = 1 * MS

    assert [] == consecutive_calls(found, set())


def test_a_value_that_came_out_and_goes_in_is_a_dependence() -> None:
    """But not one that had gone in before."""
    found = piece(0, 1)
    found.calls[0].results = found.calls[1].arguments = frozenset((5,))
    dependent = consecutive_calls(found, set())
    found.calls[0].arguments = frozenset((5,))

    assert [] == dependent
    assert 1 == len(consecutive_calls(found, set()))


def test_names_say_what_writes() -> None:
    """By their first words."""
    names = ("create_order", "desk.placeOrder", "get_orders", "weather")

    assert [True, True, False, False] == [is_writing_name(name) for name in names]


def test_the_same_query_again_is_another_matter() -> None:
    """One that is slow, or sent for each row."""
    found = piece(0, 1, text="select a from b where c = ?")
    for call in found.calls:
        call.kind = "query"

    assert [] == consecutive_calls(found, set())
