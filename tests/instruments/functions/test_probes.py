"""Probes that stand for a function in its wrapper."""

import asyncio
import pickle
from collections import deque
from functools import partial
from typing import Any

import pytest

import otel_agent
from otel_agent.insight.call_notes import CallNotes
from otel_agent.instruments.functions import probes
from otel_agent.instruments.functions.probes import AwaitedCallProbe, CallProbe, Sample, SampleProbe, arm, disarm
from otel_agent.instruments.functions.signatures import cell_of
from otel_agent.testing import recorded


def double(value: int, *, times: int = 2) -> int:
    """Multiply."""
    if value < 0:
        raise ValueError("negative")
    return value * times


def test_a_probe_changes_nothing_of_a_call() -> None:
    """Results, keywords, exceptions, and what a pickle holds."""
    samples: deque[Sample] = deque()
    probe = SampleProbe(double, samples)

    assert [4, 9] == [probe(2), probe(3, times=3)]
    with pytest.raises(ValueError, match=r"^negative$"):
        probe(-1)
    assert pickle.loads(pickle.dumps(probe)) is double


def test_samples_tell_equal_calls_from_others_without_keeping_anything() -> None:
    """Sixty-four bits of each."""
    samples: deque[Sample] = deque()
    probe = SampleProbe(double, samples)
    for value in (2, 2, 3):
        probe.left = 1
        probe(value)
    first, second, third = samples

    assert (first.argument, first.result) == (second.argument, second.result)
    assert first.argument != third.argument
    assert all(isinstance(each, int) for each in (first.argument, first.result))


def test_arguments_that_a_function_changes_are_seen() -> None:
    """They were others afterwards."""
    samples: deque[Sample] = deque()
    SampleProbe(lambda values: values.append(1), samples)([])

    assert samples[0].has_changed


def test_a_wrapper_is_armed_and_disarmed_while_it_is_used() -> None:
    """Its cell holds the probe meanwhile."""
    wrapper: Any = otel_agent.timed(double)
    cell = cell_of(wrapper, "function")
    samples: deque[Sample] = deque()
    is_armed = arm(cell, lambda function: SampleProbe(function, samples))
    again = arm(cell, lambda function: SampleProbe(function, samples))
    result = wrapper(2)
    disarm(cell)

    assert (True, False, 4, 1) == (is_armed, again, result, len(samples))
    assert cell is not None
    assert cell.cell_contents is double


def test_a_call_to_outside_is_noted_with_the_line_that_made_it() -> None:
    """Of plain functions and of coroutine functions."""
    with recorded():
        notes = CallNotes()

        def ask(town: str) -> dict[str, str]:
            return {"town": town}

        async def ask_later(town: str) -> dict[str, str]:
            return {"town": town}

        for function, kind in ((ask, CallProbe), (ask_later, AwaitedCallProbe)):
            wrapper: Any = otel_agent.traced(function)
            cell = cell_of(wrapper, "function")
            assert cell is not None
            disarm(cell)
            assert arm(cell, partial(kind, notes=notes, cell=cell))
            made = wrapper("Bonn")
            if function is ask_later:

                async def main(made: Any = made) -> None:
                    await made

                asyncio.run(main())
            (note,) = notes._notes.values()
            notes.clear()

            assert __file__ == note.place.rpartition(":")[0]
            assert note.argument is not None
            assert note.results


def test_a_probe_leaves_when_calls_are_too_quick_to_matter() -> None:
    """A call outside takes its time."""
    wrapper: Any = otel_agent.traced(lambda: None)
    cell = cell_of(wrapper, "function")
    assert cell is not None
    arm(cell, lambda function: CallProbe(function, CallNotes(), cell))
    for _ in range(3000):
        wrapper()
        if not isinstance(cell.cell_contents, probes._StandIn):
            break

    assert not isinstance(cell.cell_contents, probes._StandIn)
