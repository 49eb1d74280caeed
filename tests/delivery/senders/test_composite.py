"""Senders made of others: one for each signal, and copies."""

from pathlib import Path

from otlp_server import OtlpServer
from telemetry_items import collection, entries, put, spans

from otel_agent import guard
from otel_agent.delivery.engine import DeliveryEngine
from otel_agent.delivery.outcomes import ExportOutcome, Verdict
from otel_agent.delivery.senders.composite import CopyingSender, SignalSender
from otel_agent.delivery.senders.file import FileSender
from otel_agent.delivery.senders.grpc import GrpcSender
from otel_agent.delivery.senders.http.sender import HttpSender
from otel_agent.delivery.senders.targets import build_targets
from otel_agent.delivery.wire import encode_spans

BODY = encode_spans(spans(50))


def test_each_signal_may_go_its_own_way(tmp_path: Path) -> None:
    """Traces over HTTP, logs into a file, metrics over gRPC, with one engine."""
    path = tmp_path / "logs.jsonl"
    with OtlpServer() as http, OtlpServer("grpc") as grpc:
        senders = SignalSender(
            {
                "traces": HttpSender(build_targets(http.endpoint)),
                "metrics": GrpcSender(build_targets(f"127.0.0.1:{grpc.port}", protocol="grpc")),
                "logs": FileSender(path),
            }
        )
        engine = DeliveryEngine(senders)
        put(engine.queues["traces"], spans(3))
        put(engine.queues["logs"], entries(3))
        put(engine.queues["metrics"], [collection("a")])
        end = engine.close(10)

        assert end
        assert (3, ["a"], 1) == (len(http.spans), grpc.metrics, len(path.read_text().splitlines()))
        assert str(path) == senders.where("logs")


def test_a_copy_is_written_of_what_was_taken(tmp_path: Path) -> None:
    """The second receiver gets each request once, when the first has taken it; its failure is said and costs nothing."""
    path = tmp_path / "copy.jsonl"
    with OtlpServer() as server:
        both = CopyingSender(HttpSender(build_targets(server.endpoint)), FileSender(path))
        server.script("503", "ok")
        verdicts = [both.send("traces", BODY, 5).verdict for _ in range(2)]
        broken = CopyingSender(HttpSender(build_targets(server.endpoint)), FileSender(tmp_path / "missing" / "file"))
        before = guard.shared.counts().get("delivery.copy", 0)

        assert [Verdict.LATER, Verdict.DELIVERED] == verdicts
        assert 1 == len(path.read_text().splitlines())
        assert Verdict.DELIVERED is broken.send("traces", BODY, 5).verdict
        assert before + 1 == guard.shared.counts()["delivery.copy"]


class Listening:
    """A sender that writes down what happens to it."""

    def __init__(self, said: list[str], name: str) -> None:
        self._said = said
        self._name = name

    def send(self, signal: str, body: bytes, timeout_s: float) -> ExportOutcome:
        """Take it."""
        self._said.append(f"{self._name} {signal}")
        return ExportOutcome(Verdict.DELIVERED)

    def where(self, signal: str) -> str:
        """Its own name."""
        return f"{self._name}/{signal}"

    def close(self) -> None:
        """Say so."""
        self._said.append(f"{self._name} close")

    def hold_for_fork(self) -> None:
        """Say so."""
        self._said.append(f"{self._name} hold")

    def go_on_after_fork(self) -> None:
        """Say so."""
        self._said.append(f"{self._name} go on")

    def reinit_after_fork(self) -> None:
        """Say so."""
        self._said.append(f"{self._name} reinit")


def test_forks_and_the_end_reach_each_sender_once() -> None:
    """A sender that serves two signals is held once, and held last it is let go first."""
    said: list[str] = []
    one, two = Listening(said, "one"), Listening(said, "two")
    both = SignalSender({"traces": one, "metrics": one, "logs": two})
    both.hold_for_fork()
    both.go_on_after_fork()
    both.reinit_after_fork()
    both.close()

    assert [
        "one hold",
        "two hold",
        "two go on",
        "one go on",
        "one reinit",
        "two reinit",
        "one close",
        "two close",
    ] == said
    assert "two/logs" == both.where("logs")
