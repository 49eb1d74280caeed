"""What is known of calls beyond their spans."""

from otel_agent.insight import call_notes
from otel_agent.insight.call_notes import CallNote, CallNotes


def test_a_note_is_taken_once() -> None:
    """By the span it is about."""
    notes = CallNotes()
    notes.put(1, CallNote(place="a.py:1"))

    assert [CallNote(place="a.py:1"), None] == [notes.take(1), notes.take(1)]


def test_notes_whose_spans_do_not_come_are_forgotten() -> None:
    """There is a bound."""
    notes = CallNotes()
    for number in range(call_notes.MOST + 1):
        notes.put(number, CallNote())

    assert notes.take(0) is None
    assert notes.take(call_notes.MOST) is not None
