"""The lists that calls of one function append to have a bound."""

from recording_rig import light_span

from otel_agent.recording.durations import FULL, Durations


def test_a_call_that_is_not_sent_is_no_example() -> None:
    """A trace nobody can look up is not named."""
    series = Durations().series("f")
    series.example(50, light_span(flags=0))

    assert {} == series.examples


def test_lists_looked_at_by_time_have_a_bound_too() -> None:
    """A look that is due hands over what is much and leaves the rest; the next is due a moment later."""
    durations = Durations()
    series = durations.series("f")
    series.pending_s.extend([0.5] * (FULL - 1))
    series.look(100.0)
    few = len(series.pending_s)
    series.pending_s.append(0.5)
    series.look(200.0)

    assert (FULL - 1, 0, 1) == (few, len(series.pending_s), len(series.waiting))
    assert 200.0 < series.due_s < 201.0
    assert [FULL] == [each.count for _, _, each in durations.collect()]


def test_many_errors_are_sorted_in_between() -> None:
    """A function that always fails does not fill the memory."""
    durations = Durations()
    series = durations.series("f")
    for _ in range(FULL * 2 + 1):
        series.fail("KeyError", 1)

    assert 1 == len(series.failed)
    assert [("f", "KeyError", FULL * 2 + 1)] == [(name, error, each.count) for name, error, each in durations.collect()]
