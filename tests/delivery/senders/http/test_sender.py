"""What is sent over HTTP, what counts as delivered, and what never happens."""

import gzip
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import context
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY
from otlp_server import HANG_S, OtlpServer
from scripted_connections import answering, serving
from telemetry_items import spans

from otel_agent.delivery.engine import DeliveryEngine
from otel_agent.delivery.outcomes import ExportOutcome, Verdict
from otel_agent.delivery.senders.http.sender import HttpSender, _compressed
from otel_agent.delivery.senders.targets import build_targets
from otel_agent.delivery.wire import encode_spans

BODY = encode_spans(spans(50))


@pytest.fixture(params=["socket", "urllib3"], autouse=True)
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The socket transport, and that of urllib3, which TLS and proxies need; both have one behaviour."""
    if request.param == "urllib3":
        monkeypatch.setattr("otel_agent.delivery.senders.http.transport.is_plain_address", lambda _: False)


@pytest.fixture
def server() -> Iterator[OtlpServer]:
    """A receiver that behaves until told otherwise."""
    with OtlpServer() as running:
        yield running


def sender(endpoint: str, **settings: Any) -> HttpSender:
    """A sender to one endpoint for all signals."""
    return HttpSender(build_targets(endpoint, **settings))


def test_nothing_is_loaded_or_opened_before_the_first_request() -> None:
    """Making a sender costs no library and no connection, so `init` may do it."""
    code = (
        "import sys; from otel_agent.delivery.senders.http.sender import HttpSender;"
        "from otel_agent.delivery.senders.targets import build_targets;"
        "HttpSender(build_targets('http://127.0.0.1:9'));"
        "print([name for name in ('urllib3', 'ssl', 'grpc', 'requests') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert "[]" == found.stdout.strip()


@pytest.mark.parametrize("compression", ["gzip", "deflate", "none"])
def test_every_compression_arrives(server: OtlpServer, compression: str) -> None:
    """A receiver reads the same request whatever it was packed with."""
    answer = sender(server.endpoint, compression=compression).send("traces", BODY, 5)

    assert Verdict.DELIVERED is answer.verdict
    assert BODY == server.requests[0].body
    assert (server.requests[0].wire_bytes < len(BODY)) == (compression != "none")
    assert server.requests[0].headers.get("content-encoding", "none") == compression


def test_one_connection_serves_many_requests(server: OtlpServer) -> None:
    """Connections are kept alive."""
    post = sender(server.endpoint)
    for _ in range(5):
        post.send("traces", BODY, 5)

    assert 1 == len(server._connections)


def test_headers_are_sent_and_never_shown(server: OtlpServer) -> None:
    """Credentials go to the receiver and into no message."""
    post = sender(server.endpoint, headers={"x-token": "hunter2"})
    server.script("ok", "403")
    post.send("traces", BODY, 5)
    answer = post.send("traces", BODY, 5)

    assert "hunter2" == server.requests[0].headers["x-token"]
    assert "hunter2" not in answer.message
    assert "hunter2" not in repr(post._targets)


def test_a_header_that_cannot_be_sent_is_named_without_its_value(server: OtlpServer) -> None:
    """A line break in a value would begin another header: nothing is sent, and only the name is said."""
    answer = sender(server.endpoint, headers={"x-token": "hunter2\r\nx-evil: 1"}).send("traces", BODY, 5)

    assert (Verdict.HELD, "headers") == (answer.verdict, answer.problem)
    assert "x-token" in answer.message
    assert "hunter2" not in answer.message
    assert [] == server.requests


def test_a_new_token_is_read_when_the_old_one_is_refused(server: OtlpServer) -> None:
    """After a 401 headers that come from a function are read anew, and the request is sent once more at once."""
    tokens = iter(["old", "new"])
    server.mode = "unauthorized:new"
    answer = sender(server.endpoint, headers=lambda: {"authorization": next(tokens)}).send("traces", BODY, 5)

    assert Verdict.DELIVERED is answer.verdict
    assert ["old", "new"] == [request.headers["authorization"] for request in server.requests]


def test_credentials_in_an_address_become_a_header(server: OtlpServer) -> None:
    """`user:password@` is sent as OTLP receivers expect it and is not part of any message."""
    post = sender(f"http://agent:hunter2@127.0.0.1:{server.port}")
    post.send("traces", BODY, 5)

    assert "Basic YWdlbnQ6aHVudGVyMg==" == server.requests[0].headers["authorization"]
    assert f"http://127.0.0.1:{server.port}/v1/traces" == post.where("traces")


@pytest.mark.parametrize(
    ("mode", "verdict", "problem"),
    [
        ("ok", Verdict.DELIVERED, ""),
        ("empty", Verdict.DELIVERED, ""),
        ("json", Verdict.DELIVERED, ""),
        ("html", Verdict.HELD, "not_otlp"),
        ("redirect:301", Verdict.HELD, "redirect"),
        ("redirect:307", Verdict.HELD, "redirect"),
        ("400", Verdict.REFUSED, "status_400"),
        ("413", Verdict.REFUSED, "status_413"),
        ("401", Verdict.HELD, "status_401"),
        ("403", Verdict.HELD, "status_403"),
        ("404", Verdict.HELD, "status_404"),
        ("408", Verdict.LATER, "status_408"),
        ("429", Verdict.LATER, "status_429"),
        ("500", Verdict.HELD, "status_500"),
        ("502", Verdict.LATER, "status_502"),
        ("503", Verdict.LATER, "status_503"),
        ("504", Verdict.LATER, "status_504"),
        ("reset", Verdict.LATER, "reset"),
        ("ackless", Verdict.LATER, "reset"),
        ("hang", Verdict.LATER, "timeout"),
    ],
)
def test_every_answer_has_its_meaning(server: OtlpServer, mode: str, verdict: Verdict, problem: str) -> None:
    """Success is a 2xx with an OTLP body or none; everything else is a failure of one of three kinds."""
    server.mode = mode
    answer = sender(server.endpoint).send("traces", BODY, 0.5)

    assert (verdict, problem) == (answer.verdict, answer.problem)
    assert (verdict is Verdict.DELIVERED) == (not answer.message)


def test_a_redirect_is_not_followed(server: OtlpServer) -> None:
    """The receiver behind a redirect gets nothing, above all no credentials."""
    with OtlpServer() as elsewhere:
        server.mode = f"redirect:307:{elsewhere.endpoint}/v1/traces"
        sender(server.endpoint, headers={"x-token": "hunter2"}).send("traces", BODY, 5)

        assert [] == elsewhere.requests


@pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), ("0", 0.0), ("nonsense", None), ("", None)])
def test_a_wish_to_be_left_alone_is_understood(server: OtlpServer, value: str, seconds: float | None) -> None:
    """`Retry-After` is read with a 429 and a 503; nonsense is no wish."""
    server.mode = f"503:{value}"

    assert seconds == sender(server.endpoint).send("traces", BODY, 5).retry_after_s


def test_a_refused_connection_has_its_name(server: OtlpServer) -> None:
    """Nobody listening is told apart from a host nobody knows."""
    server.stop()

    assert "refused" == sender(server.endpoint).send("traces", BODY, 5).problem


def test_an_unknown_host_has_its_name() -> None:
    """A name that cannot be resolved passes for a trouble that may pass."""
    answer = sender("http://collector.invalid:4318").send("traces", BODY, 5)

    assert (Verdict.LATER, "name") == (answer.verdict, answer.problem)


def test_an_endless_answer_is_cut_off() -> None:
    """No more than a little of an answer is read, and a receiver that never ends it does not keep us."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def flood() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
                try:
                    while True:
                        connection.sendall(b"x" * 65536)
                except OSError:
                    return

        thread = threading.Thread(target=flood, daemon=True)
        thread.start()
        answer = sender(f"http://127.0.0.1:{listener.getsockname()[1]}").send("traces", b"x", 60)
        thread.join(60)

    assert "not_otlp" == answer.problem
    assert not thread.is_alive()


def test_a_signal_may_have_less_patience(server: OtlpServer) -> None:
    """A timeout of the signal's own counts when it is shorter than the engine's."""
    server.mode = "hang"
    answer = sender(server.endpoint, timeout_s=0.2).send("traces", BODY, 10 * HANG_S)

    assert "timeout" == answer.problem  # with the engine's patience it would be the server that ends the connection


def test_partial_success_is_read(server: OtlpServer) -> None:
    """The number of records left out and the receiver's words come back."""
    server.mode = "partial:3:too old"
    answer = sender(server.endpoint).send("traces", BODY, 5)

    assert (Verdict.DELIVERED, 3, "too old") == (answer.verdict, answer.rejected, answer.message)


def test_instrumented_libraries_make_no_spans_of_ours(server: OtlpServer) -> None:
    """While a request is sent, instrumentation is told to look away."""
    seen = []

    class Looking(HttpSender):
        def send(self, signal: str, body: bytes, timeout_s: float) -> ExportOutcome:
            seen.append(context.get_value(_SUPPRESS_INSTRUMENTATION_KEY))
            return super().send(signal, body, timeout_s)

    engine = DeliveryEngine(Looking(build_targets(server.endpoint)))
    engine.queues["traces"].items.extend(spans(1))
    engine.close(5)

    assert [True] == seen


def test_requests_are_packed_lightly() -> None:
    """Packed requests unpack with the standard tools."""
    assert BODY == gzip.decompress(_compressed(BODY, "gzip")[0])
    assert BODY == zlib.decompress(_compressed(BODY, "deflate")[0])
    assert (b"small", {}) == _compressed(b"small", "gzip")


@pytest.mark.parametrize("words", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\0\0\x12\4\0\0\0\0\0\0\5\0\0@\0" * 3])
def test_what_does_not_speak_http_is_held_with_a_hint(words: bytes) -> None:
    """A wrong port, such as that of gRPC, does not mend itself."""
    with serving(answering(words)) as port:
        answer = HttpSender(build_targets(f"http://127.0.0.1:{port}")).send("traces", b"spans", 5)

    assert (Verdict.HELD, "not_http") == (answer.verdict, answer.problem)
    assert "4318" in answer.message


def test_an_agent_may_name_itself() -> None:
    """A header `user-agent`, however it is written, stands in place of ours."""
    with OtlpServer() as server:
        HttpSender(build_targets(server.endpoint, headers={"user-agent": "trader/7"})).send("traces", b"", 5)

        assert "trader/7" == server.requests[0].headers["user-agent"]


def test_a_host_may_be_named_otherwise() -> None:
    """A header `Host` is for a receiver behind a name that this machine does not know."""
    with OtlpServer() as server:
        targets = build_targets(server.endpoint, headers={"host": "collector.example"})
        HttpSender(targets).send("traces", b"", 5)

        assert "collector.example" == server.requests[0].headers["host"]
