"""The end comes while redaction is still busy: every item is delivered, on the disk, or counted as dropped."""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from otlp_server import OtlpServer
from telemetry_items import entries, law, put

from otel_agent.delivery.engine import DeliveryEngine
from otel_agent.delivery.senders.http.sender import HttpSender
from otel_agent.delivery.senders.targets import build_targets
from otel_agent.delivery.spool.bounds import Bounds
from otel_agent.delivery.spool.spool import Spool


def engine_to(server: OtlpServer, spool: Spool | None, redact: Any = None) -> DeliveryEngine:
    """An engine that sends to a server."""
    return DeliveryEngine(HttpSender(build_targets(server.endpoint)), spool=spool, redact=redact)


def disk(directory: Path) -> Spool:
    """A spool that does not mind how full the machine's disk is."""
    return Spool(directory, bounds=Bounds(min_free_bytes=0))


def dear(seconds: float) -> Any:
    """A redaction that takes a while for each item."""
    never = threading.Event()

    def redact(_: str, items: Sequence[Any]) -> Sequence[Any]:
        for _item in items:
            never.wait(seconds)
        return items

    return redact


@pytest.mark.parametrize("is_running", [True, False])
def test_what_is_not_redacted_in_time_is_counted(tmp_path: Path, server: OtlpServer, is_running: bool) -> None:
    """What redaction has finished is sent or kept, the rest is dropped because of the end, and the next run sends what was kept."""
    engine = engine_to(server, disk(tmp_path), dear(0.01))
    if is_running:
        engine.start()
    put(engine.queues["logs"], entries(2000))
    engine.close(0.3)
    status = engine.status()
    logs = status["logs"]
    here = len(server.logs)
    after = engine_to(server, disk(tmp_path)).close(10)

    assert [] == law(status)
    assert (2000, 0, {"exit"}) == (logs["accepted"], logs["queued"], set(logs["dropped"]))
    assert here >= logs["delivered"]
    assert logs["spooled"] == after.delivered == len(server.logs) - here
    assert logs["delivered"] + logs["spooled"] > 0


@pytest.mark.parametrize("has_disk", [True, False])
def test_a_redaction_that_never_ends_hides_nothing(tmp_path: Path, server: OtlpServer, has_disk: bool) -> None:
    """Items that redaction does not give back are counted as dropped when all is over, and nothing of them is kept later."""
    came, release = threading.Event(), threading.Event()

    def redact(_: str, items: Sequence[Any]) -> Sequence[Any]:
        came.set()
        release.wait()
        return items

    engine = engine_to(server, disk(tmp_path) if has_disk else None, redact)
    engine.start()
    put(engine.queues["logs"], entries(40))
    came.wait()
    engine.close(0.1)
    over = engine.status()
    release.set()
    engine._couriers["logs"].intake.settle(10)
    later = engine.status()

    assert [] == law(over)
    assert over == later
    assert (40, 0, {"exit": 40}) == tuple(over["logs"][place] for place in ("accepted", "queued", "dropped"))
    assert 0 == engine_to(server, disk(tmp_path)).close(10).delivered


def test_what_comes_after_the_end_and_finds_no_disk_is_dropped(tmp_path: Path, server: OtlpServer) -> None:
    """A spool that takes nothing any more leaves nothing queued for ever."""
    spool = disk(tmp_path)
    engine = engine_to(server, spool)
    engine.close(1)
    spool.append = lambda *_: False  # type: ignore[method-assign]
    put(engine.queues["logs"], entries(3))
    logs = engine.status()["logs"]

    assert (3, 0, 3) == (logs["accepted"], logs["queued"], sum(logs["dropped"].values()))


_HOSTILE = """
import json, logging, sys, otel_agent

telemetry = otel_agent.init("hostile", endpoint=sys.argv[1], spool=sys.argv[2], instrument=False, metrics_interval_s=600)
logging.getLogger().setLevel(logging.INFO)
units = ["refresh token: ", "pwd=b; ", "secret: z: "]
for number in range(int(sys.argv[3])):
    logging.getLogger("prompts").info("%d %s", number, (units[number % 3] * 10000)[:1 << 16])
if sys.argv[3] == "0":
    telemetry.flush(30)
telemetry.shutdown()
print(json.dumps(telemetry.status()["delivery"]["logs"]))
"""


def _run(server: OtlpServer, spool: Path, records: int) -> dict[str, Any]:
    command = [sys.executable, "-c", _HOSTILE, server.endpoint, str(spool), str(records)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_a_thousand_hostile_records_are_all_accounted_for(tmp_path: Path, server: OtlpServer) -> None:
    """A thousand dear texts of 64 KiB, logged just before the end: accepted is delivered, spooled and dropped, and the next run sends."""
    first = _run(server, tmp_path, 1000)
    here = len(server.logs)
    second = _run(server, tmp_path, 0)

    assert (1000, 0) == (first["accepted"], first["queued"])
    assert first["accepted"] == first["delivered"] + first["spooled"] + sum(first["dropped"].values())
    assert here >= first["delivered"]  # a request whose answer the end did not wait for is on the disk as well
    assert first["spooled"] == second["delivered"] == len(server.logs) - here
