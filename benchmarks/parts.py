"""
Parts of the package beside what they replace, in one process: wire encoders beside the SDK's, our log handler beside its.

    python benchmarks/parts.py [--smoke]          prints one JSON object {part: {"ours_ns", "sdk_ns", "ratio"}}

CPU time of this process; both sides take turns, and the median round counts.
"""

import json
import logging
import sys
import time
import warnings
from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

ROUNDS, SIZE = 9, 512
FIVE = {"symbol": "ACME", "size": 300, "price": 101.25, "is_paper": True, "venue": "XNYS"}


def compare(sdk: Callable[[], Any], ours: Callable[[], Any], units: int, rounds: int) -> dict[str, float]:
    """CPU nanoseconds per unit of two callables that do the same work, taking turns."""
    taken: dict[Callable[[], Any], list[float]] = {sdk: [], ours: []}
    for _ in range(rounds):
        for function in (sdk, ours):
            start = time.process_time_ns()
            function()
            taken[function].append((time.process_time_ns() - start) / units)
    sdk_ns, ours_ns = (sorted(taken[function])[rounds // 2] for function in (sdk, ours))
    return {"sdk_ns": sdk_ns, "ours_ns": ours_ns, "ratio": sdk_ns / ours_ns}


def spans(attributes: dict[str, Any]) -> list[Any]:
    """Finished spans of the SDK."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("bench")
    with tracer.start_as_current_span("root"):
        for _ in range(SIZE):
            with tracer.start_as_current_span("decide") as span:
                span.set_attributes(attributes)
    return list(kept.get_finished_spans())


def collection(series: int) -> Any:
    """One collection of a counter and a histogram with many series each."""
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    reader = InMemoryMetricReader()
    meter = MeterProvider([reader], shutdown_on_exit=False).get_meter("bench")
    counter, histogram = meter.create_counter("orders"), meter.create_histogram("latency")
    for number in range(series):
        counter.add(1, {"symbol": f"S{number}", "side": "buy"})
        histogram.record(0.1, {"symbol": f"S{number}", "side": "buy"})
    return reader.get_metrics_data()


def log_records(rounds: int) -> dict[str, float]:
    """A record with three extras through both handlers to bytes, ours without its secrets, less what a NullHandler costs."""
    from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs as official
    from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
    from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
    from opentelemetry.sdk.resources import Resource

    from otel_agent.delivery.wire import encode_logs
    from otel_agent.logs.bridge import BridgeHandler
    from otel_agent.redaction.redactor import Redactor

    redact = Redactor()
    kept = InMemoryLogRecordExporter()
    provider = LoggerProvider(Resource({"service.name": "bench"}), shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(kept))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = LoggingHandler(logger_provider=provider)
    items: deque[Any] = deque()
    ours = BridgeHandler(
        SimpleNamespace(items=items, limit=1 << 20, overflow=None), Resource({"service.name": "bench"})
    )  # type: ignore[arg-type]

    def run(handler: logging.Handler, encode: Callable[[], Any]) -> Callable[[], Any]:
        logger = logging.Logger("bench", logging.INFO)  # noqa: LOG001 - one without a parent
        logger.addHandler(handler)

        def whole() -> None:
            for _ in range(SIZE):
                logger.info("order %s at %s", "A1", 101.25, extra={"symbol": "ACME", "size": 300, "venue": "XNYS"})
            encode()

        return whole

    def sdk_bytes() -> None:
        official(kept.get_finished_logs()).SerializeToString()
        kept.clear()

    def our_bytes() -> None:
        encode_logs(redact("logs", list(items)))
        items.clear()

    null = run(logging.NullHandler(), lambda: None)
    floor = compare(null, null, SIZE, rounds)["sdk_ns"]
    both = compare(run(theirs, sdk_bytes), run(ours, our_bytes), SIZE, rounds)
    sdk_ns, ours_ns = both["sdk_ns"] - floor, both["ours_ns"] - floor
    return {"sdk_ns": sdk_ns, "ours_ns": ours_ns, "ratio": sdk_ns / ours_ns}


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Every part."""
    from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics as official_metrics
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans as official_spans

    from otel_agent.delivery.wire import encode_metrics, encode_spans

    result = {}
    for label, attributes in (("span", {}), ("span with 5 attributes", FIVE)):
        batch = spans(attributes)
        result[f"encode an SDK {label}"] = compare(
            lambda batch=batch: official_spans(batch).SerializeToString(),  # type: ignore[misc]
            lambda batch=batch: encode_spans(batch),  # type: ignore[misc]
            len(batch),
            rounds,
        )
    data = collection(500)
    result["encode a metric point"] = compare(
        lambda: official_metrics(data).SerializeToString(), lambda: encode_metrics(data), 1000, rounds
    )
    result["log record with 3 extras, added to a NullHandler"] = log_records(rounds)
    return result


if __name__ == "__main__":
    print(json.dumps(measure(1 if "--smoke" in sys.argv else ROUNDS), indent=1))
