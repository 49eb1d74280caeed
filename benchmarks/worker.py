"""
Measure one subject in a process of its own; prints one JSON object.

    python benchmarks/worker.py SUBJECT ENDPOINT MEASURE

Calling thread is `thread_time` around bursts of 500 calls, total is `process_time` over the same bursts with their flush,
so that encoding, compression, sending and native threads are in it. The same loop around an empty function is subtracted.
CPU time is used because it does not depend on what else the machine does.

A core that others share is now fast and now half as fast, for minutes. So each burst is preceded by a fixed loop of plain Python,
and its times are scaled to a machine that takes `REFERENCE_NS` for that loop; without this the ratio of two processes is as much
luck as merit.
"""

import asyncio
import gc
import importlib
import json
import sys
import time
import tracemalloc
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

CALLS = 500
BURSTS = 20
SETTLE_S = 1.5
"""What a start leaves to threads of its own is over after this; it is not a cost of calls."""


REFERENCE_NS = 100_000
"""What the fixed loop takes, about, on an undisturbed core of 2024."""


def scale() -> float:
    """By what the times of this moment are to be multiplied."""
    start = time.thread_time_ns()
    kept = {}
    for number in range(600):
        kept[f"key.{number & 63}"] = (number, str(number))
    return REFERENCE_NS / (time.thread_time_ns() - start)


def bare() -> None:
    """What a call costs by itself."""


def cost_ns(
    call: Callable[[], Any],
    root: Callable[[], Any],
    flush: Callable[[], Any],
    bursts: int = BURSTS,
    calls: int = CALLS,
) -> dict[str, float]:
    """CPU of one call on the calling thread and in total, in nanoseconds; the median burst of several."""
    thread, total = [], []
    for _ in range(bursts):
        factor = scale() / calls
        whole = time.process_time_ns()
        with root():
            start = time.thread_time_ns()
            for _ in range(calls):
                call()
            thread.append((time.thread_time_ns() - start) * factor)
        flush()
        total.append((time.process_time_ns() - whole) * factor)
    return {"thread": sorted(thread)[bursts // 2], "total": sorted(total)[bursts // 2]}


def net(
    call: Callable[[], Any], root: Callable[[], Any], flush: Callable[[], Any], calls: int = CALLS
) -> dict[str, float]:
    """The cost of a call less that of the loop and of calling an empty function."""
    cost_ns(call, root, flush, 2, calls)
    measured, empty = cost_ns(call, root, flush, calls=calls), cost_ns(bare, nullcontext, bare, calls=calls)
    return {key: measured[key] - empty[key] for key in measured}


def calls(subject: Any) -> dict[str, Any]:
    """Cost of a traced call in every form the subject has."""
    subject.traced()
    subject.flush()
    time.sleep(SETTLE_S)
    result = {
        "call": net(subject.traced, subject.root, subject.flush),
        "call, 2,000 to a flush": net(subject.traced, subject.root, subject.flush, 2_000),
        "call with 5 attributes": net(subject.traced5, subject.root, subject.flush),
    }
    if subject.generator:
        generator = subject.generator
        result["generator"] = net(lambda: list(generator()), subject.root, subject.flush)
    if subject.coroutine:
        result["coroutine"] = asyncio.run(_coroutine(subject))
    if subject.log:
        result["log record"] = net(subject.log, nullcontext, subject.log.flush)
    return result


async def _coroutine(subject: Any) -> dict[str, float]:
    async def empty() -> None:
        pass

    async def once(function: Callable[[], Any], flush: Callable[[], Any]) -> dict[str, float]:
        thread, total = [], []
        for _ in range(BURSTS):
            factor = scale() / CALLS
            whole = time.process_time_ns()
            start = time.thread_time_ns()
            for _ in range(CALLS):
                await function()
            thread.append((time.thread_time_ns() - start) * factor)
            flush()
            total.append((time.process_time_ns() - whole) * factor)
        return {"thread": sorted(thread)[BURSTS // 2], "total": sorted(total)[BURSTS // 2]}

    with subject.root():
        measured, base = await once(subject.coroutine, subject.flush), await once(empty, bare)
    return {key: measured[key] - base[key] for key in measured}


def burst(subject: Any) -> dict[str, Any]:
    """50,000 spans as fast as possible; what arrived is counted by the sink."""
    start = time.perf_counter()
    for _ in range(500):
        with subject.root():
            for _ in range(99):
                subject.traced()
    made_s = time.perf_counter() - start
    subject.flush()
    return {"made": 50_000, "seconds": made_s}


def paced(subject: Any, rate: int) -> dict[str, Any]:
    """Two seconds of spans at a rate, in slices of ten milliseconds."""
    made, start, cpu = 0, time.perf_counter(), time.process_time()
    for step in range(1, 201):
        with subject.root():
            made += 1
            while made < rate * step / 100:
                subject.traced()
                made += 1
        time.sleep(max(start + step / 100 - time.perf_counter(), 0))
    elapsed, busy = time.perf_counter() - start, time.process_time() - cpu
    subject.flush()
    return {"made": made, "rate": made / elapsed, "cpu": busy / elapsed}


def held(subject: Any) -> dict[str, Any]:
    """Memory and full-collection pause with 10,000 spans queued while the collector hangs."""
    subject.traced()
    gc.collect()
    empty_s = _pause_s()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(10_000):
        subject.traced()
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return {"bytes per span": used / 10_000, "pause_s": _pause_s(), "empty_pause_s": empty_s}


def _pause_s() -> float:
    taken = []
    for _ in range(5):
        start = time.thread_time()
        gc.collect()
        taken.append(time.thread_time() - start)
    return sorted(taken)[2]


def main() -> None:
    """Run one measure of one subject."""
    name, endpoint, measure, *more = sys.argv[1:]
    before = time.process_time()
    subject = importlib.import_module(f"subjects.{name}").start(endpoint)
    started_s = time.process_time() - before
    measures: dict[str, Callable[[], dict[str, Any]]] = {
        "start": lambda: {"cpu_s": started_s, "modules": len(sys.modules)},
        "calls": lambda: calls(subject),
        "burst": lambda: burst(subject),
        "paced": lambda: paced(subject, int(more[0])),
        "held": lambda: held(subject),
    }
    result = measures[measure]()
    print(json.dumps(result), flush=True)
    if measure == "held":
        import os

        os._exit(0)  # what is queued can never be sent


if __name__ == "__main__":
    main()
