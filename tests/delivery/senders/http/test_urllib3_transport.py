"""Requests through urllib3: whom it trusts, and what its errors mean."""

import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
from otlp_server import OtlpServer
from scripted_connections import answering, serving, take_request

from otel_agent.clock import monotonic_s
from otel_agent.delivery.outcomes import Verdict
from otel_agent.delivery.senders.http.messages import MAX_BODY_BYTES, NotSentError, Request
from otel_agent.delivery.senders.http.sender import HttpSender
from otel_agent.delivery.senders.http.urllib3_transport import Urllib3Transport
from otel_agent.delivery.senders.targets import ExportTarget, build_targets


def sender(endpoint: str, **settings: Any) -> HttpSender:
    """A sender to one endpoint for all signals."""
    return HttpSender(build_targets(endpoint, **settings))


def transport(port: int, proxy: str | None = None) -> tuple[Urllib3Transport, Request]:
    """A transport, and a request to this machine."""
    url = f"http://127.0.0.1:{port}/v1/traces"
    return Urllib3Transport(ExportTarget(url), proxy), Request(url, {}, b"spans", monotonic_s() + 60)


def test_a_long_response_is_read_in_part() -> None:
    """A little more than is worth it is read of a response, and its connection is not used again."""
    data = b"HTTP/1.1 503 Busy\r\nContent-Length: 10000000\r\n\r\n" + b"x" * 10_000_000
    with serving(answering(data), answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as port:
        made, request = transport(port)
        first, second = made.post(request), made.post(request)
        made.close()

    assert MAX_BODY_BYTES < len(first.body) <= 2 * MAX_BODY_BYTES
    assert (503, 200) == (first.status, second.status)


def test_an_interim_response_is_no_response() -> None:
    """The library hands early hints over as if they were the response; they are not taken for it."""
    with serving(answering(b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n")) as port:
        made, request = transport(port)
        with pytest.raises(NotSentError, match="not_http"):
            made.post(request)


def test_a_proxy_that_is_away_is_a_passing_problem() -> None:
    """A proxy that nobody listens at is a refused connection like any other."""
    with OtlpServer() as gone:
        port = gone.port
    made = Urllib3Transport(ExportTarget("http://collector.example/"), f"http://127.0.0.1:{port}")
    with pytest.raises(NotSentError) as raised:
        made.post(Request("http://collector.example/", {}, b"", monotonic_s() + 60))

    assert (Verdict.LATER, "refused") == (
        raised.value.outcome("there").verdict,
        raised.value.outcome("there").problem,
    )


def test_no_time_is_no_request() -> None:
    """A deadline that has passed ends a request before a connection is opened."""
    made, request = transport(9)
    with pytest.raises(NotSentError, match="timeout"):
        made.post(request._replace(end_s=monotonic_s() - 1))


def test_a_forked_child_has_connections_of_its_own() -> None:
    """After a fork the next request opens a connection, although the parent's is still open."""
    ok = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    served: list[bytes] = []

    def keep(connection: Any) -> None:
        served.append(take_request(connection))
        connection.sendall(ok)

    with serving(keep, keep) as port:
        made, request = transport(port)
        made.post(request)
        made.reinit_after_fork()
        made.post(request)
        made.close()

    assert 2 == len(served)


@pytest.mark.parametrize("field", ["certificate", "client_certificate"])
def test_a_certificate_that_is_missing_sends_nothing(tmp_path: Path, field: str) -> None:
    """Named and unreadable certificates are an error, not a reason to trust the system's."""
    missing = tmp_path / "missing.pem"
    answer = sender("https://127.0.0.1:9", **{field: str(missing)}).send("traces", b"", 5)

    assert (Verdict.HELD, "certificate") == (answer.verdict, answer.problem)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make certificates with")
    directory = tmp_path_factory.mktemp("tls")
    certificate, key = directory / "server.pem", directory / "server.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return certificate, key


def test_a_certificate_of_our_own_authority_is_trusted(authority: tuple[Path, Path]) -> None:
    """With the authority's file requests arrive over TLS; without it nothing is sent and the reason is said."""
    certificate, key = authority
    with OtlpServer() as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server._listener.socket = context.wrap_socket(server._listener.socket, server_side=True)
        endpoint = f"https://127.0.0.1:{server.port}"
        trusted = sender(endpoint, certificate=str(certificate)).send("traces", b"", 5)
        strange = sender(endpoint).send("traces", b"", 5)

        assert Verdict.DELIVERED is trusted.verdict
        assert (Verdict.HELD, "tls") == (strange.verdict, strange.problem)
        assert "CERTIFICATE" in strange.message
        assert 1 == len(server.requests)
