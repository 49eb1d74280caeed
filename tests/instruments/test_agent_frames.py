"""The agent's own frames."""

import json
import sys
from pathlib import Path

from otel_agent.instruments import agent_frames
from otel_agent.instruments.agent_frames import agent_frame, frames_above, is_agent_code, place_of


def test_code_of_packages_and_of_python_is_not_the_agents() -> None:
    """What a test file holds is."""
    ours, standard = agent_frames.frames_above.__code__, json.dumps.__code__
    here = test_code_of_packages_and_of_python_is_not_the_agents.__code__

    assert [False, False, True] == [is_agent_code(code) for code in (ours, standard, here)]


def test_frames_are_found_innermost_first() -> None:
    """With the instruction at which each stands."""

    def inner() -> tuple[tuple[object, int, int], ...]:
        return frames_above(sys._getframe(), 2)

    (first, _, _), (second, offset, _) = inner()

    assert (inner.__code__, sys._getframe().f_code) == (first, second)
    assert offset > 0
    assert agent_frame(sys._getframe()) is sys._getframe()
    assert agent_frame(None) is None


def test_a_place_is_file_and_line() -> None:
    """The first line of a function where no other is given."""
    code = test_a_place_is_file_and_line.__code__

    assert f"{Path(__file__)}:7" == place_of(code, 7)
    assert place_of(code).endswith(f":{code.co_firstlineno}")
