"""With a disk nothing is lost: not over outages, not at the end, not in a burst, not by the next process."""

import threading
import time
from collections.abc import Callable, Iterator
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
from otel_agent.delivery.spool.bounds import Bounds
from otel_agent.delivery.spool.spool import Spool

Build = Callable[..., DeliveryEngine]


@pytest.fixture
def build(server: OtlpServer, tmp_path: Path) -> Iterator[Build]:
    """Makes engines over one spool directory, as processes that follow each other would; all are closed."""
    made = []

    def engine(level: str = "spill", bounds: Bounds | None = None, **more: Any) -> DeliveryEngine:
        settings = DeliverySettings(**{"retry_first_s": 0.05, "retry_most_s": 0.2, "held_first_s": 0.05, "timeout_s": PATIENCE_S, **more.pop("settings", {})})  # fmt: skip
        spool = Spool(tmp_path / "spool", service="trader", level=level, bounds=bounds)
        made.append(DeliveryEngine(HttpSender(build_targets(server.endpoint)), spool=spool, settings=settings, **more))
        return made[-1]

    yield engine
    for each in made:
        each.close(0.5)


@pytest.mark.parametrize("mode", ["refused", "hang", "503", "html"])
def test_the_next_process_sends_what_the_last_one_could_not(server: OtlpServer, build: Build, mode: str) -> None:
    """With a receiver that takes nothing the end comes in time, and the next run delivers everything once."""
    if mode == "refused":
        server.stop()
    server.mode = mode
    first = build()
    first.start()
    put(first.queues["traces"], spans(1000))
    put(first.queues["logs"], entries(20))
    put(first.queues["metrics"], [collection("agent.cash")])
    began_s = time.monotonic()
    last = first.close(1.5)
    took_s = time.monotonic() - began_s
    server.mode = "ok"
    if mode == "refused":
        server.start()
    second = build()
    second.start()
    delivered = server.wait_for(lambda s: len(s.spans) >= 1000 and len(s.logs) >= 20 and len(s.metrics) >= 1)
    end = second.close(2.0)

    assert (1021, 0, 0) == (last.spooled, last.dropped, last.queued)
    assert took_s < PATIENCE_S / 2
    assert delivered
    assert (1000, 0, 20, ["agent.cash"]) == (
        len(set(server.spans)),
        server.duplicates,
        len(server.logs),
        server.metrics,
    )
    assert end
    assert [] == law(end.by_signal)
    assert [] == [path for path in first._spool.directory.rglob("*") if path.is_file()]  # type: ignore[union-attr]


def test_an_outage_goes_to_the_disk_and_back(server: OtlpServer, build: Build) -> None:
    """While the receiver is away telemetry waits on the disk; when it is back the same process sends it."""
    engine = build()
    engine.start()
    server.stop()
    for _ in range(5):
        put(engine.queues["traces"], spans(20))
        until(lambda: not engine.queues["traces"].items)
    away = until(engine.status, lambda status: status["traces"]["spooled"] == 100)
    server.start()
    arrived = server.wait_for(lambda s: len(set(s.spans)) == 100)
    end = engine.close(2)

    assert 100 == away["traces"]["spooled"]
    assert [] == law(away)
    assert arrived
    assert end
    assert 0 == server.duplicates


def test_a_burst_beyond_the_queue_goes_to_the_disk(server: OtlpServer, build: Build) -> None:
    """A receiver that takes half a second a request loses nothing of a burst ten times the queue."""
    server.mode = "slow:0.5"
    engine = build(settings={"queue_spans": 500})
    engine.start()
    for _ in range(50):
        put(engine.queues["traces"], spans(100))
        until(lambda: len(engine.queues["traces"].items) <= 800, interval_s=0.002)
    status = engine.status()
    server.mode = "ok"
    delivery = engine.flush(20)

    assert [] == law(status)
    assert {} == status["traces"]["dropped"]
    assert delivery
    assert 5000 == len(set(server.spans))


def test_the_journal_has_everything_before_it_is_sent(server: OtlpServer, build: Build, tmp_path: Path) -> None:
    """At level journal a span is on the disk when its end returns, also when nothing runs yet."""
    engine = build("journal")
    put(engine.queues["traces"], spans(10))
    put(engine.queues["logs"], entries(5))
    status = engine.status()
    size = sum(path.stat().st_size for path in tmp_path.rglob("*.seg"))
    end = engine.flush(10)

    assert (10, 5) == (status["traces"]["spooled"], status["logs"]["spooled"])
    assert size > 0
    assert end
    assert (10, 5) == (len(set(server.spans)), len(server.logs))
    assert [] == law(end.by_signal)


def test_the_journal_shows_observers_what_it_took(server: OtlpServer, build: Build) -> None:
    """Observers see journaled items on the delivery thread, record-only ones too."""
    seen: list[Any] = []
    engine = build("journal", observers={"traces": [seen.extend]})
    quiet = spans(1)
    quiet[0].flags = 0x100
    put(engine.queues["traces"], [*spans(3), *quiet])
    engine.flush(10)

    assert 4 == len(seen)
    assert 3 == len(server.spans)


def test_a_journal_whose_disk_fails_goes_on_in_memory(server: OtlpServer, build: Build, tmp_path: Path) -> None:
    """When the disk takes nothing, items go the ordinary way; nothing is raised and nothing is lost."""
    (tmp_path / "spool").write_text("not a directory")
    engine = build("journal")
    put(engine.queues["traces"], spans(10))
    trouble = engine.trouble()
    end = engine.flush(10)

    assert trouble is not None
    assert end.delivered == 10
    assert 10 == len(server.spans)
    assert [] == law(engine.status())


def test_what_comes_after_the_end_is_kept(server: OtlpServer, build: Build) -> None:
    """Spans that end after the end, in somebody's exit hook, are on the disk for the next process."""
    first = build()
    first.start()
    first.close(1)
    put(first.queues["traces"], spans(3))
    late = first.status()["traces"]
    first._spool.close()  # type: ignore[union-attr]
    second = build()
    second.start()
    arrived = server.wait_for(lambda s: len(s.spans) == 3)

    assert 3 == late["spooled"]
    assert arrived


def test_a_spool_that_is_full_gives_up_the_oldest(server: OtlpServer, build: Build) -> None:
    """What was given up and what arrives are together exactly what was put in."""
    server.stop()
    engine = build(bounds=Bounds(max_bytes=100_000))
    engine.start()
    for _ in range(40):
        put(engine.queues["traces"], spans(50, text="y" * 100))
        until(lambda: not engine.queues["traces"].items)
    engine.close(1)
    status = engine.status()["traces"]
    server.start()
    second = build(bounds=Bounds(max_bytes=100_000))
    second.flush(10)

    assert status["dropped"]["spool_full"] > 0
    assert 2000 == status["dropped"]["spool_full"] + len(set(server.spans))
    assert 0 == server.duplicates


def test_two_processes_share_a_directory(server: OtlpServer, build: Build) -> None:
    """While both live, neither takes what is the other's."""
    server.stop()
    one, two = build(), build()
    for engine in (one, two):
        engine.start()
        put(engine.queues["traces"], spans(50))
        engine.flush(1)
    held = [engine.status()["traces"]["spooled"] for engine in (one, two)]
    server.start()
    ends = [engine.flush(10) for engine in (one, two)]

    assert [50, 50] == held
    assert all(ends)
    assert (100, 0) == (len(set(server.spans)), server.duplicates)


def test_a_refused_record_is_put_apart(server: OtlpServer, build: Build, tmp_path: Path) -> None:
    """The one bad record of a backlog is quarantined with the receiver's words; the others arrive once."""
    server.stop()
    first = build()
    put(first.queues["traces"], [*spans(20), *spans(1, "poison"), *spans(20)])
    first.close(1)
    server.start()
    server.mode = "reject:poison"
    second = build()
    second.flush(10)
    status = second.status()["traces"]
    words = [path.read_text() for path in tmp_path.rglob("quarantine/*.txt")]

    assert (40, 0) == (len(set(server.spans)), server.duplicates)
    assert {"rejected": 1} == status["dropped"]
    assert 1 == len(words)
    assert "400" in words[0]


def test_a_request_is_not_made_before_the_receiver_allows_it(server: OtlpServer, build: Build) -> None:
    """After `Retry-After: 30` nothing is sent, whoever asks; at the end it is on the disk."""
    server.mode = "429:30"
    engine = build()
    engine.start()
    put(engine.queues["traces"], spans(5))
    for _ in range(3):
        engine.flush(0.3)
    end = engine.close(1)

    assert 1 == len(server.requests)
    assert 5 == end.spooled


def test_many_threads_journal_at_once(server: OtlpServer, build: Build) -> None:
    """Four threads that end spans at once are kept to the last."""
    engine = build("journal")
    engine.start()
    threads = [threading.Thread(target=put, args=(engine.queues["traces"], spans(500))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    end = engine.flush(20)

    assert end
    assert (2000, 0) == (len(set(server.spans)), server.duplicates)
    assert [] == law(end.by_signal)


def test_a_hurry_ends_a_close_at_once(server: OtlpServer, build: Build) -> None:
    """Whoever waits for the end of a long close can have everything on the disk now."""
    server.mode = "hang"
    engine = build()
    engine.start()
    put(engine.queues["traces"], spans(50))
    assert server.wait_for(lambda s: bool(s.requests))
    closing = threading.Thread(target=engine.close, args=(PATIENCE_S,))
    closing.start()
    began_s = time.monotonic()
    engine.hurry()
    closing.join(PATIENCE_S)
    took_s = time.monotonic() - began_s

    assert not closing.is_alive()
    assert took_s < PATIENCE_S / 2
    assert 50 == engine.status()["traces"]["spooled"]


def test_without_threads_the_end_is_done_by_the_caller(
    server: OtlpServer, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interpreter that is ending starts no threads; everything arrives all the same."""
    original = threading.Thread.start

    def refuse(self: threading.Thread) -> None:
        if self.name.startswith("otel-agent"):
            raise RuntimeError("can't create new thread at interpreter shutdown")
        original(self)

    engine = build()
    put(engine.queues["traces"], spans(10))
    put(engine.queues["logs"], entries(10))
    monkeypatch.setattr(threading.Thread, "start", refuse)
    engine.start()
    end = engine.close(5)

    assert end
    assert (10, 10) == (len(server.spans), len(server.logs))
