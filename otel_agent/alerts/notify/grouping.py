"""
Groups of alerts that are told together, and when they are told.

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
    """An alert of a group, and what the receiver was told of it."""

    alert: Alert
    """The alert as it was at its last change."""
    told_state: AlertState | None = None
    """State that was told last; `None` before the first time."""
    is_flapping_told: bool = False
    """Whether the receiver was told that it flaps."""
    fired_at_ms: int = 0
    """Moment at which the alert began to fire that was told, in milliseconds since 1970."""

    def is_news(self) -> bool:
        """Whether there is something to tell."""
        if self.alert.is_flapping:
            return not self.is_flapping_told
        if self.told_state is None:
            return self.alert.state is AlertState.FIRING
        is_again = self.alert.state is AlertState.FIRING and self.alert.fired_at_ms != self.fired_at_ms
        return self.told_state is not self.alert.state or is_again


@dataclass
class AlertGroup:
    """Alerts of one route and receiver with the same group labels."""

    receiver: str
    """Name of the receiver that is told."""
    route: Route
    """Route by which the alerts came."""
    group_labels: dict[str, str]
    """Labels that the alerts have in common by the route's `group_by`."""
    created_ms: int
    """Moment the group began, in milliseconds since 1970."""
    repeats_s: float | None = None
    """How often the receiver has to hear of everything, in seconds; `None` leaves it to the route's `repeat`."""
    flushed_ms: int = 0
    """Moment it was told last, in milliseconds since 1970; 0 before the first time."""
    members: dict[str, NotifiedAlert] = field(default_factory=dict)
    """Alerts of the group, by fingerprint."""
    has_news: bool = False
    """Whether there may be something that was not told."""

    def put(self, alert: Alert) -> None:
        """
        Take an alert that began to fire or has changed.

        Args:
            alert: The alert as it is now.
        """
        self.has_news = True
        member = self.members.get(alert.fingerprint)
        if member is None:
            if alert.state is AlertState.FIRING:
                self.members[alert.fingerprint] = NotifiedAlert(alert)
        else:
            member.alert = alert
            if not alert.is_flapping:
                member.is_flapping_told = False

    def is_quiet(self, now_ms: int) -> bool:
        """
        Whether there is certainly nothing to tell, without looking at each alert.

        Args:
            now_ms: The present moment, in milliseconds since 1970.
        """
        repeat_s = self.repeats_s or self.route.repeat_s
        return not self.has_news and now_ms < self.flushed_ms + repeat_s * 1000

    def due(self, now_ms: int, muted: frozenset[str], *, is_last: bool = False) -> tuple[str, list[Alert]] | None:
        """
        The alerts to tell now, and why.

        Args:
            now_ms: The present moment, in milliseconds since 1970.
            muted: Fingerprints of alerts that are not told: inhibited, or acknowledged.
            is_last: Whether there is no later moment: then news does not wait for more.

        Returns:
            The reason (see `Notification.reason`) and the alerts; `None` when there is nothing to tell.
        """
        if not is_last and not self.flushed_ms and now_ms < self.created_ms + self.route.group_wait_s * 1000:
            return None
        audible = {key: member for key, member in self.members.items() if key not in muted}
        news = [member for member in audible.values() if member.is_news()]
        interval_s = min(self.route.group_interval_s, self.repeats_s or self.route.group_interval_s)
        is_spaced = not self.flushed_ms or now_ms >= self.flushed_ms + interval_s * 1000 or self.repeats_s is not None
        if news and (is_spaced or is_last):
            reason = "flapping" if all(member.alert.is_flapping for member in news) else "change"
            return self._tell(reason, audible, now_ms)
        self.has_news = bool(news) or any(member.is_news() for key, member in self.members.items() if key in muted)
        repeat_s = self.repeats_s or self.route.repeat_s
        is_repeat_due = self.flushed_ms and now_ms >= self.flushed_ms + repeat_s * 1000
        has_something = any(
            one.told_state is not None and (one.alert.state is AlertState.FIRING or self.repeats_s)
            for one in audible.values()
        )
        if is_repeat_due and has_something:
            return self._tell("repeat", audible, now_ms)
        self._forget(now_ms)
        return None

    def _tell(self, reason: str, audible: dict[str, NotifiedAlert], now_ms: int) -> tuple[str, list[Alert]]:
        alerts = []
        for member in audible.values():
            if member.told_state is None and member.alert.state is AlertState.INACTIVE:
                continue
            if member.alert.is_flapping and member.is_flapping_told and self.repeats_s is None:
                continue
            member.is_flapping_told = member.alert.is_flapping
            member.told_state, member.fired_at_ms = member.alert.state, member.alert.fired_at_ms
            alerts.append(member.alert)
        self.flushed_ms = now_ms
        self.has_news = any(member.is_news() for member in self.members.values())
        self._forget(now_ms)
        return reason, alerts

    def _forget(self, now_ms: int) -> None:
        kept_ms = RESOLVED_RETENTION_MS if self.repeats_s is not None else 0
        for key, member in list(self.members.items()):
            is_over = (
                member.alert.state is AlertState.INACTIVE
                and member.told_state is not AlertState.FIRING
                and not member.alert.is_flapping
            )
            if is_over and now_ms - member.alert.resolved_at_ms >= kept_ms:
                del self.members[key]

    def restored(self, alert: Alert, now_ms: int) -> None:
        """
        Take an alert that was told by an earlier process.

        Args:
            alert: The alert, firing.
            now_ms: The present moment, in milliseconds since 1970.
        """
        self.members[alert.fingerprint] = NotifiedAlert(alert, AlertState.FIRING, fired_at_ms=alert.fired_at_ms)
        self.flushed_ms = now_ms
