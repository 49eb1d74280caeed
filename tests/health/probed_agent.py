"""
An agent with probes, in a process of its own: `python probed_agent.py MODE`. It prints its port first.

    spin, sleep   its event loop is blocked from the line "block" on its standard input to the line "go on"
    ending        its end, after SIGTERM, takes until the line "go on"
    fork          it prints what its forked child sees of health
"""

import asyncio
import json
import os
import sys
import threading
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor

import otel_agent

BLOCK, GO_ON = threading.Event(), threading.Event()


def listen() -> None:
    """Hear what the test says."""
    for line in sys.stdin:
        {"block": BLOCK, "go on": GO_ON}[line.strip()].set()


def think_hard(mode: str) -> None:
    """What must not be done in an event loop."""
    if mode == "sleep":
        GO_ON.wait(120)
    while not GO_ON.is_set():
        sum(range(100))


async def block(mode: str) -> None:
    """A loop that runs, hangs, and runs again."""
    await asyncio.to_thread(BLOCK.wait, 120)
    think_hard(mode)
    await asyncio.sleep(120)


class SlowEnd(SpanProcessor):
    """Takes its time when the process ends."""

    def shutdown(self) -> None:
        """Wait for the test."""
        GO_ON.wait(60)


SETTINGS: dict[str, Any] = {
    "health": {"port": 0, "loop_within_s": 2.0, "thresholds": {"memory": False, "disk": False, "cpu": False}},
    "lifecycle": {"shutdown_timeout_s": 60},
}

mode = sys.argv[1]
telemetry = otel_agent.init("probed", config=SETTINGS, export="none", spool=False, instrument=False, strict=True)
assert telemetry.health is not None
threading.Thread(target=listen, daemon=True).start()
if mode == "ending":
    trace.get_tracer_provider().add_span_processor(SlowEnd())  # type: ignore[attr-defined]  # of our provider
print(telemetry.health.port, flush=True)
if mode in {"sleep", "spin"}:
    asyncio.run(block(mode))
if mode == "fork" and os.fork() == 0:
    own = [thread.name for thread in threading.enumerate() if thread.name in {"otel-agent-probes", "otel-agent-health"}]
    seen = {"port": telemetry.health.port, "threads": own, "states": telemetry.health.states()}
    print(json.dumps(seen), flush=True)
    os._exit(0)
threading.Event().wait(120)
