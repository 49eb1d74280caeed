"""`memory.growth` names what grows and nothing else, and leaves nothing running."""

import inspect
import tracemalloc
from collections.abc import Callable

import pytest
from growing_programs import Event, FullCache, Leak, SteadyQueue, at_work

import otel_agent
from otel_agent.insight.memory.growth import LineGrowth, _likely_places, watched

LEAK_LINE = inspect.getsourcelines(Leak.step)[1] + 3
"""The line that makes events."""


def test_a_leak_is_named_by_type_and_line() -> None:
    """Within five looks, by the class, its line, and how fast."""
    with at_work(Leak().step):
        found = otel_agent.memory.growth(seconds=1, top=3)
    (kind,) = [each for each in found.types if each.type == f"{Event.__module__}.Event"]

    assert any(each.endswith(f"growing_programs.py:{LEAK_LINE}") for each in kind.places)
    assert kind.after > kind.before
    assert kind.per_s > 0
    assert f"growing_programs.py:{LEAK_LINE}" in str(found)
    assert len(found.lines) <= 3


@pytest.mark.parametrize("program", [SteadyQueue, FullCache])
def test_what_is_bounded_does_not_grow(program: Callable[[], SteadyQueue | FullCache]) -> None:
    """However much it allocates: neither its type nor its line is named."""
    with at_work(program().step):
        found = str(otel_agent.memory.growth(seconds=1))

    assert "Sample" not in found
    assert "growing_programs.py" not in found


def test_tracing_is_off_afterwards() -> None:
    """Also when the wait is interrupted."""

    def interrupted(_: float) -> None:
        assert tracemalloc.is_tracing()
        raise KeyboardInterrupt

    otel_agent.memory.growth(seconds=0.01)
    assert not tracemalloc.is_tracing()
    with pytest.raises(KeyboardInterrupt):
        watched(1.0, 10, interrupted)

    assert not tracemalloc.is_tracing()


@pytest.mark.parametrize(("arguments", "said"), [({"seconds": 0}, "seconds: expected"), ({"top": 0}, "top: expected")])
def test_arguments_out_of_range_are_refused(arguments: dict[str, int], said: str) -> None:
    """With the range."""
    with pytest.raises(ValueError, match=said):
        otel_agent.memory.growth(**arguments)


def test_lines_that_name_a_type_are_likely() -> None:
    """Where the interpreter cannot tell: they have allocated enough, and the name stands in them."""
    lines = [
        LineGrowth("a.py:1", 9000, 100, 1.0, "event = Event()"),
        LineGrowth("a.py:2", 900, 10, 1.0, "first = Event()"),
        LineGrowth("a.py:3", 9000, 100, 1.0, "event = EventLog()"),
    ]

    assert ("a.py:1",) == _likely_places("trader.Event", 100, lines)
