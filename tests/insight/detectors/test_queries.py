"""Queries that are sent again and again, each fault beside what looks like it."""

import sys
from collections.abc import Callable, Sequence

import pytest

from otel_agent.insight.detectors.queries import is_page, repeated_queries
from otel_agent.insight.pieces import Call, PieceOfWork

SOURCE = "select id from team where id < ?"
EACH = "select name from member where team_id = ?"
MS = 1_000_000


def piece(texts: Sequence[str], each_ms: int = 4, rest_ms: int = 0, *, level: int = 0) -> PieceOfWork:
    calls = []
    for number, text in enumerate(texts):
        operation = text.split()[0].upper()
        is_helped = bool(level) and text == EACH
        calls.append(
            Call(
                "query",
                f"{operation} t",
                1,
                number + 1,
                99,
                number * each_ms * MS,
                (number + 1) * each_ms * MS,
                text=text,
                table=next((word for word in ("member", "team") if word in text), ""),
                operation=operation,
                is_write=operation != "SELECT",
                place="teams.py:41",
                helper="load" if is_helped else "",
                level=level if is_helped else 0,
            )
        )
    return PieceOfWork("page", 1, 0, (len(texts) * each_ms + rest_ms) * MS, calls)


def rules(found: PieceOfWork) -> list[str]:
    return [sighting.rule for sighting, _ in repeated_queries(found)]


def test_a_query_for_each_row_of_another_one_is_found() -> None:
    """It saves all but one of them."""
    ((sighting, spans),) = repeated_queries(piece([SOURCE, *[EACH] * 12]))

    assert ("n_plus_one", "teams.py:41", 12) == (sighting.rule, sighting.place, sighting.evidence["queries"])
    assert pytest.approx(0.044) == sighting.saved_s
    assert frozenset(range(2, 14)) == spans


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([SOURCE, *[EACH] * 5], ["n_plus_one"]),
        ([SOURCE, *[EACH, "select a from b where id = ?"] * 6], ["n_plus_one", "n_plus_one"]),
        ([*[EACH] * 10], ["repeated_query"]),
        ([*["insert into member values (?)"] * 12], ["repeated_query"]),
        ([SOURCE, *[EACH] * 4], []),
        ([*[EACH] * 9], []),
        ([SOURCE, "select name from member where team_id in (?, ?)"], []),
        (["select count(*) from member", *["select name from member order by id limit ? offset ?"] * 12], []),
        ([SOURCE, *["select name from member where id > ? order by id limit ?"] * 12], []),
        ([SOURCE, *[EACH, "update member set name = ? where id = ?"] * 7], []),
        ([SOURCE, *["insert into member values (?)"] * 9], []),
    ],
)
def test_what_is_a_pattern_and_what_is_none(texts: list[str], expected: list[str]) -> None:
    """Few, pages, batches, and reading what has just been written are none."""
    assert expected == rules(piece(texts))


def test_queries_of_a_helper_count_below_the_query_they_come_from() -> None:
    """A function that sends one query, called again and again without one, is none."""
    assert ["n_plus_one"] == rules(piece([SOURCE, *[EACH] * 8], level=1))
    assert [] == rules(piece([EACH] * 20, level=1))


def test_what_takes_no_time_does_not_matter() -> None:
    """Neither 50 ms nor a fifth of the whole."""
    assert [] == rules(piece([SOURCE, *[EACH] * 6], each_ms=1, rest_ms=1000))


def walk(ask: Callable[[object], object]) -> None:
    at: object = 1
    for _number in range(2):
        at = ask(at)


def test_queries_of_which_each_decides_the_next_are_no_pattern() -> None:
    """As when a list is walked along; told by the code of the loop that one of them was sent from."""
    frames = []

    def ask(_: object) -> object:
        frame = sys._getframe(1)
        frames.append((frame.f_code, frame.f_lasti, id(frame)))
        return 2

    walk(ask)
    found = piece([SOURCE, *[EACH] * 12])
    found.calls[3].callers = tuple(frames[:1])

    assert [] == rules(found)


def test_queries_at_the_same_time_are_no_loop() -> None:
    """They overlap."""
    found = piece([SOURCE, *[EACH] * 12])
    for call in found.calls[1:]:
        call.start_ns, call.end_ns = 4 * MS, 30 * MS

    assert [] == rules(found)


def test_pages_are_known_by_their_text() -> None:
    """What asks for one row of many by its key is none."""
    assert is_page("select a from t order by id limit ? offset ?")
    assert not is_page("select a from t where id = ? limit ? offset ?")
