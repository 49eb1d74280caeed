"""A webhook is posted once, signed, and nowhere else."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from otel_agent.alerts.notify.notification import Notification
from otel_agent.alerts.notify.receivers.webhook import WebhookReceiver, signature
from otel_agent.errors import RuleError


def test_a_webhook_is_signed_and_can_be_told_from_its_repetition(
    sink: Any, make_note: Callable[..., Notification]
) -> None:
    """The body is Alertmanager's, the signature is right, and a second attempt has the same key."""
    receiver = WebhookReceiver("desk", sink.url, secret="s3cret", headers={"X-Token": "t"}, allow_private=True)
    receiver.send(make_note())
    receiver.send(make_note())
    path, headers, body = sink.requests[0]
    expected = hmac.new(b"s3cret", headers["X-Otel-Agent-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()

    assert ("/hook?k=1", "t", f"sha256={expected}") == (path, headers["X-Token"], headers["X-Otel-Agent-Signature"])
    assert headers["Idempotency-Key"] == sink.requests[1][1]["Idempotency-Key"]
    assert "ab" * 16 == json.loads(body)["alerts"][0]["annotations"]["trace_id"]


def test_a_redirect_is_not_followed(sink: Any, make_note: Callable[..., Notification]) -> None:
    """A receiver that sends elsewhere has not taken the message."""
    sink.answers = [302]
    receiver = WebhookReceiver("desk", sink.url, allow_private=True)

    with pytest.raises(Exception, match="answered 302"):
        receiver.send(make_note())
    assert 1 == len(sink.requests)


def test_http_calls_are_made_where_they_are_not_instrumented(sink: Any, make_note: Callable[..., Notification]) -> None:
    """The context that was passed in is entered around the request."""
    entered: list[int] = []

    @contextmanager
    def suppress() -> Iterator[None]:
        entered.append(len(sink.requests))
        yield
        entered.append(len(sink.requests))

    WebhookReceiver("desk", sink.url, allow_private=True, suppress=suppress).send(make_note())

    assert [0, 1] == entered


def test_a_signature_depends_on_secret_time_and_body() -> None:
    """Another secret, another moment or another body has another signature."""
    found = {signature("a", 1, b"x"), signature("b", 1, b"x"), signature("a", 2, b"x"), signature("a", 1, b"y")}

    assert 4 == len(found)
    assert all(len(text) == 64 for text in found)


def test_a_url_that_cannot_be_used_is_refused_when_the_receiver_is_built() -> None:
    """A mistake is found before the first alert."""
    with pytest.raises(RuleError, match="is http; use https"):
        WebhookReceiver("desk", "http://example.com/x")
