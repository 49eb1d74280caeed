"""An agent that plants secrets everywhere, run whole: none is in any file it leaves behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

from secrets_to_plant import SECRETS

PROGRAM = """
import json, logging, sys
import otel_agent
from opentelemetry import metrics, trace
from opentelemetry.trace.status import Status, StatusCode

secrets = json.load(sys.stdin)
telemetry = otel_agent.init(
    "trader",
    export="file",
    instrument=False,
    config={
        "export": {"file": "telemetry.jsonl"},
        "resource": {"attributes": {"note": " ".join(secrets)}},
        "logs": {"files": [{"path": "agent.log"}], "console": "json"},
    },
)
log = logging.getLogger("trader")
log.setLevel(logging.INFO)
tracer = trace.get_tracer("third.party")
counter = metrics.get_meter("third.party").create_counter("orders")

@otel_agent.traced(capture_arguments=True, capture_result=True)
def decide(order, password=None):
    return order

for text in secrets:
    decide(text, password=text)
    with otel_agent.span("rebalance", note=text) as span:
        log.info("kept %s", text, extra={"note": text})
        span.add_event("e", {"note": text})
        span.set_status(Status(StatusCode.ERROR, text))
    with tracer.start_as_current_span(f"kept {text}", attributes={"note": [text]}) as span:
        span.record_exception(ValueError(text))
    try:
        with otel_agent.span("fails"):
            raise RuntimeError(text)
    except RuntimeError:
        log.exception("kept")
    counter.add(1, {"note": text})
telemetry.flush(10)
errors = json.dumps(telemetry.status(), default=str)
telemetry.shutdown(10)
print(errors)
"""


def test_nothing_secret_is_left_behind(tmp_path: Path) -> None:
    """Own and third-party spans, events, statuses, logs, metrics, resources, the console and the status: no secret in any byte."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    environment |= {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps([text for text, _ in SECRETS.values()]),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env=environment,
    )

    assert 0 == result.returncode, result.stderr[-3000:]
    written = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    written |= {"stdout": result.stdout.encode(), "stderr": result.stderr.encode()}
    assert {"telemetry.jsonl", "agent.log"} <= set(written)
    assert b"kept" in written["telemetry.jsonl"]
    assert b"[redacted: " in written["telemetry.jsonl"]
    leaks = [
        (name, place, part)
        for name, (_, parts) in SECRETS.items()
        for part in parts
        for place, content in written.items()
        if part.encode() in content
    ]
    assert [] == leaks


OBSERVED = """
import logging, threading
from otel_agent.redaction.redactor import Redactor

seen, whole = set(), Redactor.__call__

def noted(self, signal, items):
    seen.add(threading.current_thread().name)
    return whole(self, signal, items)

Redactor.__call__ = noted
import otel_agent

logging.getLogger("trader").addHandler(logging.NullHandler())
telemetry = otel_agent.init("trader", export="file", spool=False, config={"export": {"file": "telemetry.jsonl"}})
for turn in range(2):
    for number in range(200):
        with otel_agent.span("trade", note=f"password=tulip-{number}"):
            logging.getLogger("trader").warning("token=%s", number)
    telemetry.flush(60) if turn == 0 else telemetry.shutdown(60)
print(bool(seen), sorted(name for name in seen if not name.startswith("otel-agent")))
"""


def test_redaction_runs_on_no_thread_of_the_agent(tmp_path: Path) -> None:
    """Neither where spans end and records are logged, nor in a flush, nor at the end."""
    ended = subprocess.run(
        [sys.executable, "-c", OBSERVED],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env={name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
        | {"HOME": str(tmp_path)},
    )

    assert "True []\n" == ended.stdout, ended.stderr[-3000:]
