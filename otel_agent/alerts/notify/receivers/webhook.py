"""Receiver that posts alerts to a URL, in the shape of Alertmanager's webhook, signed when there is a secret."""

import hashlib
import hmac
from collections.abc import Mapping
from contextlib import nullcontext

from otel_agent.alerts.notify.addresses import ReceiverAddress
from otel_agent.alerts.notify.http import Suppress, request_json
from otel_agent.alerts.notify.notification import Notification
from otel_agent.clock import SYSTEM, Clock

__all__ = ["WebhookReceiver", "signature"]


def signature(secret: str, timestamp_s: int, body: bytes) -> str:
    """
    Signature that proves that a message is ours and fresh.

    Args:
        secret: Secret shared with the receiver.
        timestamp_s: Moment of sending in seconds since 1970, as in the header `X-Otel-Agent-Timestamp`.
        body: The body as it is sent.

    Returns:
        HMAC-SHA256 of "timestamp.body", in hexadecimal.
    """
    return hmac.new(secret.encode(), f"{timestamp_s}.".encode() + body, hashlib.sha256).hexdigest()


class WebhookReceiver:
    """
    Posts each notification to one URL.

    Args:
        name: Name of the receiver, as routes call it.
        url: URL of the receiver: https, or http with `allow_private`.
        headers: Headers sent with each message, such as a token.
        secret: Secret that signs each message; `None` leaves messages unsigned.
        timeout_s: Longest time for one message, in seconds.
        allow_private: Whether the URL may lead to this machine or a private network.
        suppress: Makes a context in which HTTP calls are not instrumented.
        clock: Stamps signatures.

    Raises:
        RuleError: When the URL cannot be used.
    """

    repeats_s: float | None = None

    def __init__(
        self,
        name: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        secret: str | None = None,
        timeout_s: float = 5.0,
        allow_private: bool = False,
        suppress: Suppress = nullcontext,
        clock: Clock = SYSTEM,
    ) -> None:
        self.name = name
        self._address = ReceiverAddress(url, allow_private=allow_private)
        self._headers = dict(headers or {})
        self._secret = secret
        self._timeout_s = timeout_s
        self._suppress = suppress
        self._clock = clock

    def send(self, notification: Notification) -> None:
        """
        Post a notification. The same one has the same `Idempotency-Key` when it is tried again.

        Args:
            notification: The notification.

        Raises:
            Exception: When the other side did not take it.
        """

        def headers(body: bytes) -> dict[str, str]:
            made = {**self._headers, "Idempotency-Key": hashlib.sha256(notification.key.encode()).hexdigest()}
            if self._secret is not None:
                timestamp_s = self._clock.wall_ns() // 1_000_000_000
                made["X-Otel-Agent-Timestamp"] = str(timestamp_s)
                made["X-Otel-Agent-Signature"] = f"sha256={signature(self._secret, timestamp_s, body)}"
            return made

        request_json(
            "POST",
            self._address,
            self._address.path,
            notification.payload(),
            headers=headers,
            timeout_s=self._timeout_s,
            suppress=self._suppress,
        )
