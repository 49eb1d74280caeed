"""Which transport a request takes, and through which proxy."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from otlp_server import OtlpServer

from otel_agent.delivery.outcomes import Verdict
from otel_agent.delivery.senders.http.sender import HttpSender
from otel_agent.delivery.senders.http.socket_transport import SocketTransport
from otel_agent.delivery.senders.http.transport import Transport, choose_transport, proxy_for
from otel_agent.delivery.senders.http.urllib3_transport import Urllib3Transport
from otel_agent.delivery.senders.targets import ExportTarget, build_targets


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever proxies this machine has, a test begins without."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server() -> Iterator[OtlpServer]:
    """A receiver that behaves."""
    with OtlpServer() as running:
        yield running


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://collector.example:4318/v1/traces", SocketTransport),
        ("http://127.0.0.1:4318/v1/traces", SocketTransport),
        ("https://127.0.0.1:4318/v1/traces", Urllib3Transport),
        ("http://collector.example:4318/a b", Urllib3Transport),
    ],
)
def test_tls_and_what_has_to_be_encoded_take_urllib3(url: str, kind: type) -> None:
    """A plain address is reached over a socket, everything else through the library."""
    assert type(choose_transport(ExportTarget(url), {})) is kind


def test_a_proxy_takes_urllib3(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain address is reached through the library when the environment names a proxy for it, and it is looked up each time."""
    opened: dict[tuple[str | None, ...], Transport] = {}
    target = ExportTarget("http://collector.example:4318/v1/traces")
    before = choose_transport(target, opened)
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    after = choose_transport(target, opened)

    assert (SocketTransport, Urllib3Transport) == (type(before), type(after))


def test_receivers_with_the_same_needs_share_a_transport() -> None:
    """Connections are shared by signals, unless they go out with different certificates."""
    opened: dict[tuple[str | None, ...], Transport] = {}
    urls = ["http://a/v1/traces", "http://b/v1/logs", "https://a/v1/traces", "https://b/v1/logs"]
    plain, other_plain, tls, other_tls = [choose_transport(ExportTarget(url), opened) for url in urls]
    own_tls = choose_transport(ExportTarget("https://a/v1/traces", certificate="ca.pem"), opened)

    assert plain is other_plain
    assert tls is other_tls
    assert own_tls is not tls
    assert 3 == len(opened)


def test_only_a_proxy_of_the_right_scheme_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP and HTTPS have proxies of their own, and `no_proxy` names hosts that have none."""
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inside.example")

    assert "http://proxy.example:3128" == proxy_for("https://collector.example/v1/traces")
    assert proxy_for("http://collector.example/v1/traces") is None
    assert proxy_for("https://inside.example/v1/traces") is None
    assert proxy_for("https://localhost/v1/traces") is None


def test_this_machine_is_reached_without_the_proxy(server: OtlpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment is for others."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    assert Verdict.DELIVERED is HttpSender(build_targets(server.endpoint)).send("traces", b"", 5).verdict


def test_others_are_reached_through_the_proxy(server: OtlpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment is used, and gets the whole address."""
    monkeypatch.setenv("http_proxy", server.endpoint)
    answer = HttpSender(build_targets("http://collector.example:4318")).send("traces", b"", 5)

    assert Verdict.DELIVERED is answer.verdict
    assert "http://collector.example:4318/v1/traces" == server.requests[0].headers[":path"]


def test_a_receiver_beside_the_agent_needs_no_library() -> None:
    """Where there is neither TLS nor a proxy, neither urllib3 nor ssl nor http.client is loaded: a tenth of a second of CPU."""
    with OtlpServer() as server:
        code = (
            "import sys; from otel_agent.delivery.senders.http.sender import HttpSender;"
            "from otel_agent.delivery.senders.targets import build_targets;"
            f"print(HttpSender(build_targets('{server.endpoint}')).send('traces', b'', 5).verdict.value,"
            "[name for name in ('urllib3', 'ssl', 'http.client') if name in sys.modules])"
        )
        found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert "delivered []" == found.stdout.strip()
