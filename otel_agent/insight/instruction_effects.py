"""
What instructions do to where values come from.

A `State` has a stack and variables as the interpreter has them, but each value is the set of calls that it stems from. `apply` changes it
as one instruction does; what no effect here is for takes everything it pops into what it pushes.
"""

import dis
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

__all__ = ["FOR_EVER", "NOTHING", "Sources", "State", "Value", "apply", "union"]

Sources = frozenset[int]
"""Calls, by the offset at which their frame stood."""

NOTHING: Sources = frozenset()

FOR_EVER = 1 << 30
"""Offset behind every instruction."""

_END_FOR_POPS = 1 if sys.version_info < (3, 13) else 0
"""An iterator is left by a jump, which is not followed here; what lies on the stack is one value less."""

_HAS_END_SEND = "END_SEND" in dis.opmap

_HAS_METHOD_FLAG = "LOAD_METHOD" not in dis.opmap or dis.opmap["LOAD_METHOD"] >= 256  # noqa: PLR2004 - pseudo instructions
"""Whether `LOAD_ATTR` tells methods apart by a bit of its argument: from 3.12 on."""

_LEAVES = frozenset(("RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"))


@dataclass(slots=True)
class Value:
    """What stands for a value: the calls it stems from, and the variable it was read from."""

    sources: Sources = NOTHING
    variable: str | None = None


@dataclass(slots=True)
class State:
    """Where everything comes from that a function holds at one moment."""

    stack: list[Value] = field(default_factory=list)
    variables: dict[str, Sources] = field(default_factory=dict)
    controlled: list[tuple[int, Sources]] = field(default_factory=list)
    """Until which offset instructions run only because of something, and what that stems from."""
    taken: dict[int, Sources] = field(default_factory=dict)
    """By call: what its arguments and the decision to make it stem from."""
    counts_decisions: bool = True
    """Whether what is done because of a value stems from it."""

    def pop(self, count: int = 1) -> list[Value]:
        """
        Take the topmost values; where control was not followed there may be fewer.

        Args:
            count: How many.
        """
        popped = self.stack[-count:] if count else []
        del self.stack[len(self.stack) - len(popped) :]
        return popped

    def push(self, sources: Sources = NOTHING, variable: str | None = None) -> None:
        """
        Put a value on top.

        Args:
            sources: What it stems from.
            variable: What it was read from.
        """
        self.stack.append(Value(sources, variable))

    def top(self) -> Sources:
        """What the topmost value stems from."""
        return self.stack[-1].sources if self.stack else NOTHING

    def decisions(self) -> Sources:
        """What it stems from that the present instruction runs at all."""
        return union(sources for _, sources in self.controlled)

    def decide(self, until: int, sources: Sources) -> None:
        """
        From here on instructions run only because of a value.

        Args:
            until: Offset of the first instruction that runs anyway.
            sources: What the value stems from.
        """
        if sources and self.counts_decisions:
            self.controlled.append((until, sources))

    def put_into(self, values: Iterable[Value], sources: Sources) -> None:
        """
        The objects in some variables hold something more from now on.

        Args:
            values: What was read from the variables.
            sources: What they hold stems from.
        """
        for each in values:
            if each.variable is not None:
                self.variables[each.variable] = self.variables.get(each.variable, NOTHING) | sources


def union(several: Iterable[Sources]) -> Sources:
    """
    All sources together.

    Args:
        several: Sources of several values.
    """
    return NOTHING.union(*several)


def apply(instruction: dis.Instruction, state: State, instructions: Sequence[dis.Instruction]) -> None:
    """
    Change a state as an instruction does.

    Args:
        instruction: One of a function's.
        state: What is known before it.
        instructions: All of them, for jumps.
    """
    name = instruction.opname
    effect = _EFFECTS.get(name)
    if effect is not None:
        effect(instruction, state)
    elif name.startswith(_LOADS):
        _load(instruction, state)
    elif "JUMP" in name:
        _jump(instruction, state, instructions)
    else:
        _anything(instruction, state)


def _names(instruction: dis.Instruction) -> list[str]:
    value = instruction.argval
    return [str(each) for each in (value if isinstance(value, tuple) else (value,))]


def _load(instruction: dis.Instruction, state: State) -> None:
    if instruction.opname == "LOAD_GLOBAL" and (instruction.arg or 0) & 1:
        state.push()
    for name in _names(instruction):
        state.push(state.variables.get(name, NOTHING), name)


def _store(instruction: dis.Instruction, state: State) -> None:
    for name in _names(instruction):
        state.variables[name] = union(each.sources for each in state.pop()) | state.decisions()


def _store_and_load(instruction: dis.Instruction, state: State) -> None:
    stored, loaded = _names(instruction)
    state.variables[stored] = union(each.sources for each in state.pop()) | state.decisions()
    state.push(state.variables.get(loaded, NOTHING), loaded)


def _store_inside(instruction: dis.Instruction, state: State) -> None:
    """`x.name = value`, `x[key] = value`, `x[a:b] = value`."""
    popped = state.pop({"STORE_ATTR": 2, "STORE_SUBSCR": 3, "STORE_SLICE": 4}[instruction.opname])
    state.put_into(popped[1:], union(each.sources for each in popped))


def _attribute(instruction: dis.Instruction, state: State) -> None:
    """An attribute stems from what its object stems from; of a method the object stays below it."""
    found = next(iter(state.pop()), Value())
    if instruction.opname == "LOAD_METHOD" or ((instruction.arg or 0) & 1 and _HAS_METHOD_FLAG):
        state.push(found.sources, found.variable)
    state.push(found.sources, found.variable)


def _call(instruction: dis.Instruction, state: State) -> None:
    """A result stems from all arguments; what a method is called on holds them from now on, as in `found.append(result)`."""
    count = instruction.arg or 0
    popped = state.pop({"CALL": count + 2, "CALL_KW": count + 3}.get(instruction.opname, 3 + (count & 1)))
    sources = union(each.sources for each in popped)
    if sources:
        state.put_into(popped[:2], sources)
    state.push(sources)


def _put_inside(instruction: dis.Instruction, state: State) -> None:
    """Something is put into a container that lies further down."""
    popped, position = state.pop(2 if instruction.opname == "MAP_ADD" else 1), instruction.arg or 1
    if popped and len(state.stack) >= position:
        container = state.stack[-position]
        sources = container.sources | union(each.sources for each in popped)
        state.stack[-position] = Value(sources, container.variable)


def _copy(instruction: dis.Instruction, state: State) -> None:
    position = instruction.arg or 1
    state.stack.append(state.stack[-position] if len(state.stack) >= position else Value())


def _swap(instruction: dis.Instruction, state: State) -> None:
    position, stack = instruction.arg or 1, state.stack
    if len(stack) >= position:
        stack[-1], stack[-position] = stack[-position], stack[-1]


def _nothing_from_anywhere(_: dis.Instruction, state: State) -> None:
    state.push()


def _no_effect(_: dis.Instruction, state: State) -> None:
    """In the loop of `await` what is sent in is popped, and what comes out takes its place."""


def _end_send(_: dis.Instruction, state: State) -> None:
    state.pop()
    if state.stack:
        state.stack[-1] = Value(state.stack[-1].sources)


def _end_await_loop(_: dis.Instruction, state: State) -> None:
    """Before 3.12: what was sent in goes; the result lies where the awaitable lay."""
    if not _HAS_END_SEND:
        state.pop()


def _end_for(_: dis.Instruction, state: State) -> None:
    state.pop(_END_FOR_POPS)


def _for_iter(_: dis.Instruction, state: State) -> None:
    """What a loop goes through decides what it does, and whether what follows it ever runs."""
    sources = state.top()
    state.push(sources)
    state.decide(FOR_EVER, sources)


def _build(instruction: dis.Instruction, state: State) -> None:
    count = (instruction.arg or 0) * (2 if instruction.opname == "BUILD_MAP" else 1)
    state.push(union(each.sources for each in state.pop(count)))


def _unpack(instruction: dis.Instruction, state: State) -> None:
    sources = union(each.sources for each in state.pop())
    for _ in range(_stack_effect(instruction) + 1):
        state.push(sources)


def _jump(instruction: dis.Instruction, state: State, instructions: Sequence[dis.Instruction]) -> None:
    name, offset, target = instruction.opname, instruction.offset, instruction.argval
    if "IF" not in name:
        return
    sources = state.top() if "OR_POP" in name else union(each.sources for each in state.pop())
    if not sources:
        return
    if not isinstance(target, int) or target < offset:
        state.decide(FOR_EVER, sources)  # whether a loop goes on
        return
    between = [each for each in instructions if offset < each.offset < target]
    forward = [each.argval for each in between if each.opname == "JUMP_FORWARD" and isinstance(each.argval, int)]
    leaves = any(each.opname in _LEAVES for each in between) or any(each > target for each in forward)
    state.decide(FOR_EVER if leaves and not forward else max([target, *forward]), sources)


def _anything(instruction: dis.Instruction, state: State) -> None:
    """What it takes goes into what it leaves."""
    effect = _stack_effect(instruction)
    if effect > 0:
        top = state.top()
        for _ in range(effect):
            state.push(top)
    elif instruction.opname.startswith(_LEAVE_NOTHING):
        state.pop(-effect)
    else:
        state.push(union(each.sources for each in state.pop(1 - effect)))


def _stack_effect(instruction: dis.Instruction) -> int:
    """How many values more there are afterwards; none where the interpreter does not say."""
    argument = instruction.arg if instruction.opcode >= dis.HAVE_ARGUMENT else None
    try:
        return dis.stack_effect(instruction.opcode, argument, jump=False)
    except ValueError:
        return 0


_LOADS = ("LOAD_FAST", "LOAD_DEREF", "LOAD_NAME", "LOAD_GLOBAL", "LOAD_CLOSURE", "LOAD_CLASSDEREF")

_LEAVE_NOTHING = ("POP_", "STORE_", "DELETE_", "RETURN_", "RAISE_", "END_FOR", "RERAISE")

_EFFECTS: dict[str, Callable[[dis.Instruction, State], None]] = {
    **dict.fromkeys(("STORE_FAST", "STORE_FAST_STORE_FAST", "STORE_FAST_MAYBE_NULL"), _store),
    **dict.fromkeys(("STORE_DEREF", "STORE_NAME", "STORE_GLOBAL"), _store),
    "STORE_FAST_LOAD_FAST": _store_and_load,
    **dict.fromkeys(("STORE_ATTR", "STORE_SUBSCR", "STORE_SLICE"), _store_inside),
    **dict.fromkeys(("LOAD_ATTR", "LOAD_METHOD"), _attribute),
    **dict.fromkeys(("CALL", "CALL_KW", "CALL_FUNCTION_EX"), _call),
    **dict.fromkeys(("LIST_APPEND", "SET_ADD", "MAP_ADD"), _put_inside),
    **dict.fromkeys(("LIST_EXTEND", "SET_UPDATE", "DICT_UPDATE", "DICT_MERGE"), _put_inside),
    **dict.fromkeys(("BUILD_LIST", "BUILD_TUPLE", "BUILD_SET", "BUILD_STRING", "BUILD_MAP"), _build),
    **dict.fromkeys(("UNPACK_SEQUENCE", "UNPACK_EX"), _unpack),
    **dict.fromkeys(("PUSH_NULL", "LOAD_CONST", "LOAD_SMALL_INT"), _nothing_from_anywhere),
    **dict.fromkeys(("GET_AWAITABLE", "SEND", "YIELD_VALUE", "CLEANUP_THROW"), _no_effect),
    "COPY": _copy,
    "SWAP": _swap,
    "END_SEND": _end_send,
    "JUMP_BACKWARD_NO_INTERRUPT": _end_await_loop,
    "END_FOR": _end_for,
    "FOR_ITER": _for_iter,
}
