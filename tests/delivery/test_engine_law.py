"""
accepted = queued + delivered + spooled + dropped, at every step of any history, and every item is where it is counted.

The engine is driven step by step, without its thread and with a clock turned by hand; the receiver answers as the history
says. A model knows every item by its id.
"""

import random
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_server import OtlpServer
from telemetry_items import entries, put, spans

from otel_agent.clock import ManualClock
from otel_agent.delivery.engine import DeliveryEngine
from otel_agent.delivery.outcomes import ExportOutcome, Verdict
from otel_agent.delivery.senders.http.sender import HttpSender
from otel_agent.delivery.senders.targets import build_targets
from otel_agent.delivery.settings import DeliverySettings
from otel_agent.delivery.spool.bounds import Bounds
from otel_agent.delivery.spool.spool import Spool

ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(1, 12)),
        st.tuples(st.just("poison"), st.just(1)),
        st.tuples(st.just("round"), st.just(0)),
        st.tuples(st.just("flush"), st.just(0)),
        st.tuples(st.just("relieve"), st.just(0)),
        st.tuples(st.just("advance"), st.sampled_from([0.1, 1, 20])),
        st.tuples(st.just("answers"), st.sampled_from(["ok", "later", "held", "refuse", "partial", "raise", "asked"])),
    ),
    max_size=30,
)


class Receiver:
    """A sender whose answers are chosen by the test; it knows which spans it has."""

    def __init__(self) -> None:
        self.answers = "ok"
        self.has: list[int] = []
        self.rejected = 0

    def send(self, signal: str, body: bytes, timeout_s: float) -> ExportOutcome:
        """Take, or not."""
        assert timeout_s > 0
        ids = [
            (span.name, int.from_bytes(span.span_id, "big"))
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
        if self.answers == "raise":
            raise RuntimeError("foreign")
        if self.answers == "later":
            return ExportOutcome(Verdict.LATER, "away")
        if self.answers == "asked":
            return ExportOutcome(Verdict.LATER, "busy", retry_after_s=5)
        if self.answers == "held":
            return ExportOutcome(Verdict.HELD, "unauthorized")
        if self.answers == "refuse" and any(name == "poison" for name, _ in ids):
            return ExportOutcome(Verdict.REFUSED, "bad")
        rejected = 1 if self.answers == "partial" else 0
        self.rejected += rejected
        self.has += [number for _, number in ids[rejected:]]
        return ExportOutcome(Verdict.DELIVERED, rejected=rejected)

    def where(self, signal: str) -> str:
        """Nowhere."""
        return "test"

    def close(self) -> None:
        """Nothing is open."""

    hold_for_fork = go_on_after_fork = reinit_after_fork = close


class History:
    """An engine with a model beside it."""

    def __init__(self, directory: Path | None, level: str = "spill") -> None:
        self.clock = ManualClock()
        self.receiver = Receiver()
        self.spool = None if directory is None else Spool(directory, level=level, clock=self.clock, bounds=Bounds(min_free_bytes=0))  # fmt: skip
        self.settings = DeliverySettings(queue_spans=30, batch=8, request_bytes=600, memory_bytes=2_000)
        self.engine = self.another()
        self.put: Counter[int] = Counter()

    def another(self) -> DeliveryEngine:
        """An engine over the same spool and receiver."""
        return DeliveryEngine(self.receiver, spool=self.spool, clock=self.clock, settings=self.settings)

    def do(self, action: str, value: Any) -> None:
        """One step."""
        courier = self.engine._couriers["traces"]
        if action in {"put", "poison"}:
            items = spans(value, "poison" if action == "poison" else "decide")
            put(self.engine.queues["traces"], items)
            self.put.update(item.span_id for item in items)
        elif action == "round":
            self.engine._round(courier)
        elif action == "flush":
            with courier.sending:
                courier.work(self.clock.monotonic_s() + 1, is_awaited=True)
        elif action == "relieve" and self.spool is not None:
            courier.relieve()
        elif action == "advance":
            self.clock.advance(value)
        elif action == "answers":
            self.receiver.answers = value

    def check(self) -> dict[str, Any]:
        """The law, and that every number is true."""
        status = self.engine.status()["traces"]
        dropped = sum(status["dropped"].values())
        assert status["accepted"] == status["queued"] + status["delivered"] + status["spooled"] + dropped
        assert status["accepted"] == self.put.total()
        assert status["delivered"] == len(self.receiver.has)
        assert min(status["queued"], status["delivered"], status["spooled"]) >= 0
        return status


@contextmanager
def no_threads() -> Iterator[None]:
    """The engine's short-lived threads are not started: the interpreter is ending."""

    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    original = threading.Thread.start
    threading.Thread.start = refuse  # type: ignore[method-assign]
    try:
        yield
    finally:
        threading.Thread.start = original  # type: ignore[method-assign]


@given(ACTIONS)
@settings(max_examples=120, deadline=None)
def test_the_law_holds_in_memory(actions: list[tuple[str, Any]]) -> None:
    """Without a disk every item is delivered, refused, turned away or dropped at the end, each counted once."""
    history = History(None)
    with no_threads():
        for action in actions:
            history.do(*action)
            history.check()
        history.engine.close(0.05)
        status = history.check()

    assert 0 == status["queued"] == status["spooled"]
    assert not [number for number, times in Counter(history.receiver.has).items() if times > 1]


@pytest.mark.parametrize("level", ["spill", "journal"])
@given(actions=ACTIONS)
@settings(max_examples=100, deadline=None)
def test_the_law_holds_with_a_disk(level: str, actions: list[tuple[str, Any]]) -> None:
    """With a disk nothing is dropped but what the receiver refuses; the next process delivers the rest, each once."""
    with tempfile.TemporaryDirectory() as directory, no_threads():
        history = History(Path(directory), level)
        for action in actions:
            history.do(*action)
            history.check()
        history.engine.close(1)
        status = history.check()
        history.spool = Spool(directory, clock=history.clock, bounds=Bounds(min_free_bytes=0))
        history.receiver.answers = "ok"
        end = history.another().close(5)

    assert 0 == status["queued"]
    assert set() == set(status["dropped"]) - {"rejected", "queue_full"}
    assert end.delivered == status["spooled"]
    assert not [number for number, times in Counter(history.receiver.has).items() if times > 1]
    assert history.put.total() == len(history.receiver.has) + sum(status["dropped"].values())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_law_holds_under_threads(tmp_path: Path, seed: int) -> None:
    """While threads put items in and a real receiver misbehaves at random, no reading ever breaks the law."""
    dice = random.Random(seed)
    broken: list[Any] = []
    with OtlpServer() as server:
        engine = DeliveryEngine(
            HttpSender(build_targets(server.endpoint)),
            spool=Spool(tmp_path, bounds=Bounds(min_free_bytes=0)),
            settings=DeliverySettings(
                queue_spans=200, batch=64, delay_s=0.01, timeout_s=0.5, retry_first_s=0.01, retry_most_s=0.05, held_first_s=0.01, held_most_s=0.05
            ),
        )  # fmt: skip
        engine.start()
        server.script(*dice.choices(["ok", "503", "reset", "html", "401", "slow:0.05", "429:0", "redirect:307"], k=60))
        producers = [threading.Thread(target=_produce, args=(engine, random.Random(seed + each))) for each in range(3)]
        for producer in producers:
            producer.start()
        last = 0
        while any(producer.is_alive() for producer in producers):
            for signal, each in engine.status().items():
                total = each["queued"] + each["delivered"] + each["spooled"] + sum(each["dropped"].values())
                if each["accepted"] != total or (signal == "traces" and each["accepted"] < last):
                    broken.append(each)
                if signal == "traces":
                    last = each["accepted"]
            producers[0].join(0.002)
        server._script.clear()
        engine.flush(10)
        end = engine.close(10)

        assert [] == broken
        assert end, end
        assert (3 * 600, 3 * 60) == (len(set(server.spans)), len(set(server.logs)))


def _produce(engine: DeliveryEngine, dice: random.Random) -> None:
    name, never = f"{threading.get_ident()}-{dice.random()}", threading.Event()
    for number in range(60):
        put(engine.queues["traces"], spans(10))
        put(engine.queues["logs"], entries(1, f"{name}-{number}"))
        never.wait(dice.random() * 0.01)
