"""
An agent for the chaos run: threads, an event loop and forked children emit numbered spans, log records and counts.

    python chaos_worker.py NAME TALLY_DIRECTORY SECONDS

Each emitter owns a file in the tally directory and writes into it, after each call has returned, how many there have been:
what stands there was accepted, however the process ends. On SIGTERM and at the end of its time the worker stops as any
program does. On its standard output: one JSON object of how long its calls took.
"""

import asyncio
import json
import logging
import os
import sys
import threading
import time
from multiprocessing import get_context
from pathlib import Path

from opentelemetry import metrics

import otel_agent

NAME, TALLIES, SECONDS = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
END_S = time.monotonic() + SECONDS
PAUSE_S = 0.01
took_ns: list[int] = []
emitters: "list[Emitter]" = []
stop, closed = threading.Event(), threading.Event()


class Emitter:
    """Emits spans and log records that carry its name, and keeps count on the disk."""

    def __init__(self, name: str) -> None:
        self.name = f"{NAME}.{os.getpid()}.{name}"
        self.fd = os.open(TALLIES / self.name, os.O_WRONLY | os.O_CREAT, 0o600)
        self.number = 0
        self.is_busy = False
        self.logger = logging.getLogger("chaos")
        emitters.append(self)

    def emit(self) -> None:
        """One span with a record inside; noted once the call has returned."""
        self.is_busy = True
        if not stop.is_set():
            start_ns = time.perf_counter_ns()
            with otel_agent.span(self.name, number=self.number):
                self.logger.info("%s", self.name)
            took_ns.append(time.perf_counter_ns() - start_ns)
            if not closed.is_set():
                self.number += 1
                os.pwrite(self.fd, self.number.to_bytes(8, "little"), 0)
        self.is_busy = False


def rest() -> None:
    """Before telemetry ends: begin nothing new, and let what is being emitted return. What takes longer is not noted."""
    stop.set()
    end_s = time.monotonic() + 0.8
    while any(each.is_busy for each in emitters) and time.monotonic() < end_s:
        time.sleep(0.005)
    closed.set()


def is_running() -> bool:
    """Whether to go on."""
    return time.monotonic() < END_S and not stop.is_set()


def in_thread(number: int) -> None:
    """As workers of a thread pool do."""
    emitter = Emitter(f"thread{number}")
    while is_running():
        emitter.emit()
        orders.add(1)
        ordered[number] += 1
        time.sleep(PAUSE_S)


def in_child(number: int) -> None:
    """As a worker of a process pool does."""
    emitters.clear()  # the parent's; where telemetry was ending when this child was forked nothing is emitted
    emitter = Emitter(f"child{number}")
    for _ in range(20):
        emitter.emit()


async def in_loop() -> None:
    """As an asynchronous agent does."""
    emitter = Emitter("task")
    while is_running():
        emitter.emit()
        await asyncio.sleep(PAUSE_S)


def storm() -> None:
    """Children, again and again."""
    context = get_context("fork")
    number = 0
    while is_running():
        children = [context.Process(target=in_child, args=(number + each,)) for each in range(2)]
        for child in children:
            child.start()
        for child in children:
            child.join()
        number += 2
        stop.wait(0.5)


logging.getLogger().addHandler(logging.NullHandler())
logging.getLogger("chaos").setLevel(logging.INFO)
telemetry = otel_agent.init("chaos", instrument=False, trace_modules=False, metrics_interval_s=1)
telemetry.on_stop(rest)
orders = metrics.get_meter("chaos").create_counter(f"orders.{NAME}")
ordered = [0, 0]
threads = [threading.Thread(target=in_thread, args=(number,), daemon=True) for number in range(2)]
threads.append(threading.Thread(target=storm, daemon=True))
for thread in threads:
    thread.start()
asyncio.run(in_loop())
for thread in threads:
    thread.join()
took_ns.sort()
status = telemetry.status()["delivery"]
print(
    json.dumps(
        {
            "calls": len(took_ns),
            "orders": sum(ordered),
            "p999_ms": took_ns[len(took_ns) * 999 // 1000] / 1e6,
            "balances": [
                each["accepted"] == each["queued"] + each["delivered"] + each["spooled"] + sum(each["dropped"].values())
                for each in status.values()
            ],
            "dropped": sum(sum(each["dropped"].values()) for each in status.values()),
        }
    ),
    flush=True,
)
