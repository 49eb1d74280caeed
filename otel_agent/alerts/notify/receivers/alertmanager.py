"""
Receiver that sends alerts to Alertmanagers, which group, route and silence them.

Every Alertmanager gets every alert, again each minute while it fires, with an end four minutes away: if the agent dies, the
alert ends by itself. An ended alert is sent again for a quarter of an hour, so that an Alertmanager that was away learns of
it. An acknowledgement becomes a silence and is taken back when the alert ends.

Source: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

import re
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from otel_agent.alerts.notify.acknowledgement import Acknowledgement
from otel_agent.alerts.notify.addresses import ReceiverAddress
from otel_agent.alerts.notify.http import Suppress, request_json
from otel_agent.alerts.notify.notification import Notification, annotations_of, rfc3339
from otel_agent.alerts.states import Alert, AlertState
from otel_agent.clock import SYSTEM, Clock

__all__ = ["AlertmanagerReceiver"]

RESEND_S = 60.0
"""How often a firing alert is sent again, in seconds."""
SILENCE_MS = 86_400_000
"""How long a silence lasts whose acknowledgement has no end, in milliseconds; it is taken back when the alert ends."""
MARK = "ACK!"
"""Begins the comment of a silence that stands for an acknowledgement."""
_NOT_LABEL = re.compile(r"[^a-zA-Z0-9_]")


class AlertmanagerReceiver:
    """
    Speaks Alertmanager's API, version 2.

    Args:
        name: Name of the receiver, as routes call it.
        urls: URLs of all Alertmanagers; they are the operator's own, so private networks are allowed.
        timeout_s: Longest time for one request, in seconds.
        resend_s: How often a firing alert is sent again, in seconds.
        suppress: Makes a context in which HTTP calls are not instrumented.
        clock: Stamps ends.

    Raises:
        RuleError: When a URL cannot be used.
    """

    def __init__(
        self,
        name: str,
        urls: Sequence[str],
        *,
        timeout_s: float = 5.0,
        resend_s: float = RESEND_S,
        suppress: Suppress = nullcontext,
        clock: Clock = SYSTEM,
    ) -> None:
        self.name = name
        self.repeats_s: float | None = resend_s
        self._addresses = [ReceiverAddress(url, allow_private=True) for url in urls]
        self._timeout_s = timeout_s
        self._suppress = suppress
        self._clock = clock

    def send(self, notification: Notification) -> None:
        """
        Send the alerts to every Alertmanager.

        Args:
            notification: The notification.

        Raises:
            Exception: When none of them took it.
        """
        body = [self._alert(alert) for alert in notification.alerts]
        self._to_all("POST", "/api/v2/alerts", body)
        for alert in notification.alerts:
            if notification.reason != "repeat" and alert.state is not AlertState.FIRING:
                self._unsilence(alert.labels.as_dict())

    def silence(self, acknowledgement: Acknowledgement) -> None:
        """
        Silence an alert that somebody takes care of.

        Args:
            acknowledgement: Who takes care of which alert, and until when.

        Raises:
            Exception: When none of them took it.
        """
        now_ms = self._clock.wall_ns() // 1_000_000
        body = {
            "matchers": _matchers(acknowledgement.labels),
            "startsAt": rfc3339(now_ms),
            "endsAt": rfc3339(acknowledgement.until_ms or now_ms + SILENCE_MS),
            "createdBy": acknowledgement.by,
            "comment": f"{MARK} {acknowledgement.comment}".strip(),
        }
        self._to_all("POST", "/api/v2/silences", body)

    def _unsilence(self, labels: dict[str, str]) -> None:
        # Found by what they say, not remembered: a restarted agent takes back the silences of its earlier process too.
        wanted = sorted(_matchers(labels), key=str)
        for address, silences in self._to_all("GET", "/api/v2/silences", None):
            for silence in silences if isinstance(silences, list) else ():
                is_ours = str(silence.get("comment", "")).startswith(MARK) and silence["status"]["state"] != "expired"
                if is_ours and sorted(silence["matchers"], key=str) == wanted:
                    self._request("DELETE", address, f"/api/v2/silence/{silence['id']}", None)

    def _alert(self, alert: Alert) -> dict[str, Any]:
        now_ms = self._clock.wall_ns() // 1_000_000
        ends_ms = (
            now_ms + round(4000 * (self.repeats_s or RESEND_S))
            if alert.state is AlertState.FIRING
            else alert.resolved_at_ms
        )
        return {
            "labels": {_NOT_LABEL.sub("_", name): value for name, value in alert.labels},
            "annotations": {_NOT_LABEL.sub("_", name): text for name, text in annotations_of(alert).items()},
            "startsAt": rfc3339(alert.fired_at_ms or alert.active_at_ms),
            "endsAt": rfc3339(ends_ms),
        }

    def _to_all(self, method: str, path: str, body: Any) -> list[tuple[ReceiverAddress, Any]]:
        answers: list[tuple[ReceiverAddress, Any]] = []
        failure: Exception | None = None
        for address in self._addresses:
            try:
                answers.append((address, self._request(method, address, path, body)))
            except Exception as error:  # noqa: BLE001 - one that is away must not keep the others from hearing
                failure = error
        if failure is not None and not answers:
            raise failure
        return answers

    def _request(self, method: str, address: ReceiverAddress, path: str, body: Any) -> Any:
        prefix = address.path.rstrip("/")
        return request_json(method, address, prefix + path, body, timeout_s=self._timeout_s, suppress=self._suppress)


def _matchers(labels: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"isEqual": True, "isRegex": False, "name": _NOT_LABEL.sub("_", name), "value": value}
        for name, value in sorted(labels.items())
    ]
