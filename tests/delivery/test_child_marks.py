"""Marks by which a parent sees that a child has vanished, in real children."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from agent_process import run_agent
from waiting import until

from otel_agent.delivery.child_marks import PLACES, ChildMarks


def child(marks: ChildMarks, run: Callable[[], object]) -> int:
    """Run something in a child that leaves without a word, and wait for it."""
    marks.hold_for_fork()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        marks.reinit_after_fork()
        run()
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


def test_a_child_that_had_something_to_lose_is_told_once() -> None:
    """By its process id."""
    marks = ChildMarks()
    pid = child(marks, marks.mark)

    assert [pid] == marks.vanished()
    assert [] == marks.vanished()


@pytest.mark.parametrize("is_marked", [False, True])
def test_a_child_that_had_nothing_is_not_told(is_marked: bool) -> None:
    """It never had anything, or all of it was safe in time."""
    marks = ChildMarks()

    def run() -> None:
        if is_marked:
            marks.mark()
            marks.clear()

    child(marks, run)

    assert [] == marks.vanished()


def test_a_child_that_lives_is_not_told() -> None:
    """Whatever it holds."""
    marks = ChildMarks()
    marks.hold_for_fork()
    told, gone_on = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        marks.reinit_after_fork()
        marks.mark()
        os.write(told[1], b"x")
        os.read(gone_on[0], 1)
        os._exit(0)
    os.read(told[0], 1)

    assert [] == marks.vanished()
    os.write(gone_on[1], b"x")
    os.waitpid(pid, 0)
    assert [pid] == marks.vanished()


GRANDCHILD = """
import os
from otel_agent.delivery.child_marks import ChildMarks
marks = ChildMarks()
marks.hold_for_fork()
if (pid := os.fork()) == 0:
    marks.reinit_after_fork()
    marks.hold_for_fork()
    if (pid := os.fork()) == 0:
        marks.reinit_after_fork()
        marks.mark()
        os._exit(0)
    os.waitpid(pid, 0)
    os._exit(0 if marks.vanished() == [pid] else 1)
print(os.waitpid(pid, 0)[1], marks.vanished())
"""


def test_a_childs_own_children_are_its_business(tmp_path: Path) -> None:
    """A grandchild that vanishes is told to the child, and not to the parent."""
    assert "0 []" == run_agent(GRANDCHILD, tmp_path).out.strip()


def test_there_is_a_place_for_every_child_and_a_process_that_is_no_child_has_none() -> None:
    """Places are used again when all have been used."""
    marks = ChildMarks()
    marks.mark()

    assert not marks.is_marked()
    for _ in range(PLACES):
        marks.hold_for_fork()
    pid = child(marks, marks.mark)
    assert until(marks.vanished) == [pid]
