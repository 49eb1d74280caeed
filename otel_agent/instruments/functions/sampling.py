"""
Which decorated functions are looked at, and what is found: results that could be kept, spans that cost too much.

Called in rounds, off the agent's threads. Functions that take their time are given a probe that looks at some of their calls; those that
call tools or services one that looks at each, at once, when they are decorated.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import CodeType
from typing import Any
from weakref import WeakKeyDictionary

from otel_agent.clock import wall_ns
from otel_agent.insight.call_notes import CallNotes
from otel_agent.insight.detectors.functions import ArgumentStatistics, CacheVerdict
from otel_agent.insight.detectors.instrumentation import SPAN_S, span_cost_s
from otel_agent.insight.findings import Sighting
from otel_agent.insight.purity import impurity
from otel_agent.instruments.agent_frames import place_of
from otel_agent.instruments.functions.binding import Binding
from otel_agent.instruments.functions.calls import TracedFunction
from otel_agent.instruments.functions.probes import AwaitedCallProbe, CallProbe, Sample, SampleProbe, arm, disarm
from otel_agent.recording.durations import Durations, FunctionDurations

__all__ = ["FunctionSampling"]

MOST_ARMED = 64
"""Functions that are sampled at the same time, those with most time first."""

LEAST_MEAN_S = 20e-6
LEAST_RATE = 1.0
"""Functions that are quicker, or called less often a second, are not sampled."""

CACHE_S = 1e-6
"""What an answer from a cache costs."""

AGAIN_S = 600.0
"""A function that has turned out not to be cacheable is sampled again after so long."""

_STEPWISE = 0x20 | 0x80 | 0x100 | 0x200
_COROUTINE = 0x80


@dataclass(slots=True)
class _Watched:
    """One function under the eye."""

    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=4096))
    statistics: ArgumentStatistics = field(default_factory=ArgumentStatistics)
    is_armed: bool = False
    armed_calls: int = 0
    armed_took_s: float = 0.0
    armed_s: float = 0.0
    """Calls there had been when it was armed, the time they took, and when that was."""
    calls: int = 0
    took_s: float = 0.0
    began_s: float = 0.0
    ended_s: float = 0.0
    again_s: float = 0.0
    """It is not sampled before this."""
    reason: str | None = None
    is_read: bool = False
    """Whether its code has been looked at."""
    is_found: bool = False


class FunctionSampling:
    """
    Samples decorated functions.

    Args:
        binding: Everything that is decorated.
        durations: What their calls took.
        notes: Takes what is known of calls of tools and services.
        saw: Takes sightings.
        forget: Takes back a finding: rule, subject, place.
        began_s: Since when calls are counted, in seconds since 1970; None for now.
        now_s: Tells seconds since 1970.
    """

    def __init__(
        self,
        binding: Binding,
        durations: Durations,
        notes: CallNotes,
        saw: Callable[[Sighting], object],
        forget: Callable[[str, str, str], object] = lambda *_: None,
        began_s: float | None = None,
        now_s: Callable[[], float] = lambda: wall_ns() / 1e9,
    ) -> None:
        self._binding = binding
        self._durations = durations
        self._notes = notes
        self._saw = saw
        self._forget = forget
        self._now_s = now_s
        self._looked_s = now_s() if began_s is None else began_s
        self._watched: WeakKeyDictionary[Any, _Watched] = WeakKeyDictionary()
        self.is_sampling = True
        """Whether functions are sampled whose results could be kept."""

    def close(self) -> None:
        """Put every function back."""
        for each in self._binding.each():
            disarm(getattr(each, "cell", None))

    def note_calls(self, bindable: Any) -> None:
        """
        Look at every call of a function that calls tools or services.

        Args:
            bindable: What was decorated, of any kind.
        """
        if isinstance(bindable, TracedFunction) and bindable.calls_outside:
            cell = bindable.cell
            if cell is not None and bindable.code is not None:
                probe = AwaitedCallProbe if bindable.code.co_flags & _COROUTINE else CallProbe
                arm(cell, lambda function: probe(function, self._notes, cell))

    def round(self) -> None:
        """Look at what has been called since the last round."""
        now_s, before_s = self._now_s(), self._looked_s
        self._looked_s = now_s
        candidates: list[tuple[float, Any, _Watched]] = []
        each: Any
        for each in self._binding.each():
            code, series = getattr(each, "code", None), getattr(each, "series", None)
            if code is None or series is None or code.co_flags & _STEPWISE:
                continue
            watched = self._count(each, series, now_s, before_s)
            if watched is None:
                continue
            if isinstance(each, TracedFunction):
                self._judge_spans(each, code, watched)
            if self.is_sampling and each.cell is not None:
                if watched.is_armed:
                    self._judge_arguments(each, code, watched, now_s)
                elif self._is_worth_it(each, watched, now_s):
                    candidates.append((watched.took_s, each, watched))
        self._arm(candidates)

    def _count(self, bindable: Any, series: FunctionDurations, now_s: float, before_s: float) -> _Watched | None:
        watched = self._watched.get(bindable)
        sorted_in = series.sorted.get(None)
        is_quiet = not (series.pending or series.pending_s or series.waiting)
        if watched is None:
            if is_quiet and sorted_in is None:
                return None
            watched = self._watched[bindable] = _Watched(began_s=before_s)
        elif is_quiet and (sorted_in is None or sorted_in.sum_ns / 1e9 == watched.took_s):
            return watched if watched.is_armed else None
        calls, took_ns = self._durations.total(series)
        if calls > watched.calls:
            watched.ended_s = now_s
        watched.calls, watched.took_s = calls, took_ns / 1e9
        return watched

    def _is_worth_it(self, bindable: Any, watched: _Watched, now_s: float) -> bool:
        elapsed_s = max(now_s - watched.began_s, 1.0)
        return (
            watched.calls >= 10  # noqa: PLR2004 - fewer may be the beginning of anything
            and watched.took_s >= LEAST_MEAN_S * watched.calls
            and watched.calls >= LEAST_RATE * elapsed_s
            and now_s >= watched.again_s
            and watched.reason is None
            and not (isinstance(bindable, TracedFunction) and bindable.calls_outside)
        )

    def _arm(self, candidates: list[tuple[float, Any, _Watched]]) -> None:
        armed = sum(1 for watched in list(self._watched.values()) if watched.is_armed)
        for _, bindable, watched in sorted(candidates, key=lambda each: -each[0])[: max(0, MOST_ARMED - armed)]:
            if not watched.is_read:
                watched.is_read = True
                watched.reason = impurity(bindable.cell.cell_contents)
                if watched.reason is not None:
                    continue
            watched.is_armed = arm(bindable.cell, partial(SampleProbe, samples=watched.samples))
            watched.armed_calls, watched.armed_took_s, watched.armed_s = watched.calls, watched.took_s, self._looked_s

    def _judge_arguments(self, bindable: Any, code: CodeType, watched: _Watched, now_s: float) -> None:
        samples, statistics = watched.samples, watched.statistics
        while samples:
            sample = samples.popleft()
            statistics.add(
                sample.argument,
                sample.result,
                sample.took_ns,
                has_changed=sample.has_changed,
                is_none=sample.is_none,
                is_error=sample.is_error,
            )
        verdict = statistics.verdict(watched.calls - watched.armed_calls)
        elapsed_s = max(watched.ended_s - watched.began_s, 1.0)
        if verdict.is_cacheable and watched.calls > watched.armed_calls and watched.calls >= LEAST_RATE * elapsed_s:
            watched.is_found = True
            self._saw(_cacheable(bindable, code, watched, verdict))
        elif verdict.is_hopeless:
            disarm(bindable.cell)
            watched.is_armed = False
            watched.again_s = now_s + AGAIN_S
            watched.statistics = ArgumentStatistics()
            if watched.is_found:
                watched.is_found = False
                self._forget("cacheable", _name(bindable), place_of(code))

    def _judge_spans(self, traced_function: TracedFunction, code: CodeType, watched: _Watched) -> None:
        if traced_function.hot is None or traced_function.limit is not None:
            return
        elapsed_s = max(watched.ended_s - watched.began_s, 0.5)
        saved_s = span_cost_s(watched.calls, watched.took_s, elapsed_s)
        if saved_s is not None:
            self._saw(
                Sighting(
                    "over_instrumented",
                    _name(traced_function),
                    place_of(code),
                    {
                        "calls": watched.calls,
                        "mean_s": watched.took_s / watched.calls,
                        "span_s": SPAN_S,
                        "share": saved_s / max(watched.took_s, 1e-9),
                    },
                    "Decorate it with `otel_agent.timed` instead of `traced`: durations and counts stay, the spans go.",
                    saved_s,
                    watched.began_s,
                    watched.ended_s,
                    0.8,
                    count=watched.calls,
                    is_total=True,
                )
            )


def _name(bindable: Any) -> str:
    name: str = getattr(bindable, "function_name", None) or bindable.name
    return name


def _cacheable(bindable: Any, code: CodeType, watched: _Watched, verdict: CacheVerdict) -> Sighting:
    # What is saved is counted from the moment on at which it was looked at: when it was first called is not known.
    calls = watched.calls - watched.armed_calls
    mean_s = (watched.took_s - watched.armed_took_s) / calls
    saved_s = max(0.0, verdict.repeat_share * calls * (mean_s - CACHE_S))
    return Sighting(
        "cacheable",
        _name(bindable),
        place_of(code),
        {
            "calls": watched.calls,
            "mean_s": mean_s,
            "sampled": verdict.samples,
            "arguments": verdict.distinct,
            "repeats": verdict.repeat_share,
        },
        "Keep its results: decorate it with `otel_agent.cached`, or with `functools.lru_cache`.",
        saved_s,
        watched.armed_s,
        watched.ended_s,
        min(0.99, 0.7 + verdict.samples / 10_000),
        count=watched.calls,
        is_total=True,
    )
