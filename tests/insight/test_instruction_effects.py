"""What instructions do to where values come from."""

import dis
from typing import Any

import pytest

from otel_agent.insight.instruction_effects import FOR_EVER, NOTHING, State, Value, apply, union

FIRST, SECOND = frozenset((1,)), frozenset((2,))


def after(source: str, **variables: frozenset[int]) -> State:
    """What is known after all instructions of a text, when variables stem from calls before it."""
    state = State(variables=dict(variables))
    instructions = [each for each in dis.get_instructions(compile(source, "text", "exec")) if each.opname != "CACHE"]
    for each in instructions:
        apply(each, state, instructions)
    return state


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("c = a", FIRST),
        ("c = a.name[3]", FIRST),
        ("c = [a, 1]", FIRST),
        ("c = {'x': a}", FIRST),
        ("c = f'{a}-{b}'", FIRST | SECOND),
        ("c = [1]; c.append(a)", FIRST),
        ("c = {}; c['x'] = a", FIRST),
        ("c = a + b", FIRST | SECOND),
        ("c, d = a, b", FIRST),
        ("c = len(a)", FIRST),
        ("c = 7", NOTHING),
        ("a = 7; c = a", NOTHING),
    ],
)
def test_a_value_stems_from_what_it_is_made_of(source: str, expected: frozenset[int]) -> None:
    """Through attributes, items, displays, methods and operators; what is set anew stems from nothing before."""
    assert expected == after(source, a=FIRST, b=SECOND).variables["c"]


def test_what_is_done_because_of_a_value_stems_from_it_where_decisions_count() -> None:
    """Up to the end of the block."""
    state = State(counts_decisions=False)
    state.decide(FOR_EVER, FIRST)

    assert NOTHING == state.decisions()
    assert FIRST == after("if a:\n    c = 1\nd = 2", a=FIRST).variables["c"]


def test_taking_more_than_there_is_takes_what_there_is() -> None:
    """Where control was not followed, values are missing."""
    state = State(stack=[Value(FIRST)])

    assert [FIRST] == [each.sources for each in state.pop(3)]
    assert NOTHING == state.top() == union([])


def test_an_instruction_nobody_knows_changes_nothing() -> None:
    """As one of an interpreter to come."""
    unknown: Any = next(dis.get_instructions(compile("x", "text", "exec")))._replace(
        opname="MADE_UP", opcode=255, arg=None
    )
    state = State(stack=[Value(FIRST)])
    apply(unknown, state, [unknown])

    assert FIRST == state.top()
