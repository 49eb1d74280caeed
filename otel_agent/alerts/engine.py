"""
The alert engine: one thread that evaluates groups of rules in time, and tells whom it concerns.

Evaluating, restoring and saving happen under `_lock`, by the thread or by a test that calls `evaluate`. Callbacks are called
after it was released: foreign code never runs under a lock of ours, and may ask the engine anything.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from otel_agent import guard, primitives
from otel_agent.alerts.groups import BUDGET_S, GroupRun, RuleRun, exchange_groups
from otel_agent.alerts.notify.acknowledgement import Acknowledgement, Acknowledgements
from otel_agent.alerts.reports import rule_status, status_points
from otel_agent.alerts.rules.model import RuleGroup
from otel_agent.alerts.schedule import ScheduledGroup
from otel_agent.alerts.state_file import read_state_file, restore_state, state_content, write_state_file
from otel_agent.alerts.states import Alert, AlertState, Transition
from otel_agent.arguments import function_argument, milliseconds, with_known_names
from otel_agent.clock import SYSTEM, Clock
from otel_agent.errors import RuleError
from otel_agent.lifecycle.threads import begin_thread
from otel_agent.series.store import Store

__all__ = ["AlertEngine"]

POLL_S = 0.2
"""How soon an event is noticed at the latest, in seconds."""
LAST_BUDGET_S = 0.25
"""How long one rule may take at the end of the process, in seconds: nothing comes after it."""
SAVE_INTERVAL_MS = 10_000
"""The state file is written at most this often, and at the end."""

OnChange = Callable[[Transition], object]
Notifier = Callable[[Any], Any]
TraceIds = Callable[[Alert], Sequence[str]]


class AlertEngine:
    """
    Rules over series, evaluated in time.

    Thread-safe. `_lock` guards the groups and the acknowledgements; `_wake` tells the thread that there is something to do.
    Nothing is evaluated before `start`, unless `evaluate` or `tick` is called.

    Args:
        groups: Groups of rules to evaluate.
        store: Series that the rules read and write.
        clock: Tells the moments of evaluation.
        state_file: Path of the file in which alerts are kept over a restart; `None` keeps them nowhere.
        refresh: Called with the moment before an evaluation because of an event, to bring the store up to date.
        trace_ids: Asked for the traces that show what an alert is about, when it becomes active.
        budget_s: How long one rule may take, in seconds.
    """

    def __init__(
        self,
        groups: Iterable[RuleGroup],
        store: Store,
        *,
        clock: Clock = SYSTEM,
        state_file: Path | None = None,
        refresh: Callable[[int], object] | None = None,
        trace_ids: TraceIds | None = None,
        budget_s: float = BUDGET_S,
    ) -> None:
        self._clock = clock
        self._state_file = state_file
        self._refresh = refresh
        self._trace_ids = trace_ids
        self._lock = primitives.Lock()
        self._wake = primitives.Event()
        self._is_closing = False
        self._thread: primitives.Thread | None = None
        self._store = store
        self._budget_s = budget_s
        self._is_begun = False
        self._scheduled = [ScheduledGroup(GroupRun(group, store, budget_s=budget_s)) for group in groups]
        self._callbacks: list[OnChange] = []
        self._add_notifier: Callable[[str, Notifier], object] | None = None
        self._acknowledged: list[Callable[[Acknowledgement], object]] = []
        self._acknowledgements = Acknowledgements()
        self._saved_at_ms = 0
        self._evaluation_count = 0
        self._restore()

    def on_change(self, callback: OnChange) -> None:
        """
        Be told of every change of an alert; also of flapping that begins or ends, as a change from a state to itself.

        Args:
            callback: Called in the evaluating thread; what it raises is counted and goes nowhere.

        Raises:
            TypeError: It cannot be called.
        """
        self._callbacks.append(function_argument("on_change: callback", callback))

    def notifier(self, name: str, function: Notifier) -> Notifier:
        """
        Have a function of your own told of every alert, beside whom the routes name.

        Args:
            name: Name of the notifier, in messages and counts; the same one again takes the place of the former function.
            function: Function of one notification, plain or async, called in a thread of its own. What it raises or how long
                it takes is its own affair: it is tried again like any other receiver.

        Returns:
            The function.

        Raises:
            RuleError: When it is no function, or the settings have a notifier of this name.
        """
        if not callable(function):
            raise RuleError([f"notifier {name!r}: a function of one notification is expected, not {function!r}"])
        if self._add_notifier is not None:
            self._add_notifier(name, function)
        return function

    def notify_by(self, add: Callable[[str, Notifier], object]) -> None:
        """
        Set who tells functions of the agent's.

        Args:
            add: Takes name and function of each.
        """
        self._add_notifier = add

    def on_acknowledge(self, callback: Callable[[Acknowledgement], object]) -> None:
        """
        Be told of every acknowledgement.

        Args:
            callback: Called in the thread that acknowledges; what it raises is counted and goes nowhere.

        Raises:
            TypeError: It cannot be called.
        """
        self._acknowledged.append(function_argument("on_acknowledge: callback", callback))

    def start(self) -> None:
        """Begin to evaluate, in a thread of our own. Does nothing when it was begun already, or there is no rule."""
        self._is_begun = True
        if self._thread is not None or not self._scheduled:
            return
        self._is_closing = False
        self._thread = begin_thread("alerts", self._run)

    def close(self, timeout_s: float = 1.0, *, is_last: bool = False) -> None:
        """
        Stop evaluating and save. Safe before `start`, and twice.

        Args:
            timeout_s: How long to wait for the thread, in seconds.
            is_last: Whether everything is evaluated once more before, because the process ends; without effect before `start`.
        """
        was_begun, self._is_begun = self._is_begun, False
        self._is_closing = True
        self._wake.set()
        thread, self._thread = self._thread, None
        if thread is not None and not thread.is_current():
            thread.join(timeout_s)
        if is_last and was_begun and self._scheduled:
            with guard.guarded("alerts.evaluate", "the end of the process could not be judged"):
                self._conclude()
        self._save(is_last=True)

    def wake(self, group: str | None = None) -> None:
        """
        Ask for an evaluation before its time, because something happened. Cheap, and safe in any thread.

        Args:
            group: Name of the group; `None` wakes all that may be woken.
        """
        for scheduled in self._scheduled:
            if scheduled.run.group.name == group or (group is None and scheduled.run.group.is_woken):
                scheduled.is_awake = True
        self._wake.set()

    @with_known_names
    def evaluate(self, at_s: float | None = None) -> list[Transition]:
        """
        Evaluate every group now, in this thread.

        Args:
            at_s: The moment, in seconds since 1970; `None` for the present one.

        Returns:
            Every change of an alert.

        Raises:
            TypeError: The moment is no number.
        """
        at_ms = self._now_ms() if at_s is None else milliseconds("evaluate: at_s", at_s)
        if at_s is None and self._refresh is not None:
            guard.swallow("alerts.refresh", "what just happened could not be counted", partial(self._refresh, at_ms))
        return self._evaluate([(scheduled, at_ms) for scheduled in self._scheduled])

    def replace(self, groups: Iterable[RuleGroup]) -> None:
        """
        Evaluate other rules from now on. What both have goes on as it stands; alerts of rules that are gone end, and that is told.

        Args:
            groups: Groups of rules to evaluate.
        """
        runs = [GroupRun(group, self._store, budget_s=self._budget_s) for group in groups]
        with self._lock:
            transitions = exchange_groups([scheduled.run for scheduled in self._scheduled], runs, self._now_ms())
            self._scheduled = [ScheduledGroup(run) for run in runs]
            for transition in transitions:
                self._acknowledgements.follow(transition)
        self._tell(transitions)
        if self._is_begun:
            self.start()
            self._wake.set()

    def active(self) -> list[Alert]:
        """The alerts that are pending or firing, as they are now."""
        with self._lock:
            return [alert.copied() for run in self._runs() for one in run.alertings() for alert in one.active()]

    @with_known_names
    def acknowledge(self, name: str, *, by: str, comment: str = "", until_s: float | None = None) -> int:
        """
        Say that somebody takes care, so that an alert is not repeated until it is over.

        A later alert of the same rule is news again, and so is a higher severity of this one.

        Args:
            name: Name of the rule, or the fingerprint of one alert.
            by: Who takes care.
            comment: Why, or what is being done.
            until_s: Moment at which it expires, in seconds since 1970; `None` for as long as the alert lasts.

        Returns:
            How many alerts it covers now.

        Raises:
            TypeError: The moment is no number.
        """
        now_ms = self._now_ms()
        until_ms = None if until_s is None else milliseconds("acknowledge: until_s", until_s)
        with self._lock:
            alerts = [alert for run in self._runs() for one in run.alertings() for alert in one.active()]
            made = [
                self._acknowledgements.add(a, by, comment, now_ms, until_ms)
                for a in alerts
                if name in (a.rule_name, a.fingerprint)
            ]
        for acknowledgement in made:
            for callback in self._acknowledged:
                guard.swallow(
                    "alerts.callback", "a callback of an acknowledgement failed", partial(callback, acknowledgement)
                )
        return len(made)

    def acknowledgement(self, alert: Alert) -> Acknowledgement | None:
        """
        Acknowledgement that covers an alert now; `None` when nobody takes care.

        Args:
            alert: The alert, pending or firing.
        """
        return self._acknowledgements.covering(alert, self._now_ms())

    def rules(self) -> list[RuleRun]:
        """Every rule with its health."""
        return self._runs()

    def status(self) -> dict[str, Any]:
        """Numbers of rules, alerts and evaluations, and names of those that fire or fail, as plain values."""
        return {
            **rule_status(self._runs(), self.active()),
            "evaluations": self._evaluation_count,
            "missed": sum(scheduled.missed_count for scheduled in self._scheduled),
        }

    def observations(self) -> list[tuple[int, dict[str, str]]]:
        """The points of `agent.alert.status`: for each rule and state 1 or 0, and their attributes."""
        return status_points(self._runs())

    def reinit_after_fork(self) -> None:
        """Make locks and the thread anew in a forked child."""
        was_running = self._thread is not None
        self._lock, self._wake, self._thread = primitives.Lock(), primitives.Event(), None
        if was_running:
            self.start()

    def _runs(self) -> list[RuleRun]:
        return [rule for scheduled in self._scheduled for rule in scheduled.run.rules]

    def _now_ms(self) -> int:
        return self._clock.wall_ns() // 1_000_000

    def _run(self) -> None:
        while not self._is_closing:
            with guard.guarded("alerts.evaluate", "alerts could not be evaluated; the next round tries again"):
                self.tick()
            now_ms = self._now_ms()
            wait_s = min((scheduled.wait_ms(now_ms) for scheduled in self._scheduled), default=1000) / 1000
            self._wake.wait(max(0.01, min(wait_s, POLL_S if any(p.is_awake for p in self._scheduled) else wait_s)))
            self._wake.clear()

    def tick(self) -> list[Transition]:
        """Evaluate the groups that are due."""
        now_ms = self._now_ms()
        due = [(scheduled, at_ms) for scheduled in self._scheduled if (at_ms := scheduled.due_at(now_ms)) is not None]
        if not due:
            return []
        if self._refresh is not None and any(scheduled.is_awake for scheduled, _ in due):
            guard.swallow("alerts.refresh", "what just happened could not be counted", partial(self._refresh, now_ms))
        return self._evaluate(due)

    def _conclude(self) -> None:
        now_ms = self._now_ms()
        if self._refresh is not None:
            guard.swallow("alerts.refresh", "what just happened could not be counted", partial(self._refresh, now_ms))
        due = [(each, max(now_ms, each.last_ms + 1)) for each in self._scheduled]
        self._evaluate(due, budget_s=max(self._budget_s, LAST_BUDGET_S))

    def _evaluate(self, due: list[tuple[ScheduledGroup, int]], budget_s: float | None = None) -> list[Transition]:
        transitions: list[Transition] = []
        with self._lock:
            for scheduled, at_ms in due:
                transitions += scheduled.run.evaluate(at_ms, budget_s)
                scheduled.done(at_ms, self._now_ms())
                self._evaluation_count += 1
            for transition in transitions:
                self._trace(transition)
                self._acknowledgements.follow(transition)
        self._tell(transitions)
        self._save(is_last=False)
        return transitions

    def _tell(self, transitions: Iterable[Transition]) -> None:
        for transition in transitions:
            for callback in self._callbacks:
                guard.swallow("alerts.callback", "a callback of an alert failed", partial(callback, transition))

    def _trace(self, transition: Transition) -> None:
        if self._trace_ids is None or transition.after is AlertState.INACTIVE or transition.alert.trace_ids:
            return
        with guard.guarded("alerts.traces", "the traces of an alert could not be found"):
            found = tuple(self._trace_ids(transition.alert))
            transition.alert.trace_ids = found
            for run in self._runs():
                for alerting in run.alertings():
                    if found and alerting.rule.name == transition.alert.labels.get("alertname"):
                        alerting.attach(transition.alert.labels, found)

    def _save(self, *, is_last: bool) -> None:
        path, now_ms = self._state_file, self._now_ms()
        if path is None or (not is_last and now_ms - self._saved_at_ms < SAVE_INTERVAL_MS):
            return
        self._saved_at_ms = now_ms
        with self._lock:
            content = state_content(self._runs(), self._acknowledgements, now_ms)
        with guard.guarded("alerts.save", f"the state of alerts could not be saved in {path}"):
            write_state_file(path, content)

    def _restore(self) -> None:
        if self._state_file is None:
            return
        with guard.guarded("alerts.restore", "the saved state of alerts is not used; judging begins anew"):
            restore_state(read_state_file(self._state_file), self._runs(), self._acknowledgements, self._now_ms())
