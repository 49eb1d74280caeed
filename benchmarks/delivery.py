"""
From an ended span to a receiver's answer: our engine beside the SDK's batch processor and OTLP exporter, and the spool's cost.

    python benchmarks/delivery.py [--smoke]     prints {way: {"us_per_span", "spans_per_cpu_s", "ratio"}}, ratio to the SDK

The same ended spans with five attributes go through each way in turn, over HTTP without compression, to a receiver in a
process of its own; CPU time of this process, the median round counts. `ours, own spans` are the spans our recorder makes, which
is what an agent has; `ours, SDK's spans` shows what the engine alone is worth.
"""

import argparse
import json
import logging
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

FIVE = {"symbol": "ACME", "size": 300, "price": 101.25, "is_paper": True, "venue": "XNYS"}
CHUNK = 2_000
"""Spans between two flushes: what the SDK's queue holds by default, so that it drops none."""


def sdk_spans(number: int) -> list[Any]:
    """Ended spans of the SDK."""
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

    ended: list[Any] = []

    class Keeping(SpanProcessor):
        def on_end(self, span: Any) -> None:
            ended.append(span)

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(Keeping())
    record(provider.get_tracer("bench"), number)
    return ended


def own_spans(number: int) -> list[Any]:
    """Ended spans of our recorder."""
    from opentelemetry.sdk.resources import Resource

    from otel_agent.delivery.queues import SignalQueue
    from otel_agent.recording.provider import TracerProvider

    queue = SignalQueue(number + 1)
    provider = TracerProvider(resource=Resource.create(), queue=queue, shutdown_on_exit=False)
    record(provider.get_tracer("bench"), number)
    return list(queue.items)


def record(tracer: Any, number: int) -> None:
    """Make spans below one root."""
    with tracer.start_as_current_span("root"):
        for _ in range(number - 1):
            with tracer.start_as_current_span("decide") as span:
                span.set_attributes(FIVE)


def sdk_way(endpoint: str, spans: list[Any]) -> tuple[Callable[[], None], Callable[[], None]]:
    """The SDK's batch processor with its own exporter."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    processor = BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces"), max_queue_size=2 * CHUNK)

    def send() -> None:
        for start in range(0, len(spans), CHUNK):
            for span in spans[start : start + CHUNK]:
                processor.on_end(span)
            processor.force_flush(30_000)

    return send, processor.shutdown


def our_way(
    endpoint: str, spans: list[Any], directory: str | None = None, level: str = "spill"
) -> tuple[Callable[[], None], Callable[[], None]]:
    """Our engine, with or without a disk."""
    from otel_agent.delivery.engine import DeliveryEngine
    from otel_agent.delivery.senders.http.sender import HttpSender
    from otel_agent.delivery.senders.targets import build_targets
    from otel_agent.delivery.spool.spool import Spool

    spool = None if directory is None else Spool(directory, service=level, level=level)
    engine = DeliveryEngine(HttpSender(build_targets(endpoint, compression="none")), spool=spool)
    engine.start()
    queue = engine.queues["traces"]

    def send() -> None:
        items = queue.items
        for start in range(0, len(spans), CHUNK):
            for span in spans[start : start + CHUNK]:
                if len(items) < queue.limit:
                    items.append(span)
                else:
                    queue.overflow(span)
            if not engine.flush(30):
                raise SystemExit(f"not everything arrived: {engine.status()}")

    def end() -> None:
        if not engine.close(5):
            raise SystemExit(f"not everything arrived: {engine.status()}")

    return send, end


def measure(ways: dict[str, Callable[[], None]], units: int, rounds: int) -> dict[str, dict[str, float]]:
    """CPU microseconds per span of every way, taking turns."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, send in ways.items():
            start = time.process_time()
            send()
            taken[name].append((time.process_time() - start) / units * 1e6)
    medians = {name: sorted(values)[len(values) // 2] for name, values in taken.items()}
    base = next(iter(medians.values()))
    return {
        name: {"us_per_span": round(cost, 2), "spans_per_cpu_s": round(1e6 / cost), "ratio": round(base / cost, 1)}
        for name, cost in medians.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="once, with few spans")
    smoke = parser.parse_args().smoke
    number, rounds = (400, 1) if smoke else (20_000, 7)
    logging.disable(logging.CRITICAL)
    sink = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("sink.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert sink.stdout is not None
    endpoint = f"http://127.0.0.1:{json.loads(sink.stdout.readline())['http']}"
    try:
        with tempfile.TemporaryDirectory() as directory:
            theirs, ours = sdk_spans(number), own_spans(number)
            made = {
                "SDK": sdk_way(endpoint, theirs),
                "ours, SDK's spans": our_way(endpoint, theirs),
                "ours, own spans": our_way(endpoint, ours),
                "ours, own spans, spool": our_way(endpoint, ours, directory),
                "ours, own spans, journal": our_way(endpoint, ours, directory, "journal"),
            }
            for send, _ in made.values():
                send()
            urllib.request.urlopen(f"{endpoint}/count", timeout=60).read()
            results = measure({name: send for name, (send, _) in made.items()}, number, rounds)
            with urllib.request.urlopen(f"{endpoint}/count", timeout=60) as answer:
                arrived = json.load(answer)["spans"]
            for _, end in made.values():
                end()
    finally:
        sink.communicate()
    if arrived != number * rounds * len(made):
        raise SystemExit(f"{arrived} of {number * rounds * len(made)} spans arrived")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
