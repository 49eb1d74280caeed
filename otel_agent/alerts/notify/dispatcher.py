"""
Dispatcher of notifications, from changes of alerts to messages: routes, groups, inhibition, acknowledgement, then one worker for each receiver.

`offer` is called by the evaluating thread and only appends to a bounded queue. A thread of our own turns what is queued into
messages; `tick` does one round of that and is what tests call. Nothing here waits for a receiver.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from otel_agent import guard, primitives
from otel_agent.alerts.notify.acknowledgement import Acknowledgement
from otel_agent.alerts.notify.boundary import NotificationBoundary
from otel_agent.alerts.notify.grouping import AlertGroup
from otel_agent.alerts.notify.notification import Notification, Receiver
from otel_agent.alerts.notify.routing import Inhibition, Route, is_inhibited, routes_for
from otel_agent.alerts.notify.workers import ReceiverWorker
from otel_agent.alerts.states import Alert, AlertState, Transition
from otel_agent.clock import SYSTEM, Clock
from otel_agent.errors import RuleError
from otel_agent.lifecycle.threads import begin_thread
from otel_agent.series.labels import Labels

__all__ = ["Dispatcher"]

QUEUE_LIMIT = 50_000
"""Changes that wait to be grouped; more than any two evaluations bring."""
POLL_S = 0.25
"""How often groups are looked at, in seconds."""


class Dispatcher:
    """
    Turns changes of alerts into messages.

    `_lock` guards the groups; it is held for a round and never while a receiver is called. `_inbox` is a deque, whose
    appending and taking are atomic.

    Args:
        receivers: The receivers, each with a name of its own.
        routes: Routes from alerts to receivers; without any, every receiver is told of everything.
        inhibitions: Which alerts need not be told while others fire.
        boundary: What receivers are told has passed it.
        is_acknowledged: Whether somebody takes care of an alert.
        clock: Times groups and pauses.
        send: Takes messages in place of the workers, for tests.

    Raises:
        RuleError: When a route names a receiver that does not exist.
    """

    def __init__(
        self,
        receivers: Iterable[Receiver],
        routes: Sequence[Route] = (),
        inhibitions: Sequence[Inhibition] = (),
        *,
        boundary: NotificationBoundary | None = None,
        is_acknowledged: Callable[[Alert], bool] = lambda _: False,
        clock: Clock = SYSTEM,
        send: Callable[[Notification], object] | None = None,
    ) -> None:
        self._boundary = boundary
        self._workers = {receiver.name: ReceiverWorker(receiver, boundary, clock=clock) for receiver in receivers}
        self._routes = tuple(routes) or (Route(tuple(self._workers)),)
        unknown = [name for route in self._routes for name in route.to if name not in self._workers]
        if unknown:
            known = ", ".join(self._workers) or "none"
            raise RuleError([f"a route leads to {name!r}, which is no receiver; known: {known}" for name in unknown])
        self._added_routes: tuple[Route, ...] = ()
        self._inhibitions = tuple(inhibitions)
        self._is_acknowledged = is_acknowledged
        self._clock = clock
        self._send = send
        self._lock = primitives.Lock()
        self._inbox: deque[Transition] = deque()
        self._groups: dict[tuple[str, int, Labels], AlertGroup] = {}
        self._firing: dict[str, Alert] = {}
        self._wake = primitives.Event()
        self._is_closing = False
        self._thread: primitives.Thread | None = None
        self.dropped_count = 0
        self.notification_count = 0

    def offer(self, transition: Transition) -> None:
        """
        Take a change of an alert. Cheap, and safe in any thread.

        Args:
            transition: Change of an alert.
        """
        if transition.after is AlertState.PENDING or (
            transition.before is AlertState.PENDING and transition.after is AlertState.INACTIVE
        ):
            return
        if len(self._inbox) >= QUEUE_LIMIT:
            self.dropped_count += 1
            return
        self._inbox.append(transition)
        self._wake.set()

    def acknowledged(self, acknowledgement: Acknowledgement) -> None:
        """
        Pass an acknowledgement on to the receivers that keep silences themselves. Never blocks.

        Args:
            acknowledgement: Who takes care of what.
        """
        for worker in self._workers.values():
            worker.silence(acknowledgement)

    def add(self, receiver: Receiver) -> None:
        """
        Tell somebody else too: of every alert from now on. One of the same name that was added before is replaced.

        Args:
            receiver: The receiver.

        Raises:
            RuleError: When the settings have one of this name.
        """
        route = Route((receiver.name,), is_continued=True)
        with self._lock:
            if receiver.name in self._workers and route not in self._added_routes:
                raise RuleError([f"there is a notifier {receiver.name!r} already; give this one another name"])
            worker = ReceiverWorker(receiver, self._boundary, clock=self._clock)
            former = self._workers.get(receiver.name)
            self._workers = {**self._workers, receiver.name: worker}
            if route not in self._added_routes:
                self._added_routes = (*self._added_routes, route)
        if former is not None:
            former.close(0.0)

    def restore(self, alerts: Iterable[Alert]) -> None:
        """
        Take over the alerts of an earlier process as told, so that only their end is news.

        Args:
            alerts: Alerts that are active; those that fire count.
        """
        now_ms = self._clock.wall_ns() // 1_000_000
        with self._lock:
            for alert in alerts:
                if alert.state is AlertState.FIRING:
                    self._firing[alert.fingerprint] = alert
                    for group in self._groups_of(alert, now_ms):
                        group.restored(alert, now_ms if group.repeats_s is None else 1)

    def start(self) -> None:
        """Begin to send, in threads of our own."""
        if self._thread is None:
            self._is_closing = False
            self._thread = begin_thread("notify", self._run)

    def close(self, timeout_s: float = 1.0) -> None:
        """
        Send what waits, within a deadline, then stop. Safe before `start`, and twice.

        Args:
            timeout_s: Longest time to wait, in seconds.
        """
        deadline_s = self._clock.monotonic_s() + timeout_s
        self._is_closing = True
        self._wake.set()
        thread, self._thread = self._thread, None
        if thread is not None and not thread.is_current():
            thread.join(timeout_s)
        with guard.guarded("alerts.notify", "the last messages could not be made"):
            self.tick(is_last=True)
        for worker in self._workers.values():
            worker.close(max(0.0, deadline_s - self._clock.monotonic_s()))

    def tick(self, *, is_last: bool = False) -> list[Notification]:
        """
        One round: what changed is put into groups, and what is due becomes messages.

        Args:
            is_last: Whether there will be no other: then nothing waits for more to come.
        """
        now_ms = self._clock.wall_ns() // 1_000_000
        with self._lock:
            while self._inbox:
                self._put(self._inbox.popleft(), now_ms)
            made = self._due(now_ms, is_last=is_last)
        for notification in made:
            self.notification_count += 1
            if self._send is not None:
                self._send(notification)
            else:
                self._workers[notification.receiver].offer(notification)
        return made

    def _put(self, transition: Transition, now_ms: int) -> None:
        alert = transition.alert
        if alert.state is AlertState.FIRING:
            self._firing[alert.fingerprint] = alert
        else:
            self._firing.pop(alert.fingerprint, None)
        for group in self._groups_of(alert, now_ms):
            group.put(alert)

    def _groups_of(self, alert: Alert, now_ms: int) -> list[AlertGroup]:
        found: list[AlertGroup] = []
        routes = (*self._routes, *self._added_routes)
        for route in (*routes_for(self._routes, alert.labels), *self._added_routes):
            labels = alert.labels if route.group_by == ("...",) else alert.labels.keep(route.group_by)
            for name in route.to:
                key = (name, routes.index(route), labels)
                group = self._groups.get(key)
                if group is None:
                    repeats_s = self._workers[name].receiver.repeats_s
                    group = self._groups[key] = AlertGroup(name, route, labels.as_dict(), now_ms, repeats_s)
                found.append(group)
        return found

    def _due(self, now_ms: int, *, is_last: bool) -> list[Notification]:
        made: list[Notification] = []
        candidates = [(key, group) for key, group in self._groups.items() if not group.is_quiet(now_ms)]
        muted = self._muted() if candidates else frozenset()
        for key, group in candidates:
            # A receiver that keeps alerts itself hears of acknowledged ones too: it silences them on its own.
            reason, alerts = group.due(now_ms, muted if group.repeats_s is None else frozenset(), is_last=is_last) or (
                "",
                [],
            )
            if alerts:
                made.append(Notification(group.receiver, tuple(alerts), group.group_labels, now_ms, reason))
            if not group.members:
                del self._groups[key]
        return made

    def _muted(self) -> frozenset[str]:
        acknowledged = {key for key, alert in self._firing.items() if self._is_acknowledged(alert)}
        if not self._inhibitions:
            return frozenset(acknowledged)
        firing = [alert.labels for alert in self._firing.values()]
        inhibited = {
            key for key, alert in self._firing.items() if is_inhibited(alert.labels, self._inhibitions, firing)
        }
        return frozenset(acknowledged | inhibited)

    def _run(self) -> None:
        while not self._is_closing:
            self._wake.wait(POLL_S)
            self._wake.clear()
            with guard.guarded("alerts.notify", "messages could not be made; the next round tries again"):
                self.tick()

    def is_idle(self) -> bool:
        """Whether every message that was due has been sent or given up."""
        return not self._inbox and all(worker.is_idle() for worker in self._workers.values())

    def status(self) -> Mapping[str, Any]:
        """Changes that were dropped, and the counts of messages by receiver."""
        return {
            "dropped": self.dropped_count,
            "receivers": {name: worker.counts() for name, worker in self._workers.items()},
        }

    def reinit_after_fork(self) -> None:
        """Make locks and threads anew in a forked child; what waited belongs to the parent."""
        was_running = self._thread is not None
        self._lock, self._wake, self._thread = primitives.Lock(), primitives.Event(), None
        self._inbox.clear()
        self._workers = {
            name: ReceiverWorker(worker.receiver, self._boundary, clock=self._clock)
            for name, worker in self._workers.items()
        }
        if was_running:
            self.start()
