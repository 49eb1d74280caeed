"""Findings that are known: each once, at most so many, the least worth forgotten first."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from otel_agent import primitives
from otel_agent.clock import wall_ns
from otel_agent.guard import shared as guard
from otel_agent.insight.findings import TRACES, Finding, Sighting, fingerprint_of

__all__ = ["MOST", "QUIET_S", "FindingStore", "shared"]

MOST = 200
"""Findings that are kept."""

QUIET_S = 10.0
"""So long after it was last seen the time goes on to count as the finding's own, in seconds; see `FindingStore.findings`."""

LEAST_S = 1.0
"""Savings are averaged over no less than this, in seconds."""

ONCE_S = 0.25
"""What was seen a single time, and saves less than this in a minute, is not told: now and then a machine is slow by itself."""

Listener = Callable[[Finding], object]
"""Told of each finding when it is first seen, on the thread that saw it."""


@dataclass(slots=True)
class _Known:
    """What is known of one finding."""

    latest: Sighting
    fingerprint: str
    began_s: float
    ended_s: float
    saved_s: float | None
    count: int
    trace_ids: tuple[str, ...]


class FindingStore:
    """
    Findings of one process. Thread-safe: `_lock` guards what is known, and nobody is called under it.

    Args:
        most: Findings that are kept.
        now_s: Tells seconds since 1970.
    """

    def __init__(self, most: int = MOST, now_s: Callable[[], float] = lambda: wall_ns() / 1e9) -> None:
        self._most = most
        self._now_s = now_s
        self._begun_s = 0.0
        self._listeners: list[Listener] = []
        self._is_wanted: Callable[[str], bool] = lambda _: True
        self._clear()

    def _clear(self) -> None:
        self._lock = primitives.Lock()
        self._known: dict[str, _Known] = {}

    def begin(self, is_wanted: Callable[[str], bool], most: int = MOST) -> None:
        """
        Begin anew, with nothing known and nobody told.

        Args:
            is_wanted: Whether findings of a rule are to be kept.
            most: Findings that are kept.
        """
        self._listeners = []
        self._begun_s = self._now_s()
        self._is_wanted = is_wanted
        self._most = most
        self._clear()

    def on_new(self, listener: Listener) -> None:
        """
        Tell somebody of each finding when it is first seen.

        Args:
            listener: See `Listener`; what it raises is reported and goes no further.
        """
        self._listeners.append(listener)

    def saw(self, sighting: Sighting) -> bool:
        """
        Take in a sighting.

        Args:
            sighting: What a detector has seen.

        Returns:
            Whether it is new.
        """
        if not self._is_wanted(sighting.rule):
            return False
        fingerprint = fingerprint_of(sighting.rule, sighting.subject, sighting.place)
        with self._lock:
            known = self._known.get(fingerprint)
            if known is not None:
                _add(known, sighting)
                return False
            self._known[fingerprint] = known = _Known(
                sighting,
                fingerprint,
                sighting.began_s,
                sighting.ended_s,
                sighting.saved_s,
                sighting.count,
                sighting.trace_ids[:TRACES],
            )
            if len(self._known) > self._most:
                del self._known[self._least()]
            finding = self._finding(known)
        for listener in self._listeners:
            try:
                listener(finding)
            except Exception as error:  # noqa: BLE001 - one who is told must not keep it from the others
                guard.report("insight.listener", "a finding could not be passed on", error)
        return True

    def forget(self, rule: str, subject: str, place: str) -> None:
        """
        Forget a finding that has turned out not to be one.

        Args:
            rule: Name of the rule.
            subject: Function, query or cache.
            place: File and line.
        """
        with self._lock:
            self._known.pop(fingerprint_of(rule, subject, place), None)

    def findings(self) -> list[Finding]:
        """
        What is known, most saving first; what was seen a single time and saves next to nothing by now is left out.

        Savings are averaged from the moment at which a finding was first seen to this one; of the time since it was last seen the first
        `QUIET_S` do not count, so that an agent that has just come to its end is not taken for an idle one.
        """
        with self._lock:
            found = self._worth_telling()
        return sorted(found, key=lambda each: (-(each.saving_s_per_min or 0.0), -each.confidence, each.fingerprint))

    def counts(self) -> Mapping[str, int]:
        """Findings that are known, by rule."""
        with self._lock:
            return Counter(finding.rule for finding in self._worth_telling())

    def reinit_after_fork(self) -> None:
        """Know nothing in a forked child."""
        self._clear()

    def _worth_telling(self) -> list[Finding]:
        return [self._finding(known) for known in self._known.values() if self._is_worth_telling(known)]

    def _is_worth_telling(self, known: _Known) -> bool:
        if known.count > 1 or known.saved_s is None:
            return True
        known_for_s = self._now_s() - max(known.began_s, self._begun_s)
        return known.saved_s / max(known_for_s, LEAST_S) * 60 >= ONCE_S

    def _finding(self, known: _Known) -> Finding:
        latest = known.latest
        saving = None
        if known.saved_s is not None:
            until_s = max(known.ended_s, self._now_s() - QUIET_S)
            saving = known.saved_s / max(until_s - known.began_s, LEAST_S) * 60
        return Finding(
            latest.rule,
            latest.subject,
            latest.place,
            dict(latest.evidence),
            saving,
            latest.confidence,
            latest.fix,
            known.trace_ids,
            known.fingerprint,
            known.began_s,
            known.ended_s,
            known.count,
        )

    def _least(self) -> str:
        """The one that is worth least; the newest is spared, so that what comes later has its chance."""
        *older, _ = self._known.items()
        return min(older, key=lambda item: (item[1].saved_s or 0.0, item[1].ended_s))[0]


def _add(known: _Known, sighting: Sighting) -> None:
    known.latest = sighting
    known.ended_s = max(known.ended_s, sighting.ended_s)
    known.began_s = min(known.began_s, sighting.began_s)
    if sighting.is_total:
        known.saved_s, known.count = sighting.saved_s, sighting.count
    else:
        known.count += sighting.count
        if sighting.saved_s is not None:
            known.saved_s = (known.saved_s or 0.0) + sighting.saved_s
    fresh = [each for each in sighting.trace_ids if each not in known.trace_ids]
    known.trace_ids = (*known.trace_ids, *fresh)[:TRACES]


shared = FindingStore()
"""Findings of this process."""
