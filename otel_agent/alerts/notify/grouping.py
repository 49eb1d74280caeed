"""
Alerts that are told together, and when.

A group is told first after `group_wait`, then when something changed but not within `group_interval`, and again after
`repeat`. What ended is told once and forgotten. What flaps is told once and then held until it calms down. Pure: time is an
argument.
"""

from dataclasses import dataclass, field

from otel_agent.alerts.notify.routing import Route
from otel_agent.alerts.states import RESOLVED_RETENTION_MS, Alert, AlertState

__all__ = ["AlertGroup", "NotifiedAlert"]


@dataclass
class NotifiedAlert:
    """An alert of a group, and what was said of it."""

    alert: Alert
    """As it was at its last change."""
    said: AlertState | None = None
    """The state that was told last; `None` before the first time."""
    was_flapping_said: bool = False
    """Whether it was said that it flaps."""
    fired_at_ms: int = 0
    """Which firing was told."""

    def is_news(self) -> bool:
        """Whether there is something to tell."""
        if self.alert.is_flapping:
            return not self.was_flapping_said
        if self.said is None:
            return self.alert.state is AlertState.FIRING
        is_again = self.alert.state is AlertState.FIRING and self.alert.fired_at_ms != self.fired_at_ms
        return self.said is not self.alert.state or is_again


@dataclass
class AlertGroup:
    """Alerts of one route and receiver with the same group labels."""

    receiver: str
    """Who is told."""
    route: Route
    """How they got here."""
    group_labels: dict[str, str]
    """What they have in common."""
    created_ms: int
    """When the group began."""
    repeats_s: float | None = None
    """How often the receiver has to hear of everything, over the route's `repeat`; `None` for the route's."""
    flushed_ms: int = 0
    """When it was told last; 0 before."""
    members: dict[str, NotifiedAlert] = field(default_factory=dict)
    """By fingerprint."""
    has_news: bool = False
    """Whether there may be something that was not told."""

    def put(self, alert: Alert) -> None:
        """
        Take an alert, or its change.

        Args:
            alert: As it is now.
        """
        self.has_news = True
        told = self.members.get(alert.fingerprint)
        if told is None:
            if alert.state is AlertState.FIRING:
                self.members[alert.fingerprint] = NotifiedAlert(alert)
        else:
            told.alert = alert
            if not alert.is_flapping:
                told.was_flapping_said = False

    def is_quiet(self, now_ms: int) -> bool:
        """
        Whether there is certainly nothing to tell, without looking at each alert.

        Args:
            now_ms: The present moment.
        """
        repeat_s = self.repeats_s or self.route.repeat_s
        return not self.has_news and now_ms < self.flushed_ms + repeat_s * 1000

    def due(self, now_ms: int, muted: frozenset[str]) -> tuple[str, list[Alert]] | None:
        """
        What to tell now.

        Args:
            now_ms: The present moment.
            muted: Fingerprints of alerts that are not told: inhibited, or acknowledged.

        Returns:
            Why and which alerts; `None` when there is nothing to tell.
        """
        if not self.flushed_ms and now_ms < self.created_ms + self.route.group_wait_s * 1000:
            return None
        heard = {key: told for key, told in self.members.items() if key not in muted}
        news = [told for told in heard.values() if told.is_news()]
        interval_s = min(self.route.group_interval_s, self.repeats_s or self.route.group_interval_s)
        is_spaced = not self.flushed_ms or now_ms >= self.flushed_ms + interval_s * 1000 or self.repeats_s is not None
        if news and is_spaced:
            reason = "flapping" if all(told.alert.is_flapping for told in news) else "change"
            return self._told(reason, heard, now_ms)
        self.has_news = bool(news) or any(told.is_news() for key, told in self.members.items() if key in muted)
        repeat_s = self.repeats_s or self.route.repeat_s
        is_repeat_due = self.flushed_ms and now_ms >= self.flushed_ms + repeat_s * 1000
        has_something = any(
            t.said is not None and (t.alert.state is AlertState.FIRING or self.repeats_s) for t in heard.values()
        )
        if is_repeat_due and has_something:
            return self._told("repeat", heard, now_ms)
        self._forget(now_ms)
        return None

    def _told(self, reason: str, heard: dict[str, NotifiedAlert], now_ms: int) -> tuple[str, list[Alert]]:
        alerts = []
        for told in heard.values():
            if told.said is None and told.alert.state is AlertState.INACTIVE:
                continue
            if told.alert.is_flapping and told.was_flapping_said and self.repeats_s is None:
                continue
            told.was_flapping_said = told.alert.is_flapping
            told.said, told.fired_at_ms = told.alert.state, told.alert.fired_at_ms
            alerts.append(told.alert)
        self.flushed_ms = now_ms
        self.has_news = any(told.is_news() for told in self.members.values())
        self._forget(now_ms)
        return reason, alerts

    def _forget(self, now_ms: int) -> None:
        kept_ms = RESOLVED_RETENTION_MS if self.repeats_s is not None else 0
        for key, told in list(self.members.items()):
            is_over = (
                told.alert.state is AlertState.INACTIVE
                and told.said is not AlertState.FIRING
                and not told.alert.is_flapping
            )
            if is_over and now_ms - told.alert.resolved_at_ms >= kept_ms:
                del self.members[key]

    def restored(self, alert: Alert, now_ms: int) -> None:
        """
        Take an alert that was told in an earlier life.

        Args:
            alert: Firing.
            now_ms: The present moment.
        """
        self.members[alert.fingerprint] = NotifiedAlert(alert, AlertState.FIRING, fired_at_ms=alert.fired_at_ms)
        self.flushed_ms = now_ms
