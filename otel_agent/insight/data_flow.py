"""
Whether what one call in a function gave flows into another one, by the function's code.

The instructions are gone through in order, with a stack and variables that hold, instead of values, the calls they stem from; see
`instruction_effects`. A call that takes such a value depends on where it came from; so does all that is done, or left out, because of
it. Where control cannot be followed, calls count as dependent: nothing is advised that could be wrong.
"""

import dis
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any

from otel_agent.insight.instruction_effects import FOR_EVER, NOTHING, State, apply

__all__ = ["depends", "feeds_itself"]

MOST_INSTRUCTIONS = 4000

_OF_COMPREHENSION = frozenset(("LIST_APPEND", "SET_ADD", "MAP_ADD", "JUMP_BACKWARD", "FOR_ITER"))
"""What a comprehension does with a value has the value's place in the text."""
_SKIPPED = frozenset(
    ("CACHE", "EXTENDED_ARG", "NOP", "RESUME", "PRECALL", "COPY_FREE_VARS", "MAKE_CELL", "RETURN_GENERATOR", "KW_NAMES")
)


def depends(code: CodeType, earlier: int, later: int) -> bool:
    """
    Whether a call needs what an earlier one gave.

    Args:
        code: Code of the function that makes both.
        earlier: Offset of the instruction at which the frame stood during the earlier call.
        later: The same for the later call; the same offset for the same call in the next round of a loop.

    Returns:
        True also where it cannot be told.
    """
    state = _followed(code, earlier, later)
    return state is None or earlier in state.taken.get(later, frozenset((earlier,)))


@lru_cache(maxsize=256)
def feeds_itself(code: CodeType, offset: int) -> bool | None:
    """
    Whether a call in a loop takes what it gave in an earlier round; what is only decided because of it does not count.

    Args:
        code: Code of the function that makes it.
        offset: Offset of the instruction at which the frame stood during the call.

    Returns:
        None where it stands in no loop, and where it cannot be told.
    """
    state = _followed(code, offset, offset, counts_decisions=False)
    return None if state is None else offset in state.taken.get(offset, NOTHING)


def _followed(code: CodeType, earlier: int, later: int, *, counts_decisions: bool = True) -> State | None:
    """What is known after both calls; None where control cannot be followed."""
    instructions = [each for each in dis.get_instructions(code) if each.opname not in _SKIPPED]
    if len(instructions) > MOST_INSTRUCTIONS:
        return None
    extents = {each: found for each in (earlier, later) if (found := _extent(instructions, each)) is not None}
    if len(extents) < len({earlier, later}):
        return None
    state = State(counts_decisions=counts_decisions)
    if later > earlier:
        _go(instructions, extents, state)
        return state
    loop = _loop_around(instructions, min(each[0] for each in extents.values()), extents[earlier][1])
    if loop is None:
        return None
    head, tail = loop
    _go([each for each in instructions if each.offset <= tail], {earlier: extents[earlier]}, state)
    state.stack.clear()
    state.controlled = [each for each in state.controlled if each[0] == FOR_EVER]
    _go([each for each in instructions if head <= each.offset <= tail], extents, state)
    return state


def _loop_around(instructions: Sequence[dis.Instruction], first: int, last: int) -> tuple[int, int] | None:
    """Offsets of the head and the end of the innermost loop around some instructions; None where there is no loop."""
    loops = [
        (each.argval, each.offset)
        for each in instructions
        if "JUMP" in each.opname and isinstance(each.argval, int) and each.argval <= first and each.offset > last
    ]
    return max(loops, default=None)


def _extent(instructions: Sequence[dis.Instruction], offset: int) -> tuple[int, int] | None:
    """
    Offsets of the first and the last instruction of a call: those whose place in the text lies within that of the call's own.

    An awaited call is that of `await …`, because there the frame stands.
    """
    at = next((each for each in instructions if each.offset == offset), None)
    if at is None:
        at = next((each for each in reversed(instructions) if each.offset <= offset), None)
    where = None if at is None else at.positions
    if where is None or None in (where.lineno, where.end_lineno, where.col_offset, where.end_col_offset):
        return None
    # A piece of text may be compiled more than once (`finally`, what is done when an await fails): the run around the offset is the one.
    first = last = instructions.index(at)
    while first and _is_within(instructions[first - 1], where):
        first -= 1
    while last + 1 < len(instructions) and _is_within(instructions[last + 1], where):
        last += 1
    return instructions[first].offset, instructions[last].offset


def _is_within(each: dis.Instruction, where: Any) -> bool:
    at = each.positions
    if each.opname in _OF_COMPREHENSION:
        return False
    if at is None or None in (at.lineno, at.end_lineno, at.col_offset, at.end_col_offset):
        return False
    return (where.lineno, where.col_offset) <= (at.lineno, at.col_offset) and (at.end_lineno, at.end_col_offset) <= (
        where.end_lineno,
        where.end_col_offset,
    )


def _go(instructions: Sequence[dis.Instruction], extents: Mapping[int, tuple[int, int]], state: State) -> None:
    """Go through the instructions once."""
    ends = {extent[1]: call for call, extent in extents.items()}
    for instruction in instructions:
        state.controlled = [each for each in state.controlled if instruction.offset < each[0]]
        apply(instruction, state, instructions)
        call = ends.get(instruction.offset)
        if call is not None:
            result = state.top()
            state.taken[call] = result | state.decisions()
            state.pop()
            state.push(result | {call})
