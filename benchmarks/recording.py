"""
Recording beside the raw SDK, in one process: what a span, a duration and a call that is not sampled cost.

    python benchmarks/recording.py [--smoke]      prints one JSON object {measure: {"ours", "sdk", "ratio", "bar", "unit"}}

CPU time. Both sides take turns in bursts of 500 calls below one root, or none where each call is a root, and the lower quartile of the bursts counts, because what
else a machine does can only add; the same loop around an empty function is subtracted. "thread" is the calling thread alone; "total" is the whole process from the call to the bytes of the export
request, durations, redaction and the collection of durations included, sending excluded. The SDK's spans are kept by the cheapest
processor there can be, and encoded by its own encoder; its batch processor would cost it more.
"""

import gc
import json
import sys
import time
import tracemalloc
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from itertools import count
from types import SimpleNamespace
from typing import Any

CALLS = 500
BURSTS = 41
FIVE = {"symbol": "ACME", "size": 300, "price": 101.25, "is_paper": True, "venue": "XNYS"}
QUEUED = 10_000

BARS = {
    "traced call, total": 15,
    "traced call, thread": 13,
    "traced call with 5 attributes, total": 8,
    "with otel_agent.span, total": 8,
    "tracer.start_as_current_span, total": 6,
    "unsampled call": 30,
    "unsampled root": 7,
    "timed call": 15,
    "full collection with 10,000 spans queued": 5,
}
"""Ratios that are promised."""


def bare() -> None:
    """What a call costs by itself."""


class Side:
    """One of the two: how it makes calls, a root around them, and bytes of what they left."""

    def __init__(self, root: Callable[[], AbstractContextManager[Any]], encode: Callable[[], Any]) -> None:
        self.root = root
        self.encode = encode


def burst(call: Callable[[], Any], side: Side, *, is_root: bool = False) -> tuple[float, float]:
    """Nanoseconds of one call on the calling thread, and in total with the encoding."""
    whole = time.process_time_ns()
    with nullcontext() if is_root else side.root():
        start = time.thread_time_ns()
        for _ in range(CALLS):
            call()
        thread = time.thread_time_ns() - start
    side.encode()
    return thread / CALLS, (time.process_time_ns() - whole) / CALLS


def compare(pairs: dict[str, tuple[Callable[[], Any], Callable[[], Any]]], sides: Any, bursts: int) -> dict[str, Any]:
    """Lower quartiles of every pair of calls (ours, theirs), all taking turns, less an empty call; "root" in a name: below nothing."""
    nothing = Side(nullcontext, bare)
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for _ in range(bursts):
        for name, calls in (*pairs.items(), ("", (bare, bare))):
            for which, (call, side) in enumerate(zip(calls, sides if name else (nothing, nothing), strict=True)):
                found.setdefault((name, which), []).append(burst(call, side, is_root="root" in name))

    def quartile(key: tuple[str, int], column: int) -> float:
        return sorted(each[column] for each in found[key])[bursts // 4]

    result = {}
    for name in pairs:
        for column, part in enumerate(("thread", "total")):
            ours, sdk = (quartile((name, which), column) - quartile(("", which), column) for which in (0, 1))
            result[f"{name}, {part}"] = {"ours": ours, "sdk": sdk, "ratio": sdk / ours, "unit": "ns"}
    return result


def our_side(sampler: Any = None) -> tuple[Side, Any, Any]:
    """Our provider with everything that is on by default; the queue is emptied by encoding it."""
    from opentelemetry.sdk.resources import Resource

    from otel_agent.delivery.wire import encode_spans
    from otel_agent.instruments.functions import decorators
    from otel_agent.recording.durations import Durations
    from otel_agent.recording.histograms import producer
    from otel_agent.recording.provider import TracerProvider
    from otel_agent.redaction.redactor import Redactor

    queue = SimpleNamespace(items=deque(), limit=65_536, overflow=None)
    provider = TracerProvider(sampler, Resource({"service.name": "bench"}), shutdown_on_exit=False, queue=queue)
    durations, redact = Durations(), Redactor()
    collect = producer("bench", durations)
    decorators.bind(provider.recorder("bench", durations))

    encoded = count()

    def encode() -> None:
        encode_spans(redact.spans(list(queue.items)))
        queue.items.clear()
        if next(encoded) % 20 == 0:  # once a second there are ten thousand spans in it, not five hundred
            collect()

    return Side(lambda: decorators.span("root"), encode), provider.get_tracer("third party"), queue


def sdk_side(sampler: Any = None) -> tuple[Side, Any, list[Any]]:
    """The SDK's provider, its spans kept in a list that encoding empties."""
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

    kept: list[Any] = []

    class Keep(SpanProcessor):
        def on_end(self, span: Any) -> None:
            kept.append(span)

    provider = TracerProvider(sampler, Resource({"service.name": "bench"}), shutdown_on_exit=False)
    provider.add_span_processor(Keep())
    tracer = provider.get_tracer("bench")

    def encode() -> None:
        encode_spans(kept).SerializeToString()
        kept.clear()

    return Side(lambda: tracer.start_as_current_span("root"), encode), tracer, kept


def in_block(make: Callable[[], AbstractContextManager[Any]], attributes: dict[str, Any]) -> Callable[[], None]:
    """A block under a span that sets attributes."""

    def call() -> None:
        with make() as span:
            for key, value in attributes.items():
                span.set_attribute(key, value)

    return call if attributes else lambda: _empty(make)


def caught(failing: Callable[[], None]) -> Callable[[], None]:
    """A call whose exception its caller expects."""

    def call() -> None:
        with suppress(ValueError):
            failing()

    return call


def _empty(make: Callable[[], AbstractContextManager[Any]]) -> None:
    with make():
        pass


def sampled(bursts: int) -> dict[str, Any]:
    """Spans that are exported, and durations."""
    from opentelemetry import trace
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    from otel_agent.instruments.functions import decorators

    ours, light, queue = our_side()
    theirs, tracer, kept = sdk_side()

    @decorators.traced("decide")
    def traced() -> None:
        pass

    @decorators.traced("decide")
    def traced5() -> None:
        span = trace.get_current_span()
        for key, value in FIVE.items():
            span.set_attribute(key, value)

    @decorators.traced("decide")
    def traced_steps() -> Any:
        yield 1

    def theirs_steps() -> Any:
        with tracer.start_as_current_span("decide"):
            yield 1

    @decorators.traced("decide")
    def traced_failing() -> None:
        raise ValueError("the lever is stuck")

    def theirs_failing() -> None:
        with tracer.start_as_current_span("decide"):
            raise ValueError("the lever is stuck")

    def theirs_event() -> None:
        with tracer.start_as_current_span("decide") as span:
            span.add_event("filled", {"size": 300})

    @decorators.traced("decide")
    def traced_event() -> None:
        trace.get_current_span().add_event("filled", {"size": 300})

    @decorators.timed("decide")
    def timed() -> None:
        pass

    histogram = MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False).get_meter("m").create_histogram("h")
    block: Any = lambda: tracer.start_as_current_span("decide")  # noqa: E731 - one line for one idea
    result = compare(
        {
            "traced call": (traced, in_block(block, {})),
            "traced call with 5 attributes": (traced5, in_block(block, FIVE)),
            "with otel_agent.span": (in_block(lambda: decorators.span("decide"), {}), in_block(block, {})),
            "tracer.start_as_current_span": (
                in_block(lambda: light.start_as_current_span("decide"), {}),
                in_block(block, {}),
            ),
            "root call": (traced, in_block(block, {})),
            "traced generator of one step": (lambda: [*traced_steps()], lambda: [*theirs_steps()]),
            "traced call that raises": (caught(traced_failing), caught(theirs_failing)),
            "traced call with an event": (traced_event, theirs_event),
            "timed call": (timed, lambda: histogram.record(0.1, {"code.function.name": "decide"})),
        },
        (ours, theirs),
        bursts,
    )
    result["timed call"] = result.pop("timed call, thread")
    del result["timed call, total"]
    return result | held(light, queue, tracer, kept)


def held(light: Any, queue: Any, tracer: Any, kept: list[Any]) -> dict[str, Any]:
    """Memory and the pause of a full collection with spans queued, ours and theirs."""
    memory: list[list[float]] = [[], []]
    pause: list[list[float]] = [[], []]
    for _ in range(5):
        for which, (make, items) in enumerate(((light, queue.items), (tracer, kept))):
            with make.start_as_current_span("root"):
                gc.collect()
                tracemalloc.start()
                before = tracemalloc.get_traced_memory()[0]
                for _ in range(QUEUED):
                    make.start_span("decide").end()
                memory[which].append((tracemalloc.get_traced_memory()[0] - before) / QUEUED)
                tracemalloc.stop()
                full = _pause_ms()
                items.clear()
                gc.collect()
                pause[which].append(max(full - _pause_ms(), 0.001))
    return {
        "memory of a queued span": _row(*map(min, memory), "B"),
        "full collection with 10,000 spans queued": _row(*(sorted(each)[2] for each in pause), "ms"),
    }


def _row(ours: float, sdk: float, unit: str) -> dict[str, Any]:
    return {"ours": ours, "sdk": sdk, "ratio": sdk / ours, "unit": unit}


def _pause_ms() -> float:
    taken = []
    for _ in range(7):
        start = time.thread_time()
        gc.collect()
        taken.append((time.thread_time() - start) * 1e3)
    return sorted(taken)[3]


def unsampled(bursts: int) -> dict[str, Any]:
    """Calls that are not sampled, below a span and as roots; both sides with the sampler that drops everything."""
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

    from otel_agent.instruments.functions import decorators

    ours, _, _ = our_side(ALWAYS_OFF)
    theirs, tracer, _ = sdk_side(ALWAYS_OFF)

    @decorators.traced("decide")
    def traced() -> None:
        pass

    def block() -> None:
        with tracer.start_as_current_span("decide"):
            pass

    pairs: Any = dict.fromkeys(("unsampled call", "unsampled root"), (traced, block))
    found = compare(pairs, (ours, theirs), bursts)
    return {name: found[f"{name}, thread"] for name in pairs}


def measure(bursts: int) -> dict[str, Any]:
    """Every measure, with the ratio that is promised where there is one."""
    result = sampled(bursts) | unsampled(bursts)
    return {name: {**row, "bar": BARS.get(name)} for name, row in result.items()}


if __name__ == "__main__":
    found = measure(3 if "--smoke" in sys.argv else BURSTS)
    print(json.dumps(found, indent=1))
    for name, row in found.items():
        promise = "" if row["bar"] is None else f"bar {row['bar']}{' MISSED' if row['ratio'] < row['bar'] else ''}"
        print(
            f"{name:45} {row['ours']:9.1f} {row['sdk']:10.1f} {row['unit']:3} {row['ratio']:6.1f}x  {promise}",
            file=sys.stderr,
        )
