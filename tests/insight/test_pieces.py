"""Calls gathered until the span above them ends."""

import sys

from otel_agent.insight.pieces import MOST_CALLS, MOST_PIECES, Call, Gathering, PieceOfWork, common_frame


def query(span_id: int, parent_id: int, text: str = "select 1") -> Call:
    return Call("query", "SELECT t", 1, span_id, parent_id, span_id * 10, span_id * 10 + 5, text=text)


def gathering() -> tuple[Gathering, list[PieceOfWork]]:
    pieces: list[PieceOfWork] = []

    def judge(piece: PieceOfWork) -> set[int]:
        pieces.append(piece)
        return {call.span_id for call in piece.calls if call.text == "dealt with"}

    return Gathering(judge), pieces


def test_a_piece_is_judged_when_its_span_ends() -> None:
    """With its calls in the order in which they began."""
    gathered, pieces = gathering()
    for span_id in (3, 2):
        gathered.add(query(span_id, 9))
    gathered.end(9, 0, "work", 0, 100)

    assert [("work", [2, 3])] == [(piece.name, [call.span_id for call in piece.calls]) for piece in pieces]
    assert {} == gathered.open


def test_queries_of_a_helper_are_handed_on() -> None:
    """Unless they have been dealt with."""
    gathered, pieces = gathering()
    gathered.add(query(1, 8))
    gathered.add(query(2, 8, "dealt with"))
    gathered.end(8, 9, "helper", 0, 50)
    gathered.end(9, 0, "work", 0, 100)

    assert [(1, "helper", 1)] == [(call.span_id, call.helper, call.level) for call in pieces[1].calls]


def test_what_waits_is_bounded() -> None:
    """Pieces, and calls of one piece, which is judged without waiting for its end."""
    gathered, pieces = gathering()
    for number in range(MOST_PIECES + 5):
        gathered.add(query(1, number + 1))
    for number in range(MOST_CALLS):
        gathered.add(query(number, 10_000))

    assert len(gathered.open) <= MOST_PIECES
    assert [(MOST_CALLS, False)] == [(len(piece.calls), piece.is_whole) for piece in pieces]


def test_the_common_frame_is_the_innermost_function_of_both() -> None:
    """The same call of it, at two places."""
    frame = sys._getframe()
    code = frame.f_code
    first, second = query(1, 9), query(2, 9)
    first.frames, second.frames = ((code, 10, 1), (code, 4, 7)), ((code, 20, 1), (code, 4, 7))

    assert (code, 10, 20) == common_frame(first, second)
    assert common_frame(first, query(3, 9)) is None
