"""The same bytes over gRPC: what arrives, what each status means, and what a fork leaves alone."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from otlp_server import HANG_S, OtlpServer
from telemetry_items import collection, entries, put, spans
from waiting import until

from otel_agent.delivery.engine import DeliveryEngine
from otel_agent.delivery.outcomes import Verdict
from otel_agent.delivery.senders.grpc import GrpcSender, retry_delay_s
from otel_agent.delivery.senders.targets import build_targets
from otel_agent.delivery.settings import DeliverySettings
from otel_agent.delivery.wire import encode_spans
from otel_agent.errors import ConfigurationError

BODY = encode_spans(spans(50))


@pytest.fixture
def server() -> Iterator[OtlpServer]:
    """A gRPC receiver that behaves until told otherwise."""
    with OtlpServer("grpc") as running:
        yield running


def sender(server: OtlpServer, **settings: Any) -> GrpcSender:
    """A sender to a server of the test."""
    return GrpcSender(build_targets(f"127.0.0.1:{server.port}", protocol="grpc", **settings))


@pytest.mark.parametrize("compression", ["gzip", "deflate", "none"])
def test_three_signals_arrive_over_grpc(server: OtlpServer, compression: str) -> None:
    """The bytes that go over HTTP go over gRPC, with every compression the specification names."""
    engine = DeliveryEngine(sender(server, compression=compression))
    put(engine.queues["traces"], spans(50))
    put(engine.queues["logs"], entries(5))
    put(engine.queues["metrics"], [collection("a")])
    end = engine.close(10)

    assert end
    assert (50, 5, ["a"]) == (len(set(server.spans)), len(server.logs), server.metrics)


@pytest.mark.parametrize("scheme", ["http://", ""])
def test_an_endpoint_is_taken_with_and_without_scheme(server: OtlpServer, scheme: str) -> None:
    """`http://host:port` and `host:port` on this machine both mean no TLS."""
    made = GrpcSender(build_targets(f"{scheme}127.0.0.1:{server.port}", protocol="grpc"))

    assert Verdict.DELIVERED is made.send("traces", BODY, 5).verdict
    made.close()


@pytest.mark.parametrize(
    ("mode", "verdict"),
    [
        ("ok", Verdict.DELIVERED),
        ("UNAVAILABLE", Verdict.LATER),
        ("RESOURCE_EXHAUSTED", Verdict.LATER),
        ("DEADLINE_EXCEEDED", Verdict.LATER),
        ("INVALID_ARGUMENT", Verdict.REFUSED),
        ("UNAUTHENTICATED", Verdict.HELD),
        ("PERMISSION_DENIED", Verdict.HELD),
        ("UNIMPLEMENTED", Verdict.HELD),
        ("INTERNAL", Verdict.HELD),
        ("hang", Verdict.LATER),
    ],
)
def test_every_status_has_its_meaning(server: OtlpServer, mode: str, verdict: Verdict) -> None:
    """Statuses are sorted like those of HTTP."""
    server.mode = mode
    made = sender(server)
    answer = made.send("traces", BODY, 1)
    made.close()

    assert verdict is answer.verdict
    assert (verdict is Verdict.DELIVERED) == (not answer.message)


def test_a_wish_to_be_left_alone_is_understood_over_grpc(server: OtlpServer) -> None:
    """RetryInfo is read from the trailing metadata."""
    server.mode = "UNAVAILABLE:2.5"
    made = sender(server)
    answer = made.send("traces", BODY, 5)
    made.close()

    assert 2.5 == answer.retry_after_s


def test_what_is_no_wish_is_none() -> None:
    """An empty RetryInfo asks for nothing; broken bytes are an error of the caller's to catch."""
    assert retry_delay_s(b"") is None
    with pytest.raises(ValueError, match="byte"):
        retry_delay_s(b"\x0a\xff")


def test_a_signal_may_have_less_patience_over_grpc(server: OtlpServer) -> None:
    """A timeout of the signal's own counts when it is shorter than the engine's."""
    server.mode = "hang"
    made = sender(server, timeout_s=0.2)
    answer = made.send("traces", BODY, 10 * HANG_S)
    made.close()

    assert "deadline_exceeded" == answer.problem  # with the engine's patience it would be the server that ends the call


def test_partial_success_is_read_over_grpc(server: OtlpServer) -> None:
    """The number of records left out comes back."""
    server.mode = "partial:3:too old"
    made = sender(server)
    answer = made.send("traces", BODY, 5)
    made.close()

    assert (3, "too old") == (answer.rejected, answer.message)


def test_headers_go_as_metadata_and_are_read_anew(server: OtlpServer) -> None:
    """Names are in lower case as gRPC wants them; after UNAUTHENTICATED the next attempt reads them again."""
    tokens = iter(["stale-token", "new"])
    server.mode = "unauthorized:new"
    made = sender(server, headers=lambda: {"Authorization": next(tokens)})
    first, second = made.send("traces", BODY, 5), made.send("traces", BODY, 5)
    made.close()

    assert (Verdict.HELD, Verdict.DELIVERED) == (first.verdict, second.verdict)
    assert "stale-token" not in first.message


def test_nobody_listening_is_a_passing_trouble(server: OtlpServer) -> None:
    """A receiver that is away and comes back gets what it missed, through the same sender."""
    server.stop()
    made = sender(server)
    away = made.send("traces", BODY, 1)
    server.start()
    back = until(lambda: made.send("traces", BODY, 10), lambda answer: answer.verdict is Verdict.DELIVERED)
    made.close()

    assert (Verdict.LATER, "unavailable") == (away.verdict, away.problem)
    assert Verdict.DELIVERED is back.verdict


def test_a_certificate_that_is_missing_sends_nothing_over_grpc(tmp_path: Path) -> None:
    """Unlike the official exporter, which goes on with the system's authorities."""
    targets = build_targets("https://127.0.0.1:9", protocol="grpc", certificate=str(tmp_path / "missing.pem"))
    answer = GrpcSender(targets).send("traces", BODY, 1)

    assert (Verdict.HELD, "certificate") == (answer.verdict, answer.problem)


def test_a_large_batch_fits_what_grpc_receivers_take(server: OtlpServer) -> None:
    """No request is beyond the 4 MiB that gRPC servers take by default."""
    engine = DeliveryEngine(sender(server), settings=DeliverySettings())
    put(engine.queues["traces"], spans(6000, text="x" * 2000))
    end = engine.close(20)

    assert end
    assert 6000 == len(set(server.spans))
    assert max(len(request.body) for request in server.requests) < 4 << 20


def test_a_forked_child_makes_a_channel_of_its_own(server: OtlpServer) -> None:
    """After the parent has used its channel, parent and child both send."""
    program = """
import os, sys
sys.path[:0] = sys.argv[2:]
from telemetry_items import put, spans
from otel_agent.delivery.engine import DeliveryEngine
from otel_agent.delivery.senders.grpc import GrpcSender
from otel_agent.delivery.senders.targets import build_targets
from otel_agent.lifecycle.forks import follow_forks
engine = DeliveryEngine(GrpcSender(build_targets(sys.argv[1], protocol="grpc")))
engine.start()
put(engine.queues["traces"], spans(1))
assert engine.flush(10)
follow_forks(engine)
child = os.fork()
put(engine.queues["traces"], spans(2, "child" if child == 0 else "parent"))
end = engine.close(10)
if child == 0:
    os._exit(0 if end and end.delivered == 2 else 3)
print(end.delivered, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    paths = [path for path in sys.path if path.endswith(("servers", "wire"))]
    run = subprocess.run(
        [sys.executable, "-c", program, f"127.0.0.1:{server.port}", *paths],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "3 0" == run.stdout.strip(), run.stderr
    assert ["child"] * 2 + ["decide"] + ["parent"] * 2 == sorted(span[2] for span in server.spans)


@pytest.mark.parametrize(
    ("listened", "target"),
    [
        ("localhost:0", "dns:localhost:{port}"),
        ("localhost:0", "dns:///localhost:{port}"),
        ("127.0.0.1:0", "ipv4:127.0.0.1:{port}"),
        ("unix:{home}/a.sock", "unix:{home}/a.sock"),
        ("unix:{home}/b.sock", "unix://{home}/b.sock"),
        ("unix-abstract:otel-agent-{port}", "unix-abstract:otel-agent-{port}"),
    ],
)
def test_targets_of_grpc_are_reached(listened: str, target: str) -> None:
    """What is no URL goes to the client as it was written, without TLS where it cannot leave the machine."""
    bodies: list[bytes] = []

    def export(body: bytes, _: Any) -> bytes:
        bodies.append(body)
        return b""

    method = grpc.unary_unary_rpc_method_handler(export)
    service = "opentelemetry.proto.collector.trace.v1.TraceService"
    listener = grpc.server(ThreadPoolExecutor(1))
    listener.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, {"Export": method})])
    home = tempfile.mkdtemp(dir="/tmp")  # a socket's path may have a hundred characters, pytest's have more
    port = listener.add_insecure_port(listened.format(home=home, port=os.getpid()))
    listener.start()
    address = target.format(home=home, port=os.getpid() if "abstract" in target else port)
    made = GrpcSender(build_targets(address, protocol="grpc"))
    sent = made.send("traces", BODY, 20)
    made.close()
    listener.stop(None)

    assert (Verdict.DELIVERED, [BODY], address) == (sent.verdict, bodies, made.where("traces"))


def test_a_wrong_target_of_grpc_is_said() -> None:
    """The message shows the form."""
    with pytest.raises(ConfigurationError, match="expected a gRPC target such as dns:collector:4317"):
        build_targets("dns:a:b", protocol="grpc")
