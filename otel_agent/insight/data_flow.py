"""
Whether what one call in a function gave flows into another one, by the function's code.

The instructions are gone through in order, with a stack and variables that hold, instead of values, the calls they stem from. A call
that takes such a value depends on where it came from; so does all that is done, or left out, because of it. Where control cannot be
followed, calls count as dependent: nothing is advised that could be wrong.
"""

import dis
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

__all__ = ["depends"]

_Sources = frozenset[int]
_NOTHING: _Sources = frozenset()

MOST_INSTRUCTIONS = 4000

_END_FOR_POPS = 1 if sys.version_info < (3, 13) else 0
"""An iterator is left by a jump, which is not followed here; what lies on the stack is one value less."""

_FOR_EVER = 1 << 30
"""Offset behind every instruction."""

_LEAVES = frozenset(("RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"))
_OF_COMPREHENSION = frozenset(("LIST_APPEND", "SET_ADD", "MAP_ADD", "JUMP_BACKWARD", "FOR_ITER"))
"""What a comprehension does with a value has the value's place in the text."""
_SKIPPED = frozenset(
    ("CACHE", "EXTENDED_ARG", "NOP", "RESUME", "PRECALL", "COPY_FREE_VARS", "MAKE_CELL", "RETURN_GENERATOR", "KW_NAMES")
)


@dataclass(slots=True)
class _Value:
    """What stands for a value: the calls it stems from, and the variable it was read from."""

    sources: _Sources = _NOTHING
    variable: str | None = None


@dataclass(slots=True)
class _State:
    stack: list[_Value] = field(default_factory=list)
    variables: dict[str, _Sources] = field(default_factory=dict)
    controlled: list[tuple[int, _Sources]] = field(default_factory=list)
    """Until which offset instructions run only because of something, and what that stems from."""
    taken: dict[int, _Sources] = field(default_factory=dict)
    """By call: what its arguments and the decision to make it stem from."""


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
    instructions = [each for each in dis.get_instructions(code) if each.opname not in _SKIPPED]
    if len(instructions) > MOST_INSTRUCTIONS:
        return True
    extents = {each: found for each in (earlier, later) if (found := _extent(instructions, each)) is not None}
    if len(extents) < len({earlier, later}):
        return True
    state = _State()
    if later > earlier:
        _go(instructions, extents, state)
    else:
        loop = _loop_around(instructions, min(each[0] for each in extents.values()), extents[earlier][1])
        if loop is None:
            return True
        head, tail = loop
        _go([each for each in instructions if each.offset <= tail], {earlier: extents[earlier]}, state)
        state.stack.clear()
        state.controlled = [each for each in state.controlled if each[0] == _FOR_EVER]
        _go([each for each in instructions if head <= each.offset <= tail], extents, state)
    return earlier in state.taken.get(later, frozenset((earlier,)))


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


def _go(instructions: Sequence[dis.Instruction], extents: Mapping[int, tuple[int, int]], state: _State) -> None:
    """Go through the instructions once."""
    ends = {extent[1]: call for call, extent in extents.items()}
    for instruction in instructions:
        state.controlled = [each for each in state.controlled if instruction.offset < each[0]]
        _step(instruction, state, instructions)
        call = ends.get(instruction.offset)
        if call is not None:
            result = state.stack[-1].sources if state.stack else _NOTHING
            state.taken[call] = result | _union(sources for _, sources in state.controlled)
            _pop(state, 1)
            state.stack.append(_Value(result | {call}))


def _union(all_sources: Iterable[_Sources]) -> _Sources:
    return _NOTHING.union(*all_sources)


def _pop(state: _State, count: int) -> list[_Value]:
    """The topmost values; where control was not followed there may be fewer."""
    taken = state.stack[-count:] if count else []
    del state.stack[len(state.stack) - len(taken) :]
    return taken


def _step(instruction: dis.Instruction, state: _State, instructions: Sequence[dis.Instruction]) -> None:  # noqa: C901, PLR0911, PLR0912, PLR0915 - one line for each kind of instruction
    """Change the state as an instruction does."""
    name, value, stack, variables = instruction.opname, instruction.argval, state.stack, state.variables
    names = value if isinstance(value, tuple) else (value,)
    if name in {"LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW"} or name.startswith(
        ("LOAD_FAST", "LOAD_DEREF", "LOAD_NAME", "LOAD_GLOBAL", "LOAD_CLOSURE", "LOAD_CLASSDEREF")
    ):
        if name == "LOAD_GLOBAL" and (instruction.arg or 0) & 1:
            stack.append(_Value())
        for each in names:
            sources = variables.get(str(each), _NOTHING)
            stack.append(_Value(sources, str(each)))
        return
    if name in {"STORE_FAST_STORE_FAST", "STORE_FAST_LOAD_FAST", "STORE_FAST_MAYBE_NULL"} or name in {
        "STORE_FAST",
        "STORE_DEREF",
        "STORE_NAME",
        "STORE_GLOBAL",
    }:
        control = _union(sources for _, sources in state.controlled)
        stored = names[:1] if name == "STORE_FAST_LOAD_FAST" else names
        for each in stored:
            taken = _pop(state, 1)
            variables[str(each)] = (taken[0].sources if taken else _NOTHING) | control
        if name == "STORE_FAST_LOAD_FAST":
            stack.append(_Value(variables.get(str(names[1]), _NOTHING), str(names[1])))
        return
    if name in {"STORE_ATTR", "STORE_SUBSCR", "STORE_SLICE"}:
        count = {"STORE_ATTR": 2, "STORE_SUBSCR": 3, "STORE_SLICE": 4}[name]
        taken = _pop(state, count)
        sources = _union(each.sources for each in taken)
        for each in taken[1:]:
            if each.variable is not None:
                variables[each.variable] = variables.get(each.variable, _NOTHING) | sources
        return
    if name in {"LOAD_ATTR", "LOAD_METHOD"}:
        taken = _pop(state, 1)
        found = taken[0] if taken else _Value()
        if name == "LOAD_METHOD" or ((instruction.arg or 0) & 1 and _has_method_flag()):
            stack.append(_Value(found.sources, found.variable))
        stack.append(_Value(found.sources, found.variable))
        return
    if name in {"CALL", "CALL_KW", "CALL_FUNCTION_EX"}:
        count = (instruction.arg or 0) + (3 if name == "CALL_KW" else 2)
        if name == "CALL_FUNCTION_EX":
            count = 3 + ((instruction.arg or 0) & 1)
        taken = _pop(state, count)
        sources = _union(each.sources for each in taken)
        if sources:
            # `found.append(result)`: what a method is called on holds its arguments from now on.
            for each in taken[:2]:
                if each.variable is not None:
                    variables[each.variable] = variables.get(each.variable, _NOTHING) | sources
        stack.append(_Value(sources))
        return
    if name in {"LIST_APPEND", "SET_ADD", "LIST_EXTEND", "SET_UPDATE", "DICT_UPDATE", "DICT_MERGE"}:
        taken = _pop(state, 1)
        position = instruction.arg or 1
        if taken and len(stack) >= position:
            stack[-position] = _Value(stack[-position].sources | taken[0].sources, stack[-position].variable)
        return
    if name == "MAP_ADD":
        taken = _pop(state, 2)
        position = instruction.arg or 1
        if len(stack) >= position:
            stack[-position] = _Value(stack[-position].sources | _union(each.sources for each in taken))
        return
    if name == "COPY":
        stack.append(stack[-(instruction.arg or 1)] if len(stack) >= (instruction.arg or 1) else _Value())
        return
    if name == "SWAP":
        position = instruction.arg or 1
        if len(stack) >= position:
            stack[-1], stack[-position] = stack[-position], stack[-1]
        return
    if name == "PUSH_NULL":
        stack.append(_Value())
        return
    if name == "GET_AWAITABLE":
        return
    if name in {"LOAD_CONST", "LOAD_SMALL_INT"}:
        stack.append(_Value())
        return
    if name == "SEND":
        return  # the loop of `await`: what is sent in is popped, what comes out takes its place
    if name in {"YIELD_VALUE", "END_SEND", "CLEANUP_THROW"}:
        if name == "END_SEND":
            _pop(state, 1)
            if stack:
                stack[-1] = _Value(stack[-1].sources)
        return
    if name == "END_FOR":
        _pop(state, _END_FOR_POPS)
        return
    if name == "JUMP_BACKWARD_NO_INTERRUPT":
        if "END_SEND" not in dis.opmap:
            _pop(state, 1)  # what was sent in; the result lies where the awaitable lay
        return
    if "JUMP" in name or name == "FOR_ITER":
        _jump(instruction, state, instructions)
    else:
        _generic(instruction, state)


def _jump(instruction: dis.Instruction, state: _State, instructions: Sequence[dis.Instruction]) -> None:
    name, offset, target = instruction.opname, instruction.offset, instruction.argval
    if name == "FOR_ITER":
        sources = state.stack[-1].sources if state.stack else _NOTHING
        state.stack.append(_Value(sources))
        if sources:
            state.controlled.append((_FOR_EVER, sources))
        return
    if "IF" not in name:
        return
    if "OR_POP" in name:
        sources = state.stack[-1].sources if state.stack else _NOTHING
    else:
        taken = _pop(state, 1)
        sources = taken[0].sources if taken else _NOTHING
    if not sources:
        return
    if not isinstance(target, int) or target < offset:
        state.controlled.append((_FOR_EVER, sources))  # whether a loop goes on
        return
    between = [each for each in instructions if offset < each.offset < target]
    leaves = any(
        each.opname in _LEAVES
        or (each.opname == "JUMP_FORWARD" and isinstance(each.argval, int) and each.argval > target)
        for each in between
    )
    is_else = [each.argval for each in between if each.opname == "JUMP_FORWARD" and isinstance(each.argval, int)]
    state.controlled.append((_FOR_EVER if leaves and not is_else else max([target, *is_else]), sources))
    return


def _generic(instruction: dis.Instruction, state: _State) -> None:
    """Any other instruction: what it takes goes into what it leaves."""
    try:
        effect = dis.stack_effect(
            instruction.opcode, instruction.arg if instruction.opcode >= dis.HAVE_ARGUMENT else None, jump=False
        )
    except ValueError:
        return
    name = instruction.opname
    if name in {"BUILD_LIST", "BUILD_TUPLE", "BUILD_SET", "BUILD_STRING"}:
        taken = _pop(state, instruction.arg or 0)
        state.stack.append(_Value(_union(each.sources for each in taken)))
    elif name == "BUILD_MAP":
        taken = _pop(state, 2 * (instruction.arg or 0))
        state.stack.append(_Value(_union(each.sources for each in taken)))
    elif name in {"UNPACK_SEQUENCE", "UNPACK_EX"}:
        taken = _pop(state, 1)
        state.stack.extend(_Value(taken[0].sources if taken else _NOTHING) for _ in range(effect + 1))
    elif effect <= 0:
        popped = _pop(state, 1 - effect) if _leaves_something(name) else _pop(state, -effect)
        if _leaves_something(name):
            state.stack.append(_Value(_union(each.sources for each in popped)))
    else:
        top = state.stack[-1].sources if state.stack else _NOTHING
        state.stack.extend(_Value(top) for _ in range(effect))
    return


def _leaves_something(name: str) -> bool:
    return not name.startswith(("POP_", "STORE_", "DELETE_", "RETURN_", "RAISE_", "END_FOR", "RERAISE"))


def _has_method_flag() -> bool:
    """Whether `LOAD_ATTR` tells methods apart by a bit of its argument: from 3.12 on."""
    return "LOAD_METHOD" not in dis.opmap or dis.opmap["LOAD_METHOD"] >= 256  # noqa: PLR2004 - pseudo instructions
