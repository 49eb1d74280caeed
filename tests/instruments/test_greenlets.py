"""Greenlets: contexts that travel, threads of ours that stay threads, in real programs with gevent and eventlet."""

from pathlib import Path

import pytest
from agent_process import Ended, run_agent
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_server import OtlpServer

GEVENT = "import gevent.monkey; gevent.monkey.patch_all(); import gevent"
EVENTLET = "import warnings; warnings.simplefilter('ignore'); import eventlet; eventlet.monkey_patch()"
INIT = "import otel_agent; telemetry = otel_agent.init('g', instrument=False, spool=False, trace_modules=False)"


def parents(server: OtlpServer) -> set[tuple[str, str | None]]:
    """Name of each span that arrived, and that of its parent."""
    spans = [
        span
        for request in server._decoded("traces", ExportTraceServiceRequest)
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    names = {span.span_id: span.name for span in spans}
    return {(span.name, names.get(span.parent_span_id)) for span in spans}


def run(home: Path, server: OtlpServer, *lines: str) -> Ended:
    """Run a program to its end, which is counted from the line `done`."""
    return run_agent("\n".join(lines), home, until="done", OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)


SPAWNED = """
@otel_agent.traced("pooled")
def pooled():
    return 1
@otel_agent.traced("alone")
def alone():
    return 1
def work():
    with otel_agent.span("inner"):
        gevent.sleep(0.01)
with otel_agent.span("outer"):
    gevent.spawn(work).join()
    gevent.get_hub().threadpool.spawn(pooled).get()
gevent.spawn(alone).join()
print("flushed", telemetry.flush(20).queued)
print("done")
"""


@pytest.mark.needs("gevent")
@pytest.mark.parametrize("lines", [(GEVENT, INIT), (INIT, GEVENT)], ids=["patched-before", "patched-after"])
def test_greenlets_have_parents_and_nothing_is_lost(tmp_path: Path, lines: tuple[str, str]) -> None:
    """Patched before or after `init`: everything arrives, in time, and nothing is said."""
    with OtlpServer() as server:
        ended = run(tmp_path, server, *lines, SPAWNED)

        assert (0, "flushed 0\ndone\n", "") == (ended.status, ended.out, ended.err)
        assert {("inner", "outer"), ("pooled", "outer"), ("outer", None), ("alone", None)} == parents(server)
        assert ended.took_s < 10


@pytest.mark.needs("gevent")
@pytest.mark.parametrize("lines", [(GEVENT, INIT), (INIT, GEVENT)], ids=["patched-before", "patched-after"])
def test_a_flush_and_the_end_are_bounded_without_a_receiver(tmp_path: Path, lines: tuple[str, str]) -> None:
    """As without gevent."""
    code = "\n".join([*lines, "with otel_agent.span('a'): pass", "telemetry.flush(0.5)", "print('done')"])
    ended = run_agent(code, tmp_path, until="done", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")

    assert (0, "done\n") == (ended.status, ended.out)
    assert ended.took_s < 15


BUSY = """
import threading, time
ran = []
def tick():
    while True:
        ran.append(1)
        gevent.sleep(0)
ticking = gevent.spawn(tick)
gevent.sleep(0)
with otel_agent.span("busy"):
    pass
before = len(ran)
print("delivered", telemetry.flush(20).queued == 0, "switched", len(ran) - before)
print([thread.name for thread in threading.enumerate()])
with otel_agent.span("not flushed"):
    pass
end_s = time.monotonic() + 60
while telemetry.status()["delivery"]["traces"]["queued"] and time.monotonic() < end_s:
    sum(range(1000))
print("waits", telemetry.status()["delivery"]["traces"]["queued"])
ticking.kill()
print("done")
"""


@pytest.mark.needs("gevent")
@pytest.mark.parametrize("lines", [(GEVENT, INIT), (INIT, GEVENT)], ids=["patched-before", "patched-after"])
def test_a_busy_hub_does_not_starve_us_and_we_do_not_switch_it(tmp_path: Path, lines: tuple[str, str]) -> None:
    """A greenlet that never yields has its spans delivered; one that flushes lets no other run. Our threads are not listed."""
    with OtlpServer() as server:
        ended = run(tmp_path, server, *lines, BUSY)

        assert "delivered True switched 0\n['MainThread']\nwaits 0\ndone\n" == ended.out, ended.err
        assert {("busy", None), ("not flushed", None)} == parents(server)


@pytest.mark.needs("gevent")
def test_a_module_that_patches_while_it_is_imported_is_imported(tmp_path: Path) -> None:
    """Gevent gives its lock to the greenlet, which it does only where it finds one thread; and ours are not loading meanwhile."""
    (tmp_path / "patching.py").write_text(
        "import time; time.sleep(0.15)\nimport gevent.monkey\ngevent.monkey.patch_all()\n"
    )
    with OtlpServer() as server:
        lines = (
            "import sys; sys.path.insert(0, '.')",
            INIT,
            "import patching, json.tool",
            "telemetry.flush(20)",
            "print('done')",
        )
        ended = run(tmp_path, server, *lines)

    assert (0, "done\n", "") == (ended.status, ended.out, ended.err)


FORKING = """
import os, sys
with otel_agent.span("before"):
    pass
pid = os.fork()
if pid == 0:
    with otel_agent.span("child"):
        gevent.sleep(0)
    sys.exit(0)
os.waitpid(pid, 0)
print("done")
import signal
with otel_agent.span("after"):
    pass
gevent.spawn_later(0.1, os.kill, os.getpid(), signal.SIGTERM)
gevent.sleep(60)
"""


@pytest.mark.needs("gevent")
@pytest.mark.parametrize("lines", [(GEVENT, INIT), (INIT, GEVENT)], ids=["patched-before", "patched-after"])
def test_forks_and_signals_are_followed(tmp_path: Path, lines: tuple[str, str]) -> None:
    """The child delivers what it did, and SIGTERM ends the parent as ever, with nothing lost."""
    with OtlpServer() as server:
        ended = run(tmp_path, server, *lines, FORKING)

        assert -15 == ended.status, ended.err
        assert {("before", None), ("child", None), ("after", None)} == parents(server)


GREEN = """
def work():
    with otel_agent.span("inner"):
        eventlet.sleep(0.01)
with otel_agent.span("outer"):
    eventlet.spawn(work).wait()
print("flushed", telemetry.flush(20).queued)
print("done")
"""


@pytest.mark.needs("eventlet")
@pytest.mark.parametrize("lines", [(EVENTLET, INIT), (INIT, EVENTLET)], ids=["patched-before", "patched-after"])
def test_eventlet_ends_and_has_parents(tmp_path: Path, lines: tuple[str, str]) -> None:
    """With everything delivered."""
    with OtlpServer() as server:
        ended = run(tmp_path, server, *lines, GREEN)

        assert (0, "flushed 0\ndone\n") == (ended.status, ended.out), ended.err
        assert {("inner", "outer"), ("outer", None)} == parents(server)


@pytest.mark.needs("gevent")
def test_what_was_followed_is_left_alone_after_the_end(tmp_path: Path) -> None:
    """Nothing of gevent's is ours any more."""
    lines = (
        "import gevent, gevent.monkey, gevent.threadpool",
        "before = gevent.monkey.patch_all, gevent.threadpool.ThreadPool.spawn",
        INIT,
        "assert before[0] is not gevent.monkey.patch_all",
        "telemetry.shutdown()",
        "assert before == (gevent.monkey.patch_all, gevent.threadpool.ThreadPool.spawn)",
        "print('done')",
    )
    with OtlpServer() as server:
        ended = run(tmp_path, server, *lines)

    assert (0, "done\n", "") == (ended.status, ended.out, ended.err)
