"""What goes into the queues arrives, and every item is in one place at every moment."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from otlp_server import OtlpServer
from telemetry_items import collection, entries, law, put, spans
from waiting import PATIENCE_S, until

from otel_agent.delivery.engine import DeliveryEngine
from otel_agent.delivery.senders.http.sender import HttpSender
from otel_agent.delivery.senders.targets import build_targets
from otel_agent.delivery.settings import DeliverySettings
from otel_agent.delivery.spool.spool import Spool


def engine_to(server: OtlpServer, **more: Any) -> DeliveryEngine:
    """An engine that sends to a server, not started; it would wait for an answer longer than any test does."""
    settings = DeliverySettings(**{"retry_first_s": 0.05, "retry_most_s": 0.2, "held_first_s": 0.05, "timeout_s": PATIENCE_S, **more.pop("settings", {})})  # fmt: skip
    return DeliveryEngine(HttpSender(build_targets(server.endpoint)), settings=settings, **more)


def test_three_signals_arrive(server: OtlpServer) -> None:
    """Spans, log records and metrics reach a receiver over HTTP, and a flush says so."""
    engine = engine_to(server)
    engine.start()
    put(engine.queues["traces"], spans(100))
    put(engine.queues["logs"], entries(20))
    put(engine.queues["metrics"], [collection("a", "b")])
    delivery = engine.flush(10)
    engine.close(2)

    assert delivery
    assert 121 == delivery.delivered
    assert (100, 20, ["a", "b"]) == (len(set(server.spans)), len(server.logs), server.metrics)


def test_nobody_needs_to_flush(server: OtlpServer) -> None:
    """The delivery thread sends what waits by itself."""
    engine = engine_to(server)
    engine.start()
    put(engine.queues["traces"], spans(3))
    arrived = server.wait_for(lambda s: len(s.spans) == 3)
    engine.close(2)

    assert arrived


def test_a_close_without_a_start_delivers(server: OtlpServer) -> None:
    """What was put in before a thread ran is sent at the end."""
    engine = engine_to(server)
    put(engine.queues["traces"], spans(5))

    assert engine.close(5)
    assert 5 == len(server.spans)


def test_a_refused_connection_ends_in_time_and_is_counted(server: OtlpServer) -> None:
    """Without a disk, what nobody takes is dropped at the end, with the reason."""
    server.stop()
    engine = engine_to(server)
    engine.start()
    put(engine.queues["traces"], spans(5))
    began_s = time.monotonic()
    delivery = engine.close(1)
    took_s = time.monotonic() - began_s

    assert not delivery
    assert {"exit": 5} == engine.status()["traces"]["dropped"]
    assert took_s < PATIENCE_S / 2


def test_a_hanging_receiver_ends_in_time(server: OtlpServer) -> None:
    """A flush comes back within its timeout and says that nothing arrived; so does the end."""
    server.mode = "hang"
    engine = engine_to(server)
    engine.start()
    put(engine.queues["traces"], spans(5))
    assert server.wait_for(lambda s: bool(s.requests))
    began_s = time.monotonic()
    delivery = engine.flush(0.5)
    flushed_s = time.monotonic()
    closed = engine.close(0.5)
    closed_s = time.monotonic()

    assert not delivery
    assert 5 == delivery.queued
    assert {"exit": 5} == closed.by_signal["traces"]["dropped"]
    assert flushed_s - began_s < PATIENCE_S / 2
    assert closed_s - flushed_s < PATIENCE_S / 2
    assert [] == law(closed.by_signal)


def test_an_outage_loses_nothing(server: OtlpServer) -> None:
    """What could not be sent is sent when the receiver is back."""
    server.script("503", "reset", "429:0")
    engine = engine_to(server)
    engine.start()
    put(engine.queues["traces"], spans(50))
    arrived = server.wait_for(lambda s: len(set(s.spans)) == 50)
    engine.close(2)

    assert arrived
    assert 50 == engine.status()["traces"]["delivered"]


@pytest.mark.parametrize(
    "mode", ["redirect:307", "redirect:301:http://127.0.0.1:1/", "html", "401", "403", "404", "500"]
)
def test_a_misdirected_request_is_kept(server: OtlpServer, mode: str) -> None:
    """Redirects, pages, refused credentials and wrong paths are failures that lose nothing."""
    server.mode = mode
    engine = engine_to(server)
    engine.start()
    put(engine.queues["traces"], spans(5))
    delivery = engine.flush(0.2)
    trouble = engine.trouble()
    server.mode = "ok"
    arrived = server.wait_for(lambda s: len(set(s.spans)) == 5)
    engine.close(2)

    assert not delivery
    assert trouble is not None
    assert arrived
    assert engine.trouble() is None


def test_one_bad_record_is_found(server: OtlpServer) -> None:
    """A receiver that refuses a request for one record loses that record only."""
    server.mode = "reject:poison"
    engine = engine_to(server)
    put(engine.queues["traces"], [*spans(50), *spans(1, "poison"), *spans(50)])
    engine.flush(10)
    status = engine.status()["traces"]
    engine.close(1)

    assert 100 == len(set(server.spans))
    assert (100, {"rejected": 1}) == (status["delivered"], status["dropped"])


def test_a_partial_success_is_counted(server: OtlpServer) -> None:
    """What the receiver says it left out is dropped, not delivered."""
    server.mode = "partial:3:too old"
    engine = engine_to(server)
    put(engine.queues["traces"], spans(10))
    engine.flush(10)
    status = engine.status()["traces"]
    engine.close(1)

    assert (7, {"rejected": 3}) == (status["delivered"], status["dropped"])


def test_a_span_that_is_only_recorded_does_not_count(server: OtlpServer) -> None:
    """Spans without the sampled bit are shown to observers and are neither accepted nor sent."""
    seen: list[Any] = []
    engine = engine_to(server, observers={"traces": [seen.extend]})
    quiet = spans(4)
    for span in quiet:
        span.flags = 0x100
    put(engine.queues["traces"], [*quiet, *spans(2)])
    waiting = engine.status()["traces"]["queued"]
    engine.flush(10)
    status = engine.status()["traces"]
    engine.close(1)

    assert 6 == len(seen)
    assert (2, 2, 2, 2) == (waiting, status["accepted"], status["delivered"], len(server.spans))


def test_without_a_receiver_observers_are_the_end() -> None:
    """With nowhere to send, items count as delivered, whether or not anybody watches."""
    seen: list[Any] = []
    engine = DeliveryEngine(None, observers={"traces": [seen.extend]})
    put(engine.queues["traces"], spans(4))
    put(engine.queues["logs"], entries(4))
    delivery = engine.close(1)

    assert delivery
    assert (4, 8) == (len(seen), delivery.delivered)
    assert 4 == delivery.by_signal["logs"]["accepted"]


def test_a_broken_observer_costs_nothing(server: OtlpServer) -> None:
    """What watches may fail; the items are sent all the same."""

    def broken(_: object) -> None:
        raise RuntimeError("foreign")

    engine = engine_to(server, observers={"traces": [broken]})
    put(engine.queues["traces"], spans(4))

    assert engine.close(5)
    assert 4 == len(server.spans)


def test_what_cannot_be_redacted_does_not_leave(server: OtlpServer) -> None:
    """An item at which redaction fails is dropped with that reason; its neighbours are sent."""

    def redact(_: str, items: list[Any]) -> list[Any]:
        if any(item.site.name == "secret" for item in items):
            raise ValueError("cannot read it")
        return items

    engine = engine_to(server, redact=redact)
    put(engine.queues["traces"], [*spans(2), *spans(1, "secret"), *spans(2)])
    engine.close(5)

    assert 4 == len(server.spans)
    assert {"redaction": 1} == engine.status()["traces"]["dropped"]


def test_requests_keep_to_their_size(server: OtlpServer) -> None:
    """A large batch is cut so that receivers with a limit of 4 MiB take it."""
    engine = engine_to(server, settings={"request_bytes": 20_000})
    put(engine.queues["traces"], spans(500, text="x" * 1000))
    engine.close(10)

    assert 500 == len(set(server.spans))
    assert max(len(request.body) for request in server.requests) <= 20_000


def test_a_close_is_safe_twice(server: OtlpServer) -> None:
    """The second end does nothing, and what comes after it is counted."""
    engine = engine_to(server)
    engine.start()
    engine.close(1)
    put(engine.queues["traces"], spans(2))
    again = engine.close(1)

    assert {"closed": 2} == again.by_signal["traces"]["dropped"]
    assert [] == law(again.by_signal)


def test_a_full_queue_is_counted(server: OtlpServer) -> None:
    """Items for which there is no room are dropped with a reason; the law holds."""
    engine = engine_to(server, settings={"queue_spans": 10})
    put(engine.queues["traces"], spans(25))
    status = engine.status()
    engine.close(5)

    assert (25, {"queue_full": 15}) == (status["traces"]["accepted"], status["traces"]["dropped"])
    assert [] == law(status)
    assert 10 == len(server.spans)


@pytest.mark.parametrize("is_spooled", [True, False])
def test_a_hanging_observer_costs_what_it_watches_and_nothing_else(
    server: OtlpServer, tmp_path: Path, is_spooled: bool
) -> None:
    """A terminal that takes nothing any more keeps neither the end of the process nor, with a disk, a single span."""
    release = threading.Event()
    spool = Spool(tmp_path) if is_spooled else None
    engine = engine_to(server, spool=spool, observers={"traces": [lambda _: release.wait(2 * PATIENCE_S)]})
    engine.start()
    put(engine.queues["traces"], spans(5))
    until(lambda: not engine.queues["traces"].items)
    put(engine.queues["traces"], spans(5))
    began_s = time.monotonic()
    end = engine.close(1)
    took_s = time.monotonic() - began_s
    release.set()

    assert took_s < PATIENCE_S / 2
    assert (10 if is_spooled else 0, 0) == (end.spooled, end.queued)
    assert (10, []) == (end.by_signal["traces"]["accepted"], law(end.by_signal))
