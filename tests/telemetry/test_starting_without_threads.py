"""A machine that gives no more threads: the program runs, and what can be sent is sent."""

from pathlib import Path

import pytest
from agent_process import run_agent
from otlp_server import OtlpServer

PROGRAM = """
import _thread, threading

allowed = {allowed}
begun = [0]

def limited(start):
    def begin(*args, **kwargs):
        begun[0] += 1
        if begun[0] > allowed:
            raise RuntimeError("can't start new thread")
        return start(*args, **kwargs)
    return begin

_thread.start_new_thread = threading._start_new_thread = limited(_thread.start_new_thread)
if hasattr(_thread, "start_joinable_thread"):
    _thread.start_joinable_thread = threading._start_joinable_thread = limited(_thread.start_joinable_thread)

import asyncio, logging
import otel_agent
from opentelemetry import metrics

telemetry = otel_agent.init(
    "x",
    trace_modules=False,
    alerts=[{{"threshold": {{"name": "A", "metric": "app.work", "above": 0.5}}}}],
    config={{"logs": {{"files": [{{"path": "agent.log"}}]}}, "resource": {{"detectors": ["otel"]}}}},
)
with otel_agent.span("first"):
    logging.getLogger("trader").info("heard")
logging.getLogger("trader").error("heard")
metrics.get_meter("trader").create_counter("app.work").add(1)
flushed = telemetry.flush(30)
print(flushed.queued, flushed.dropped, telemetry.is_running)

async def last():
    async with telemetry:
        with otel_agent.span("second"):
            pass

asyncio.run(last())
ended = telemetry.shutdown()
print(ended.queued, ended.dropped, open("agent.log").read().count("heard"))
"""


@pytest.mark.parametrize("allowed", [0, 1, 2, 3, 5, 8])
def test_everything_arrives_without_threads(allowed: int, tmp_path: Path) -> None:
    """Never a thread, or none from some moment on: nothing is raised, all signals arrive, and one line says what is missing."""
    with OtlpServer() as server:
        ended = run_agent(PROGRAM.format(allowed=allowed), tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)
        told = [line for line in ended.err.splitlines() if line != "heard"]

        assert (0, ["0 0 True", "0 0 1"]) == (ended.status, ended.out.splitlines())
        assert ["first", "second"] == sorted(name for _, _, name in server.spans)
        assert "app.work" in server.metrics
        assert 1 == len(server.logs)
        assert len(told) <= 1  # none where a busy machine got along with those there were
        assert all(line.startswith("no thread can be had") for line in told)


def test_what_does_not_fit_goes_to_the_disk(tmp_path: Path) -> None:
    """Without a thread that makes room, a full queue puts what comes onto the disk, and the next flush sends it."""
    code = """
    import threading

    def start(self):
        raise RuntimeError("can't start new thread")

    threading.Thread.start = start
    import otel_agent
    telemetry = otel_agent.init("x", config={"queue": {"spans": 50, "batch": 50}}, spool="spool")
    for number in range(200):
        with otel_agent.span(f"span-{number}"):
            pass
    told = telemetry.shutdown(30)
    print(told.dropped, told.queued)
    """
    with OtlpServer() as server:
        ended = run_agent(code, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)

        assert (0, "0 0\n") == (ended.status, ended.out)
        assert 200 == len({name for _, _, name in server.spans}) or "spool" in str(list(tmp_path.iterdir()))


def test_strict_says_what_a_probe_needs(tmp_path: Path) -> None:
    """Who asked for probes and for strictness hears at the start that there is no thread for them."""
    code = """
    import threading

    def start(self):
        raise RuntimeError("can't start new thread")

    threading.Thread.start = start
    import otel_agent
    try:
        otel_agent.init("x", export="none", spool=False, health="127.0.0.1:0", strict=True)
    except otel_agent.OtelAgentError as error:
        print("need a thread" in str(error))
    """
    ended = run_agent(code, tmp_path)

    assert (0, "True\n") == (ended.status, ended.out)
