"""
Threads that wait where they need not: for a lock, or for something to happen by asking again and again.

What a thread does is seen by looking at its stack a few times a second. `WaitKind` of an instruction is read from the code around it.
"""

import dis
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import CodeType

from otel_agent.insight.findings import Sighting

__all__ = ["WaitLooks", "kind_of_wait"]

LOCK, POLL, SPIN = "lock", "poll", "spin"

FEWEST_LOOKS = 10
LEAST_S = 1.0
LEAST_SHARE = 0.1
"""A lock is waited for at least in so many looks, over so long, in this share of the time."""

POLL_LOOKS = 15
POLL_SHARE = 0.9
LONGEST_SLEEP_S = 0.02
"""A loop is polling when its thread is seen in it nearly always, and it sleeps no longer than this."""

MOST_PLACES = 256

_QUIET = frozenset((
    "CACHE", "NOP", "RESUME", "PRECALL", "PUSH_NULL", "POP_TOP", "COMPARE_OP", "IS_OP", "CONTAINS_OP",
    "UNARY_NOT", "TO_BOOL", "BINARY_SUBSCR", "CALL", "COPY", "SWAP", "EXTENDED_ARG",
))  # fmt: skip
_MOST_IN_LOOP = 40


def kind_of_wait(code: CodeType, offset: int) -> tuple[str, float | str | None] | None:  # noqa: PLR0911 - one for each kind
    """
    What a thread does that stands at an instruction.

    Args:
        code: Code of the agent's.
        offset: Offset of the instruction.

    Returns:
        "lock"; "poll" with the seconds it sleeps, or the name of the variable that holds them, in a `while` loop; "spin" in a loop
        that does nothing but ask; None: something else.
    """
    instructions = [each for each in dis.get_instructions(code) if each.opname not in {"CACHE", "EXTENDED_ARG"}]
    position = next((number for number, each in enumerate(instructions) if each.offset == offset), None)
    if position is None:
        return None
    at = instructions[position]
    if at.opname == "PRECALL":  # on 3.11 a quickened call of a builtin happens here already
        position += 1
        at = instructions[position]
    if at.opname in {"BEFORE_WITH", "LOAD_SPECIAL"}:
        return LOCK, None
    called = _called(instructions, position) if at.opname.startswith("CALL") else None
    if called is not None and called[0] == "acquire":
        return LOCK, "acquire"
    loop = _while_loop(instructions, offset)
    if loop is None:
        return None
    if called is not None and called[0] == "sleep":
        return (POLL, called[1]) if len(loop) <= _MOST_IN_LOOP and _calls(loop) <= 3 else None  # noqa: PLR2004 - the question, the sleep, and one more
    if len(loop) <= _MOST_IN_LOOP // 2 and _calls(loop) <= 1 and all(_is_quiet(each) for each in loop):
        return SPIN, None
    return None


def _called(instructions: Sequence[dis.Instruction], position: int) -> tuple[str, float | str | None] | None:
    """Name of what is called, and its only argument when it is a number or a variable."""
    argument: float | str | None = None
    for each in reversed(instructions[max(0, position - 8) : position]):
        if each.opname in {"LOAD_METHOD", "LOAD_ATTR", "LOAD_GLOBAL", "LOAD_NAME"} and each.argval in {
            "sleep",
            "acquire",
        }:
            return str(each.argval), argument
        if each.opname == "LOAD_CONST" and isinstance(each.argval, int | float):
            argument = float(each.argval)
        elif each.opname in {"LOAD_FAST", "LOAD_GLOBAL", "LOAD_DEREF", "LOAD_NAME"} and argument is None:
            argument = str(each.argval)
    return None


def _while_loop(instructions: Sequence[dis.Instruction], offset: int) -> list[dis.Instruction] | None:
    """Instructions of the innermost loop around an instruction, when it is no `for` loop."""
    loops = [
        (each.argval, each.offset)
        for each in instructions
        if "JUMP" in each.opname and isinstance(each.argval, int) and each.argval <= offset <= each.offset
    ]
    if not loops:
        return None
    first, last = max(loops)
    inside = [each for each in instructions if first <= each.offset <= last]
    return None if any(each.opname == "FOR_ITER" for each in inside) else inside


def _calls(loop: Sequence[dis.Instruction]) -> int:
    return sum(1 for each in loop if each.opname.startswith("CALL"))


def _is_quiet(each: dis.Instruction) -> bool:
    return each.opname in _QUIET or each.opname.startswith(("LOAD_", "JUMP", "POP_JUMP"))


@dataclass(slots=True)
class _Place:
    kind: str
    first_s: float
    last_s: float = 0.0
    looks: int = 0
    threads: set[int] = field(default_factory=set)
    by_thread: int = 0
    """Looks at the threads that were ever seen here, wherever they were."""
    sleep_s: float = 0.0


class WaitLooks:
    """Looks added up by place. Used by one thread."""

    def __init__(self) -> None:
        self._places: dict[tuple[CodeType, int, str], _Place] = {}

    def look(
        self,
        seen: Sequence[tuple[int, CodeType, int, str, float]],
        present: Sequence[int],
        now_s: float,
        period_s: float,
    ) -> Iterator[Sighting]:
        """
        Take in one look at all threads.

        Args:
            seen: For each thread that waits: its identity, code and line where it stands, kind of wait, and how long it sleeps.
            present: Identities of all threads that were looked at.
            now_s: Seconds since 1970.
            period_s: Time since the last look, in seconds.

        Returns:
            What is known of places that threads wait at too much.
        """
        for ident, code, line, kind, sleep_s in seen:
            key = (code, line, kind)
            place = self._places.get(key)
            if place is None:
                if len(self._places) >= MOST_PLACES:
                    self._places.clear()
                place = self._places[key] = _Place(kind, now_s - period_s)
            place.looks += 1
            place.last_s = now_s
            place.threads.add(ident)
            place.sleep_s = sleep_s
        known = set(present)
        for (code, line, _), place in list(self._places.items()):
            place.by_thread += len(place.threads & known)
            if place.last_s == now_s:
                sighting = _judge(code, line, place, period_s)
                if sighting is not None:
                    yield sighting


def _judge(code: CodeType, line: int, place: _Place, period_s: float) -> Sighting | None:
    elapsed_s = place.last_s - place.first_s
    at = f"{code.co_filename}:{line}"
    share = place.looks / max(place.by_thread, 1)
    if place.kind == LOCK:
        if place.looks < FEWEST_LOOKS or elapsed_s < LEAST_S or place.looks * period_s < LEAST_SHARE * elapsed_s:
            return None
        waited_s = place.looks * period_s
        evidence: dict[str, float | int | str] = {
            "waited_s": waited_s,
            "threads": len(place.threads),
            "share": waited_s / elapsed_s,
        }
        fix = "Hold the lock for less: do slow work before or after it, or use a lock for each key."
        return Sighting(
            "lock_wait",
            code.co_qualname,
            at,
            evidence,
            fix,
            waited_s,
            place.first_s,
            place.last_s,
            0.8,
            count=place.looks,
            is_total=True,
        )
    if place.looks < POLL_LOOKS or share < POLL_SHARE:
        return None
    spent_s = place.looks * period_s if place.kind == SPIN else None
    evidence = {"looks": place.looks, "share": share, "sleep_s": place.sleep_s}
    fix = "Wait until it has happened: an `Event`, a `Condition` or a `Queue` lets the thread sleep until then."
    return Sighting(
        "busy_polling",
        code.co_qualname,
        at,
        evidence,
        fix,
        spent_s,
        place.first_s,
        place.last_s,
        0.8,
        count=place.looks,
        is_total=True,
    )
