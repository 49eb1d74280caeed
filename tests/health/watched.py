"""An agent with probes, run by the tests in a process of its own: `python watched.py MODE`. It prints its port first."""

import asyncio
import json
import os
import sys
import threading
import time
from dataclasses import dataclass, field

from otel_agent.health.assembly import HealthService
from otel_agent.health.registry import shared
from otel_agent.lifecycle.components import Component
from otel_agent.lifecycle.lifecycle import Lifecycle
from otel_agent.lifecycle.signals import EndSignals


@dataclass(frozen=True)
class Limits:
    """As in the configuration."""

    memory: float | None = None
    disk: float | None = None
    cpu: float | None = None
    clear_gap: float = 0.05
    hold_s: float = 30.0


@dataclass(frozen=True)
class Settings:
    """As in the configuration."""

    port: int | None = 0
    host: str = "127.0.0.1"
    token: str | None = None
    thresholds: Limits = field(default_factory=Limits)
    file: str | None = None


def think_hard(mode: str) -> None:
    """What must not be done in an event loop."""
    end_s = time.monotonic() + 5
    while mode == "spin" and time.monotonic() < end_s:
        sum(range(100))
    if mode == "sleep":
        time.sleep(5)


async def block(mode: str) -> None:
    """A loop that runs, hangs, and runs again."""
    print(health.port, flush=True)
    await asyncio.sleep(1.5)
    think_hard(mode)
    await asyncio.sleep(30)


mode = sys.argv[1]
health = HealthService(Settings(), registry=shared, loop_within_s=2.0)
life = Lifecycle(
    [
        Component("health", health.start, health.close, reinit_after_fork=health.reinit_after_fork),
        Component("slow", close=lambda timeout_s: time.sleep(min(1.5, timeout_s))),
    ]
)
life.on_drain(health.drain)
life.start()
signals = EndSignals(life.close)
signals.install()
health.started()
if mode in {"sleep", "spin"}:
    asyncio.run(block(mode))
print(health.port, flush=True)
if mode == "fork" and os.fork() == 0:
    own = [thread.name for thread in threading.enumerate() if thread.name in {"otel-agent-probes", "otel-agent-health"}]
    print(json.dumps({"port": health.port, "threads": own, "states": health.states()}), flush=True)
    os._exit(0)
time.sleep(30)
