"""
Event loops that a line keeps from everything else.

A loop that is late by more than it may is looked at while it is: what its thread stands in then is what blocks it. A function that was seen
so often enough is found, at the line it was seen at most.
"""

from collections import Counter
from dataclasses import dataclass, field
from types import CodeType

from otel_agent.insight.findings import Sighting

__all__ = ["FEWEST", "BlockedLoops"]

FEWEST = 3
"""Looks that have to agree."""

MOST_FUNCTIONS = 256

Place = tuple[CodeType, int]
"""Code of a function of the agent's, and the line at which it stood."""


@dataclass(slots=True)
class _Blocking:
    lines: Counter[int] = field(default_factory=Counter)
    looks: int = 0
    times: int = 0
    blocked_s: float = 0.0
    longest_s: float = 0.0
    began_s: float = 0.0
    ended_s: float = 0.0
    line: int = 0
    """Where it was found; 0 before that."""


class BlockedLoops:
    """Blocked times by the function that blocked. Used by one thread."""

    def __init__(self) -> None:
        self._functions: dict[CodeType, _Blocking] = {}

    def blocked(
        self, looks: Counter[Place], blocked_s: float, began_s: float, *, sleeping: bool = False
    ) -> Sighting | None:
        """
        Take in one time in which a loop was blocked.

        Args:
            looks: Where its thread was seen meanwhile, and how often, a look that was held up counted as the looks it stands for.
            blocked_s: How long it was blocked, in seconds.
            began_s: When that began, in seconds since 1970.
            sleeping: Whether it was in `time.sleep`.

        Returns:
            What is known of the function that it was seen in most; None while that is too little.
        """
        if not looks:
            return None
        functions: Counter[CodeType] = Counter()
        for (code, _), count in looks.items():
            functions[code] += count
        code, _ = functions.most_common(1)[0]
        known = self._functions.get(code)
        if known is None:
            if len(self._functions) >= MOST_FUNCTIONS:
                self._functions.clear()
            known = self._functions[code] = _Blocking(began_s=began_s)
        known.looks += functions[code]
        known.times += 1
        known.blocked_s += blocked_s
        known.longest_s = max(known.longest_s, blocked_s)
        known.ended_s = began_s + blocked_s
        for (found, line), count in looks.items():
            if found is code:
                known.lines[line] += count
        if known.looks < FEWEST:
            return None
        if not known.line:
            known.line = known.lines.most_common(1)[0][0]
        fix = (
            "Wait with `await asyncio.sleep(…)`, which lets the others go on."
            if sleeping
            else "Move it off the loop with `await asyncio.to_thread(…)`, or use a library that awaits."
        )
        return Sighting(
            "blocked_loop",
            code.co_qualname,
            f"{code.co_filename}:{known.line}",
            {
                "times": known.times,
                "blocked_s": known.blocked_s,
                "longest_s": known.longest_s,
                "looks": known.looks,
            },
            fix,
            known.blocked_s,
            known.began_s,
            known.ended_s,
            0.9,
            count=known.times,
            is_total=True,
        )
