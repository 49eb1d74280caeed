"""Alerts, notifications about them, and a server that takes what is posted."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from otel_agent.alerts.notify.notification import Notification
from otel_agent.alerts.states import Alert, AlertState
from otel_agent.series.labels import Labels


def made_alert(severity: str = "warning", state: AlertState = AlertState.FIRING) -> Alert:
    """A firing alert, or one that is over."""
    labels = Labels({"alertname": "High", "severity": severity})
    return Alert("High", labels, {"summary": "too high"}, state, 7.0, 1_000, fired_at_ms=2_000, resolved_at_ms=3_000, trace_ids=("ab" * 16,))  # fmt: skip


@pytest.fixture
def make_alert() -> Callable[..., Alert]:
    """Makes an alert of a severity and a state."""
    return made_alert


@pytest.fixture
def make_note() -> Callable[..., Notification]:
    """Makes a notification about an alert of a severity and a state."""

    def made(severity: str = "warning", state: AlertState = AlertState.FIRING) -> Notification:
        return Notification("desk", (made_alert(severity, state),), {"alertname": "High"}, 5_000, "change")

    return made


class Sink:
    """A server that remembers what it was sent and answers as told: POSTs with a status, GETs with content."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.content = b"[]"
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

            def do_GET(self) -> None:
                sink.requests.append((self.path, dict(self.headers), b""))
                self.send_response(200)
                self.send_header("Content-Length", str(len(sink.content)))
                self.end_headers()
                self.wfile.write(sink.content)

            def do_DELETE(self) -> None:
                sink.requests.append((f"DELETE {self.path}", dict(self.headers), b""))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self.server.server_port}"
        self.url = f"{self.base_url}/hook?k=1"


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
