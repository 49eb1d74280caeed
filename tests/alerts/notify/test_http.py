"""A request to a receiver has bounds to everything."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from waiting import until

from otel_agent.alerts.notify.addresses import ReceiverAddress
from otel_agent.alerts.notify.http import ANSWER_LIMIT_BYTES, PostError, request_json


@pytest.fixture
def address(sink: Any) -> ReceiverAddress:
    """Address of the server."""
    return ReceiverAddress(sink.base_url, allow_private=True)


def test_values_are_posted_as_json_and_bytes_as_they_are(sink: Any, address: ReceiverAddress) -> None:
    """Headers may be made out of the body, and say who sends."""
    request_json("POST", address, "/x", {"a": 1}, headers=lambda body: {"X-Length": str(len(body))})
    request_json("POST", address, "/x", b"[1]")
    (_, headers, body), (_, _, raw) = sink.requests

    assert ({"a": 1}, b"[1]") == (json.loads(body), raw)
    assert ("application/json", "otel-agent", str(len(body))) == (
        headers["Content-Type"],
        headers["User-Agent"],
        headers["X-Length"],
    )
    assert f"127.0.0.1:{address.port}" == headers["Host"]


@pytest.mark.parametrize(("content", "values"), [(b'{"a": 1}', {"a": 1}), (b"", None), (b"<html>", None)])
def test_an_answer_is_read_as_json_or_is_none(
    sink: Any, address: ReceiverAddress, content: bytes, values: object
) -> None:
    """What is no JSON is no mistake of the request."""
    sink.content = content

    assert values == request_json("GET", address, "/x")


def test_of_a_long_answer_only_the_beginning_is_read(sink: Any, address: ReceiverAddress) -> None:
    """A receiver cannot fill the agent's memory."""
    sink.content = b"[" + b"1," * ANSWER_LIMIT_BYTES + b"1]"

    assert None is request_json("GET", address, "/x")


@pytest.mark.parametrize("status", [302, 404, 500])
def test_any_other_answer_is_a_failure_that_shows_only_the_host(
    sink: Any, address: ReceiverAddress, status: int
) -> None:
    """Redirects are not followed, and the path, which may be a secret, is not in the message."""
    sink.answers = [status]
    with pytest.raises(PostError, match=f"^127.0.0.1 answered {status}$"):
        request_json("POST", address, "/s3cret", {})

    assert 1 == len(sink.requests)


def test_proxies_of_the_environment_are_not_used(
    sink: Any, address: ReceiverAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address that was checked is the one that is connected to."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    request_json("POST", address, "/x", {})

    assert 1 == len(sink.requests)


def test_a_private_address_is_refused_before_anything_is_sent(sink: Any) -> None:
    """Without permission a request to this machine is not made."""
    with pytest.raises(PermissionError, match="allow_private permits that"):
        request_json("POST", ReceiverAddress(sink.base_url.replace("http:", "https:")), "/x", {})

    assert [] == sink.requests


def test_a_request_is_made_where_http_is_not_instrumented(sink: Any, address: ReceiverAddress) -> None:
    """Entering comes before the request, leaving after it."""
    seen: list[int] = []

    @contextmanager
    def suppress() -> Iterator[None]:
        seen.append(len(sink.requests))
        yield
        seen.append(len(sink.requests))

    request_json("GET", address, "/x", suppress=suppress)

    assert [0, 1] == seen


def test_the_time_is_for_everything_together() -> None:
    """A receiver that sends a byte now and then holds nobody up for longer, and its connection is closed."""
    gone = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                while True:
                    connection.sendall(b"H")
                    if gone.wait(0.02):
                        return
            except OSError:
                gone.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(TimeoutError, match=r"has not answered within 0.3 s"):
            request_json("POST", ReceiverAddress(url, allow_private=True), "/x", {}, timeout_s=0.3)

        assert until(gone.is_set)
