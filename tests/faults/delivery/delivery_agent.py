"""
A process with a delivery engine and nothing else, that does the steps it is given, one a line on its standard input.

    python delivery_agent.py ENDPOINT DIRECTORY LEVEL [SETTINGS as JSON]      prints one JSON object a step

`put N`, `logs N`, `rate N SECONDS`, `flush S`, `close S`, `status`, `poison`, `jump S` (the wall clock), `limit BYTES` (of a
file), `tally NAME FILE` (spans have this name from now on, and their number is kept in the file, however the process ends),
`exit HOW` (return, kill, _exit, abort, exec).
"""

import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[2]
sys.path[:0] = [str(TESTS / "delivery" / "wire"), str(TESTS / "servers")]

from telemetry_items import collection, entries, put, spans

from otel_agent.delivery.engine import DeliveryEngine
from otel_agent.delivery.senders.http.sender import HttpSender
from otel_agent.delivery.senders.targets import build_targets
from otel_agent.delivery.settings import DeliverySettings
from otel_agent.delivery.spool.bounds import Bounds
from otel_agent.delivery.spool.spool import Spool


class Unprintable:
    """What some libraries put into attributes."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("incomparable")

    __hash__ = None  # type: ignore[assignment]  # part of the poison


def poisons() -> dict[str, Any]:
    """Values no wire format carries as they are."""
    circle: list[Any] = []
    circle.append(circle)
    deep: Any = "bottom"
    for _ in range(200):
        deep = [deep]
    return {
        "surrogate": "file-\udcff",
        "wei": 10**19,
        "huge": 10**400,
        "nan": float("nan"),
        "circle": circle,
        "deep": deep,
        "unprintable": Unprintable(),
        "long": "x" * 100_000_000,
        "bytes": b"\xff\x00",
        "none": None,
        "key \udcff": 1,
    }


class Agent:
    """An engine and the steps it can be put through."""

    def __init__(self, endpoint: str, directory: str, level: str, more: dict[str, Any]) -> None:
        bounds = Bounds(max_bytes=more.pop("max_bytes", 268_435_456), min_free_bytes=0)
        spool = None if level == "none" else Spool(directory, service="trader", level=level, bounds=bounds)
        self.engine = DeliveryEngine(
            HttpSender(build_targets(endpoint)), spool=spool, settings=DeliverySettings(**more)
        )
        self.tag = f"{os.getpid()}-{time.time_ns()}"
        self.name = "decide"
        self.number = 0
        self.tally_fd = -1
        self.engine.start()

    def put(self, number: int) -> dict[str, Any]:
        """End spans, and say how long the slowest hundredth of the calls took."""
        queue = self.engine.queues["traces"]
        took_ns = []
        for span in spans(number, self.name):
            span.span_id = int.from_bytes(os.urandom(8), "big")
            start = time.perf_counter_ns()
            put(queue, [span])
            took_ns.append(time.perf_counter_ns() - start)
            self.number += 1
            if self.tally_fd >= 0:
                os.pwrite(self.tally_fd, self.number.to_bytes(8, "little"), 0)
        return {"p99_us": sorted(took_ns)[len(took_ns) * 99 // 100] / 1e3}

    def rate(self, number: int, seconds: float) -> dict[str, Any]:
        """End so many spans a second for so long."""
        for _ in range(int(seconds * 10)):
            self.put(number // 10)
            time.sleep(0.1)
        return {}

    def poison(self) -> dict[str, Any]:
        """One span and one log record for every poison, each between good ones."""
        for key, value in poisons().items():
            self.put(1)
            put(self.engine.queues["traces"], spans(1, "poison", key=key, value=value))
            put(self.engine.queues["traces"], spans(1, value if isinstance(value, str) else "poison", **{key: 1}))
            (entry,) = entries(1)
            entry.attributes = {key: value}
            put(self.engine.queues["logs"], [entry])
        put(self.engine.queues["metrics"], [collection("metric-\udcff", "good")])
        return {}

    def step(self, words: list[str]) -> dict[str, Any]:
        """Do one."""
        name, arguments = words[0], words[1:]
        start_s = time.monotonic()
        said: dict[str, Any] = {}
        if name in {"flush", "close"}:
            delivery = getattr(self.engine, name)(float(arguments[0]))
            said = {"good": bool(delivery), "delivered": delivery.delivered, "spooled": delivery.spooled, "dropped": delivery.dropped, "queued": delivery.queued}  # fmt: skip
        elif name == "put":
            said = self.put(int(arguments[0]))
        elif name == "logs":
            put(self.engine.queues["logs"], entries(int(arguments[0]), self.tag))
            put(self.engine.queues["metrics"], [collection("agent.cash")])
        elif name == "rate":
            said = self.rate(int(arguments[0]), float(arguments[1]))
        elif name == "poison":
            said = self.poison()
        elif name == "tally":
            self.name = arguments[0]
            self.tally_fd = os.open(arguments[1], os.O_WRONLY | os.O_CREAT, 0o600)
        elif name == "status":
            said = {"status": self.engine.status(), "trouble": self.engine.trouble()}
        elif name == "jump":
            jump_s, original, original_ns = float(arguments[0]), time.time, time.time_ns
            time.time = lambda: original() + jump_s
            time.time_ns = lambda: original_ns() + int(jump_s * 1e9)
        elif name == "limit":
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(arguments[0]),) * 2)
        elif name == "exit":
            end(arguments[0])
        return {"step": " ".join(words), "took_s": time.monotonic() - start_s, **said}


def end(how: str) -> None:
    """Leave in a way that runs nothing of ours."""
    sys.stdout.flush()
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif how == "_exit":
        os._exit(0)
    elif how == "abort":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.abort()
    elif how == "exec":
        os.execv(sys.executable, [sys.executable, "-c", ""])
    else:
        sys.exit(0)


def main() -> None:
    """Do what is asked until nothing more is."""
    endpoint, directory, level = sys.argv[1:4]
    agent = Agent(endpoint, directory, level, json.loads(sys.argv[4]) if len(sys.argv) > 4 else {})
    for line in sys.stdin:
        print(json.dumps(agent.step(line.split())), flush=True)


if __name__ == "__main__":
    main()
