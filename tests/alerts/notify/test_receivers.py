"""Receivers: what hangs, fails or lies never touches the agent, and nothing goes where it must not."""

import hashlib
import hmac
import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from waiting import until

from otel_agent.alerts.notify.addresses import checked_address, read_target
from otel_agent.alerts.notify.dispatcher import Dispatcher
from otel_agent.alerts.notify.notification import Notification
from otel_agent.alerts.notify.receivers.function import FunctionReceiver
from otel_agent.alerts.notify.receivers.log import LogReceiver
from otel_agent.alerts.notify.receivers.webhook import WebhookReceiver
from otel_agent.alerts.notify.routing import Route
from otel_agent.alerts.notify.workers import Worker
from otel_agent.alerts.states import Alert, AlertState, Transition
from otel_agent.errors import RuleError
from otel_agent.series.labels import Labels


def alert(severity: str = "warning", state: AlertState = AlertState.FIRING) -> Alert:
    """A firing alert."""
    labels = Labels({"alertname": "High", "severity": severity})
    return Alert("High", labels, {"summary": "too high"}, state, 7.0, 1_000, fired_at_ms=2_000, resolved_at_ms=3_000, trace_ids=("ab" * 16,))  # fmt: skip


def note(severity: str = "warning", state: AlertState = AlertState.FIRING) -> Notification:
    """A message about it."""
    return Notification("desk", (alert(severity, state),), {"alertname": "High"}, 5_000, "change")


class Sink:
    """A server that remembers what it was sent and answers as told."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[int] = []
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sink.requests.append((self.path, dict(self.headers), body))
                status = sink.answers.pop(0) if sink.answers else 200
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?k=1"


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A running server."""
    made = Sink()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def test_a_webhook_is_signed_and_can_be_told_from_its_repetition(sink: Sink) -> None:
    """The body is Alertmanager's, the signature is right, and a second attempt has the same key."""
    receiver = WebhookReceiver("desk", sink.url, secret="s3cret", headers={"X-Token": "t"}, allow_private=True)
    receiver.send(note())
    receiver.send(note())
    path, headers, body = sink.requests[0]
    expected = hmac.new(b"s3cret", headers["X-Otel-Agent-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()

    assert ("/hook?k=1", "t", f"sha256={expected}") == (path, headers["X-Token"], headers["X-Otel-Agent-Signature"])
    assert headers["Idempotency-Key"] == sink.requests[1][1]["Idempotency-Key"]
    assert "ab" * 16 == json.loads(body)["alerts"][0]["annotations"]["trace_id"]


def test_a_redirect_is_not_followed(sink: Sink) -> None:
    """A receiver that sends elsewhere has not taken the message."""
    sink.answers = [302]
    receiver = WebhookReceiver("desk", sink.url, allow_private=True)

    with pytest.raises(Exception, match="answered 302"):
        receiver.send(note())
    assert 1 == len(sink.requests)


def test_http_calls_are_made_where_they_are_not_instrumented(sink: Sink) -> None:
    """The context that was passed in is entered around the request."""
    entered: list[int] = []

    @contextmanager
    def suppress() -> Iterator[None]:
        entered.append(len(sink.requests))
        yield
        entered.append(len(sink.requests))

    WebhookReceiver("desk", sink.url, allow_private=True, suppress=suppress).send(note())

    assert [0, 1] == entered


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.com/x", "is http; use https"),
        ("ftp://example.com", "begins with https://"),
        ("https://", "begins with https://"),
        ("https://user:pass@example.com", "holds a password"),
        ("https://example.com:99999/x", "a port that is none"),
    ],
)
def test_urls_that_cannot_be_used_are_refused_without_being_shown(url: str, reason: str) -> None:
    """The reason is said, the URL is not: it may hold a secret."""
    with pytest.raises(RuleError) as caught:
        WebhookReceiver("desk", url)

    assert reason in str(caught.value)
    assert "example.com" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "allow_private", "is_allowed"),
    [
        ("93.184.216.34", False, True),
        ("127.0.0.1", False, False),
        ("10.1.2.3", False, False),
        ("100.64.0.1", False, False),
        ("169.254.1.1", False, False),
        ("::1", False, False),
        ("fd12::1", False, False),
        ("::ffff:127.0.0.1", False, False),
        ("0.0.0.0", True, False),
        ("224.0.0.1", True, False),
        ("169.254.169.254", True, False),
        ("::ffff:169.254.169.254", True, False),
        ("100.100.100.200", True, False),
        ("fd00:ec2::254", True, False),
        ("127.0.0.1", True, True),
        ("10.1.2.3", True, True),
    ],
)
def test_every_address_is_checked(address: str, *, allow_private: bool, is_allowed: bool) -> None:
    """Private addresses need permission; those of a machine's metadata are never allowed, in any disguise."""
    target = read_target("https://hook.test/x", allow_private=allow_private)
    try:
        found: str | None = checked_address(target, lambda *_: [address])
    except PermissionError:
        found = None

    assert (address if is_allowed else None) == found


def test_one_bad_address_among_good_ones_is_enough() -> None:
    """A name that stands for a public and a private address is refused, and metadata by its name too."""
    with pytest.raises(PermissionError, match="allow_private permits that"):
        checked_address(read_target("https://hook.test"), lambda *_: ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(PermissionError, match="metadata"):
        checked_address(read_target("https://metadata.google.internal"), lambda *_: ["93.184.216.34"])
    with pytest.raises(PermissionError, match="use https"):
        checked_address(read_target("http://hook.test", allow_private=True), lambda *_: ["93.184.216.34"])


class Stubborn:
    """A receiver that fails a number of times."""

    name = "stubborn"
    repeats_s: float | None = None

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.attempts = 0

    def send(self, notification: Notification) -> None:
        self.attempts += 1
        if self.attempts <= self.failures:
            raise ConnectionError("away")


def test_a_receiver_that_fails_is_tried_again_within_bounds() -> None:
    """Two failures are made good; one that always fails is given up after four attempts and counted."""
    recovering, hopeless = Stubborn(2), Stubborn(1_000)
    workers = [Worker(receiver, pause_s=0.001) for receiver in (recovering, hopeless)]
    for worker in workers:
        worker.offer(note())
    is_done = until(lambda: all(worker.is_idle() for worker in workers))
    for worker in workers:
        worker.close(5)

    assert is_done
    assert (3, 4) == (recovering.attempts, hopeless.attempts)
    assert [(1, 0), (0, 1)] == [(worker.sent_count, worker.failed_count) for worker in workers]


def test_a_receiver_that_hangs_keeps_nobody_waiting() -> None:
    """Offering to one that hangs returns at once, others are told, its queue is bounded and keeps what is critical."""
    hold, is_called = threading.Event(), threading.Event()
    told: list[Notification] = []

    def hang(_: Notification) -> None:
        is_called.set()
        hold.wait(30)

    worker = Worker(FunctionReceiver("hanging", hang), limit=10)
    other = Worker(FunctionReceiver("other", told.append))
    worker.offer(note())
    is_called.wait(10)
    worker.offer(note("critical"))
    for _ in range(50):
        worker.offer(note())
        other.offer(note())
    is_told = until(lambda: len(told) == 50)
    counts = worker.counts()
    began_s = time.monotonic()
    worker.close(0.05)
    waited_s = time.monotonic() - began_s
    hold.set()
    worker.close(10)
    other.close(10)

    assert is_told
    assert (10, 41) == (counts["queued"], counts["dropped"])
    assert waited_s < 5


def test_functions_may_be_async_and_are_bounded() -> None:
    """A coroutine is run to its end in the receiver's thread; one that does not end is ended."""
    told: list[str] = []

    async def tell(notification: Notification) -> None:
        told.append(notification.title)

    async def never(_: Notification) -> None:
        import asyncio

        await asyncio.sleep(60)

    FunctionReceiver("f", tell).send(note())
    with pytest.raises(TimeoutError):
        FunctionReceiver("f", never, timeout_s=0.01).send(note())

    assert ["[FIRING:1] High"] == told


def test_the_log_has_a_line_for_each_alert(caplog: pytest.LogCaptureFixture) -> None:
    """The level follows the severity, and the end is information."""
    caplog.set_level(logging.DEBUG, "otel_agent.alerts")
    LogReceiver().send(note("critical"))
    LogReceiver().send(note("warning", AlertState.INACTIVE))

    assert [("CRITICAL", "alert High firing: too high"), ("INFO", "alert High resolved: too high")] == [
        (record.levelname, record.getMessage()) for record in caplog.records
    ]


def test_messages_arrive_through_real_threads(sink: Sink) -> None:
    """Offered, grouped, queued and posted: one change is one request; closing sends what waits."""
    receivers = [WebhookReceiver("desk", sink.url, allow_private=True)]
    dispatcher = Dispatcher(receivers, [Route(("desk",))])
    dispatcher.start()
    dispatcher.offer(Transition(alert(), AlertState.INACTIVE, AlertState.FIRING, 2_000))
    is_sent = until(lambda: sink.requests)
    dispatcher.offer(Transition(alert("critical"), AlertState.INACTIVE, AlertState.FIRING, 2_000))
    dispatcher.close(10)
    dispatcher.close(10)

    assert is_sent
    assert {"queued": 0, "sent": len(sink.requests), "failed": 0, "dropped": 0} == dispatcher.status()["receivers"][
        "desk"
    ]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("otel-agent-notify")]
