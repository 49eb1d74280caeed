"""
A whole agent, a receiver that goes wrong, and what has become of the agent's telemetry once all is well again.

    with trial(tmp_path) as faulted:
        faulted.server.mode = "503"
        first = faulted.run("init(); record(200); say(good=bool(flush(0.7)))")
        faulted.heal()
        faulted.spans, faulted.duplicates, faulted.records
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

from agent_process import Agent, Ended
from otlp_server import OtlpServer

__all__ = ["PRELUDE", "Faulted", "Report", "trial"]

PRELUDE = """
import asyncio, json, logging, os, signal, sys, threading, time
import otel_agent
from opentelemetry import metrics, trace

signal.signal(signal.SIGINT, signal.default_int_handler)

@otel_agent.traced
def work(number):
    return number

def record(spans):
    with otel_agent.span("root"):
        for number in range(spans - 1):
            work(number)

def rate(seconds):
    for number in range(int(seconds * 50)):
        work(number)
        time.sleep(0.02)

def log(records):
    for number in range(records):
        logging.getLogger("trader").warning("record %d", number)

def init(**more):
    global telemetry
    telemetry = otel_agent.init("trader", **{"instrument": False, **more})
    return telemetry

def flush(timeout_s):
    start_s = time.monotonic()
    delivery = telemetry.flush(timeout_s)
    say(flushed=bool(delivery), flush_s=time.monotonic() - start_s)
    return delivery

def until(condition, patience_s=30):
    end_s = time.monotonic() + patience_s
    while not condition() and time.monotonic() < end_s:
        time.sleep(0.05)
    return bool(condition())

def dropped(name="traces"):
    return sum(telemetry.status()["delivery"][name]["dropped"].values())

def line(word):
    os.write(1, f"{word}\\n".encode())

def say(**values):
    line(json.dumps(values))
"""
"""
What every agent here begins with; `line` says where it is, `say` answers the test. Each writes once: `print` writes a word and
then the end of its line, between which another process may write, or a signal's handler.
"""


@dataclass(frozen=True)
class Report:
    """What an agent left behind."""

    status: int
    said: dict[str, Any]
    """Its answers, the last one of each name."""
    lines: list[str]
    """What its operator had to read, but for the agent's own log records, which Python prints where nobody handles them."""
    took_s: float

    def __getitem__(self, name: str) -> Any:
        return self.said[name]


def report(ended: Ended) -> Report:
    """Read what an agent has said."""
    said: dict[str, Any] = {}
    for line in ended.out.splitlines():
        if line.startswith("{"):
            said.update(json.loads(line))
    lines = [line for line in ended.err.splitlines() if not line.startswith("record ")]
    return Report(ended.status, said, lines, ended.took_s)


class Faulted:
    """One receiver, one disk, and agents one after the other."""

    def __init__(self, server: OtlpServer, home: Path) -> None:
        self.server = server
        self.home = home

    def begin(self, code: str, *, first: str = "", **variables: str) -> Agent:
        """Start an agent, doing something before its imports; the caller ends it. It has the spans it asks for, and no others."""
        variables.setdefault("OTEL_EXPORTER_OTLP_ENDPOINT", self.server.endpoint)
        variables.setdefault("OTEL_AGENT_INSTRUMENT__MODULES", "false")
        return Agent(first + PRELUDE + dedent(code), self.home, **variables)

    def run(self, code: str, *, until: str | None = None, first: str = "", **variables: str) -> Report:
        """Run an agent to its end; `took_s` counts from the line `until` on."""
        with self.begin(code, first=first, **variables) as agent:
            if until is not None:
                agent.wait_for_line(until)
            return report(agent.end())

    def heal(self) -> Report:
        """Make the receiver well, and let the next process of the service send what is left."""
        self.server.mode = "ok"
        if self.server._listener is None:
            self.server.start()
        healed = self.run("init(config={'metrics': {'enabled': False}}); flush(30)")
        assert healed["flushed"], healed
        return healed

    @property
    def spans(self) -> int:
        """Different spans that arrived."""
        return len({span[:2] for span in self.server.spans})

    @property
    def duplicates(self) -> int:
        """Spans that arrived once more than they should have."""
        return self.server.duplicates

    @property
    def records(self) -> int:
        """Log records of the agent's own that arrived."""
        return sum(body.startswith("record ") for body in self.server.logs)


@contextmanager
def trial(home: Path, protocol: str = "http", mode: str = "ok") -> Iterator[Faulted]:
    """
    A receiver and an empty disk.

    Args:
        home: Where agents run; their state stays there for the next one.
        protocol: Of the receiver: "http" or "grpc".
        mode: Of the receiver; "refused" is one that does not listen.
    """
    with OtlpServer(protocol, mode if mode != "refused" else "ok") as server:
        if mode == "refused":
            server.stop()
        yield Faulted(server, home)
