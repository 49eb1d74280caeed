"""
The monitor: one thread keeps the state of everything that is watched up to date, and anyone reads it.

Probes, metrics and `telemetry.health` read what is cached here; nothing is ever checked while somebody waits for an answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from otel_agent import primitives
from otel_agent.clock import SYSTEM, Clock
from otel_agent.guard import shared as guard
from otel_agent.health.check_runner import CheckRunner
from otel_agent.health.loops import LoopProbe
from otel_agent.health.registry import Check, CheckRegistry, Heartbeat
from otel_agent.health.reports import DELIVERY, HealthChange, HealthReport, OutsideReadings, build_report, changes
from otel_agent.health.stalls import Stall, stalls
from otel_agent.health.states import CheckOutcome, HealthComponent, HealthState, judge, unless_stale
from otel_agent.health.thresholds import Threshold, missed, unless_unread, update
from otel_agent.lifecycle.threads import begin_thread

__all__ = ["TICK_S", "HealthMonitor"]

TICK_S = 1.0
"""How often everything is looked at, in seconds. Probes do not wait for it: they see a late heartbeat at once."""

BUSY_TICK_S = 0.1
"""How often while a check runs, in seconds, so that its outcome counts soon."""

STALE_S = 10.0
"""A check is stale when its next outcome is overdue by this much, in seconds."""


@dataclass(slots=True)
class _Judged:
    """Components and thresholds as they were judged last, by name."""

    components: dict[str, HealthComponent] = field(default_factory=dict)
    thresholds: dict[str, Threshold] = field(default_factory=dict)


class HealthMonitor:
    """
    Runs the checks of a registry and keeps their outcomes.

    `_lock` guards `_judged`; it is never held while a check, a reading or a listener runs.

    Args:
        registry: Checks and heartbeats, also those declared later.
        thresholds: Limits on the readings of `look`, by name.
        look: Returns at once what was read since the last round; None when nothing was.
        on_change: Called with each change of state, on the monitor's thread; returns at once. None: nobody is told.
        on_tick: Called after each round, on the monitor's thread; returns at once.
        clock: Clock that says what is due and stale.
        loops: Looked after with everything else; None: event loops are not watched.
        tick_s: Time between two rounds, in seconds; above 0.
    """

    def __init__(
        self,
        registry: CheckRegistry,
        thresholds: Sequence[Threshold] = (),
        look: Callable[[], OutsideReadings | None] = lambda: None,
        on_change: Callable[[HealthChange], object] | None = None,
        on_tick: Callable[[], object] = lambda: None,
        clock: Clock = SYSTEM,
        loops: LoopProbe | None = None,
        tick_s: float = TICK_S,
    ) -> None:
        self._registry = registry
        self._read_outside = look
        self._on_change = on_change
        self._on_tick = on_tick
        self._clock = clock
        self._loops = loops
        self._tick_s = tick_s
        self._lock = primitives.Lock()
        self._judged = _Judged(thresholds={threshold.name: threshold for threshold in thresholds})
        self._states: dict[str, HealthState] = {}
        self._is_started = False
        self._is_draining = False
        self._runner = self._new_runner()
        self._stop = primitives.Event()
        self._thread: primitives.Thread | None = None

    def start(self) -> None:
        """Begin to watch, on a thread of its own; a second call does nothing."""
        if self._thread is None:
            self._stop.clear()
            self._thread = begin_thread("health", self._run)

    def close(self, timeout_s: float = 1.0) -> None:
        """
        Stop watching; safe before `start` and safe twice.

        Args:
            timeout_s: To wait for the thread, in seconds.
        """
        thread, self._thread = self._thread, None
        self._stop.set()
        if thread is not None and not thread.is_current():
            thread.join(timeout_s)

    def started(self) -> None:
        """The agent is set up: /startupz and, unless something is wrong, /readyz turn 200."""
        now_s = self._clock.monotonic_s()
        for beat in self._registry.heartbeats():
            if beat.thread_id is None:
                beat.last_s = now_s
        self._is_started = True

    def drain(self) -> None:
        """The agent is leaving: /readyz turns 503 at once; /livez stays as it is."""
        self._is_draining = True

    def report(self) -> HealthReport:
        """What is known now. Costs no check; heartbeats are looked at afresh."""
        now_s = self._clock.monotonic_s()
        beats = [beat for beat in self._registry.heartbeats() if self._is_started or beat.thread_id is not None]
        late = stalls(beats)
        # A check that was declared a moment ago and never ran is unknown, not absent.
        self._keep(self._registry.checks())
        with self._lock:
            components = [unless_stale(component, now_s) for component in self._judged.components.values()]
            thresholds = [unless_unread(threshold, now_s) for threshold in self._judged.thresholds.values()]
        components += _as_components(beats, late)
        return build_report(components, thresholds, late, is_started=self._is_started, is_draining=self._is_draining)

    def tick(self) -> None:
        """One round of the thread: public so that a test can turn it by hand."""
        checks = self._registry.checks()
        self._keep(checks)
        self._runner.tick(checks)
        if self._loops is not None:
            self._loops.tick()
        self._look(self._clock.monotonic_s())
        self._compare()
        self._on_tick()

    def reinit_after_fork(self) -> None:
        """In a forked child nobody watches: checks and drain are the parent's, and it has neither thread nor server."""
        self._is_draining = False
        self._registry = CheckRegistry(self._clock)
        self._lock = primitives.Lock()
        self._judged = _Judged()
        self._states = {}
        self._thread = None
        self._stop = primitives.Event()
        self._runner = self._new_runner()
        if self._loops is not None:
            self._loops.reinit_after_fork()

    def _new_runner(self) -> CheckRunner:
        if self._loops is None:
            return CheckRunner(self._judge, self._clock)
        return CheckRunner(self._judge, self._clock, self._loops.main_loop)

    def _run(self) -> None:
        is_over = False
        while not is_over:
            try:
                self.tick()
            except Exception as error:  # noqa: BLE001 - top of a thread
                guard.report("health.tick", "a round of health checks failed; the next follows", error)
            is_over = self._stop.wait(BUSY_TICK_S if self._runner.is_busy() else self._tick_s)

    def _judge(self, check: Check, outcome: CheckOutcome) -> None:
        with self._lock:
            known = self._judged.components.get(check.name, _as_component(check))
            self._judged.components[check.name] = judge(known, outcome, self._clock.monotonic_s())

    def _keep(self, checks: Sequence[Check]) -> None:
        """Forget components whose check is gone, begin with those that are new, follow those declared anew."""
        with self._lock:
            before = self._judged.components
            self._judged.components = {check.name: _as_component(check, before.get(check.name)) for check in checks}
            if DELIVERY in before and DELIVERY not in self._judged.components:
                self._judged.components[DELIVERY] = before[DELIVERY]

    def _look(self, now_s: float) -> None:
        outside = self._read_outside()
        with self._lock:
            thresholds = self._judged.thresholds
            for name, threshold in thresholds.items():
                if outside is None:
                    thresholds[name] = threshold if threshold.seen_s is not None else replace(threshold, seen_s=now_s)
                    continue
                value = outside.ratios.get(name)
                thresholds[name] = missed(threshold, now_s) if value is None else update(threshold, value, now_s)
            if outside is None:
                return
            if outside.is_delivering:
                # Never critical, never worse than degraded: telemetry must not take the agent out of service.
                state = HealthState.HEALTHY if outside.delivery_trouble is None else HealthState.DEGRADED
                self._judged.components[DELIVERY] = HealthComponent(
                    DELIVERY,
                    state=state,
                    message=outside.delivery_trouble or "",
                    checked_at_s=now_s,
                    stale_after_s=STALE_S,
                )

    def _compare(self) -> None:
        """Tell what has changed since the last round."""
        report = self.report()
        for threshold in report.thresholds:
            if threshold.is_unknown:
                guard.report(
                    f"health.threshold.{threshold.name}",
                    f"{threshold.name} of the machine cannot be read, so its threshold is unknown; switch it off with"
                    f" health.thresholds.{threshold.name}: false, or let the agent read it",
                )
            else:
                guard.recovered(f"health.threshold.{threshold.name}", f"{threshold.name} of the machine is read again")
        found = report.states()
        before, self._states = self._states, {name: state for name, (state, _) in found.items()}
        if self._on_change is not None:
            for change in changes(before, found):
                self._on_change(change)


def _as_component(check: Check, known: HealthComponent | None = None) -> HealthComponent:
    return replace(
        known or HealthComponent(check.name),
        is_critical=check.is_critical,
        failure_threshold=check.failure_threshold,
        success_threshold=check.success_threshold,
        is_check=True,
        stale_after_s=check.interval_s + check.timeout_s + STALE_S,
    )


def _as_components(beats: Sequence[Heartbeat], late: Sequence[Stall]) -> list[HealthComponent]:
    ages = {stall.name: stall.age_s for stall in late}
    found = []
    for beat in beats:
        age_s = ages.get(beat.name)
        state = HealthState.HEALTHY if age_s is None else HealthState.UNHEALTHY
        message = "" if age_s is None else f"no beat for {age_s:.1f} s (at most {beat.within_s:g} s)"
        found.append(
            HealthComponent(beat.name, beat.is_critical, state=state, message=message, checked_at_s=beat.last_s)
        )
    return found
