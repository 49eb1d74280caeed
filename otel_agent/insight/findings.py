"""
`Finding`, the record that users read, and `Sighting`, from which it is made.

A detector makes a sighting each time it sees something. Sightings of the same rule, subject and place are one finding; the store
adds up what they save.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

__all__ = ["RULES", "Evidence", "Finding", "Sighting", "fingerprint_of"]

Evidence = Mapping[str, float | int | str]
"""Numbers by name; now and then a text, such as the plan of a query."""

RULES: Mapping[str, str] = {
    "cacheable": "A function is asked the same again and again, and answers the same.",
    "n_plus_one": "A query is sent for each row of another one.",
    "repeated_query": "A query is sent from one line again and again within one piece of work.",
    "consecutive_calls": "Calls to other services or databases wait for each other and need not.",
    "slow_query": "A query takes long, or most of the time in the database.",
    "pool_starvation": "Connections are waited for, because the pool has too few.",
    "blocked_loop": "A line keeps the event loop from everything else.",
    "gc_pressure": "Garbage collection takes a noticeable share of the time.",
    "memory_growth": "Objects of one type become more and more.",
    "redundant_tool_calls": "A tool is asked the same again, and brings nothing new.",
    "sequential_tools": "Tools run one after another and need nothing of each other.",
    "low_value_cache": "A cache answers few of its lookups.",
    "over_instrumented": "The spans of a function cost a noticeable share of its time.",
    "lock_wait": "Threads wait for a lock at one line.",
    "busy_polling": "A loop asks again and again whether something has happened.",
    "baseline": "A function has become slower than it was.",
}
"""Every rule, and what it finds in one sentence."""

TRACES = 5
"""Traces that a finding names."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that can be made better."""

    rule: str
    """Name of the rule, one of `RULES`."""
    subject: str
    """Function, query or cache it is about."""
    place: str
    """File and line, "trader/book.py:112"; empty where there is none."""
    evidence: Evidence
    """What was counted and measured, by name."""
    saving_s_per_min: float | None
    """Seconds saved in each minute of running, averaged since it was first seen; None where it is not time."""
    confidence: float
    """How sure it is, from 0 to 1."""
    fix: str
    """What to do, in one sentence."""
    trace_ids: tuple[str, ...] = ()
    """Traces that show it, in hexadecimal."""
    fingerprint: str = ""
    """The same for the same rule, subject and place, also in another process."""
    first_seen_s: float = 0.0
    """When it was first seen, in seconds since 1970."""
    last_seen_s: float = 0.0
    """When it was last seen, in seconds since 1970."""
    count: int = 1
    """How often it was seen."""

    def __str__(self) -> str:
        saving = "" if self.saving_s_per_min is None else f" (saves {self.saving_s_per_min:.2g} s a minute)"
        numbers = ", ".join(f"{name} {_number(value)}" for name, value in self.evidence.items())
        return f"{self.rule} at {self.place or 'no line'}: {self.subject}: {numbers}. {self.fix}{saving}"

    def as_dict(self) -> dict[str, object]:
        """Every field by name, as plain values that JSON has."""
        return {
            "rule": self.rule,
            "subject": self.subject,
            "place": self.place,
            "evidence": dict(self.evidence),
            "saving_s_per_min": self.saving_s_per_min,
            "confidence": self.confidence,
            "fix": self.fix,
            "trace_ids": list(self.trace_ids),
            "fingerprint": self.fingerprint,
            "first_seen_s": self.first_seen_s,
            "last_seen_s": self.last_seen_s,
            "count": self.count,
        }


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a detector has seen once, or all that it has seen so far."""

    rule: str
    """Name of the rule, one of `RULES`."""
    subject: str
    """Function, query or cache; never an argument or a value."""
    place: str
    """File and line; empty where there is none."""
    evidence: Evidence
    """Numbers by name."""
    fix: str
    """What to do, in one sentence that ends with a full stop."""
    saved_s: float | None
    """Seconds that the fix would have saved here; None where it is not time."""
    began_s: float
    """When what was seen began, in seconds since 1970."""
    ended_s: float
    """When it ended, in seconds since 1970."""
    confidence: float = 0.9
    """From 0 to 1."""
    trace_ids: tuple[str, ...] = field(default=())
    """Traces that show it, in hexadecimal."""
    count: int = 1
    """How often it was seen."""
    is_total: bool = False
    """Whether `saved_s` and `count` are all there is since `began_s`; otherwise they are added to what is known."""


def fingerprint_of(rule: str, subject: str, place: str) -> str:
    """
    What tells a finding from all others.

    Args:
        rule: Name of the rule.
        subject: Function, query or cache.
        place: File and line.

    Returns:
        Sixteen hexadecimal digits.
    """
    return blake2b(f"{rule}\0{subject}\0{place}".encode("utf-8", "replace"), digest_size=8).hexdigest()


def _number(value: float | str) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
