"""A forked child delivers what is its own, and nothing that is its parent's."""

import subprocess
import sys
from pathlib import Path

import pytest
from otlp_server import OtlpServer

PROGRAM = """
import os, sys, threading, time
sys.path[:0] = sys.argv[4:]
from telemetry_items import entries, put, spans
from otel_agent.delivery.engine import DeliveryEngine
from otel_agent.delivery.senders.http.sender import HttpSender
from otel_agent.delivery.senders.targets import build_targets
from otel_agent.delivery.spool.spool import Spool
from otel_agent.lifecycle.forks import follow_forks

endpoint, directory, level = sys.argv[1:4]
spool = None if level == "none" else Spool(directory, service="trader", level=level)
engine = DeliveryEngine(HttpSender(build_targets(endpoint)), spool=spool)
engine.start()
follow_forks(engine)
stop = threading.Event()

def produce():
    while not stop.wait(0.001):
        put(engine.queues["traces"], spans(5, "thread"))

producer = threading.Thread(target=produce)
producer.start()
children = []
for number in range(6):
    put(engine.queues["traces"], spans(50, "parent"))
    child = os.fork()
    if child == 0:
        put(engine.queues["traces"], spans(20, f"child-{number}"))
        put(engine.queues["logs"], entries(3, f"child-{number}"))
        end = engine.close(10)
        os._exit(0 if end and end.delivered == 23 and end.by_signal["traces"]["accepted"] == 20 else 3)
    children.append(child)
    time.sleep(0.02)
stop.set()
producer.join()
statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
end = engine.close(10)
print(bool(end), statuses)
"""


@pytest.mark.parametrize("level", ["none", "spill", "journal"])
def test_every_child_delivers_its_own(tmp_path: Path, level: str) -> None:
    """Six children forked under load each deliver exactly what they made; the parent delivers its own, each span once."""
    paths = [path for path in sys.path if path.endswith(("servers", "wire"))]
    with OtlpServer() as server:
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM, server.endpoint, str(tmp_path), level, *paths],
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        names = [span[2] for span in server.spans]

        assert "True [0, 0, 0, 0, 0, 0]" == run.stdout.strip(), run.stderr
        assert 300 == names.count("parent")
        assert [20] * 6 == [names.count(f"child-{number}") for number in range(6)]
        assert 18 == len(server.logs)
