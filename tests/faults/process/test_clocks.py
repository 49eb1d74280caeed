"""Whole agents on a clock that jumps, and begun or ended in odd ways (rows 39 and 42)."""

import sys
from pathlib import Path

import pytest
from faulted import trial
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

CLOCK = """
import time
original, original_ns = time.time, time.time_ns
jump_s = 0
time.time = lambda: original() + jump_s
time.time_ns = lambda: original_ns() + int(jump_s * 1e9)
"""

WAYS = {
    "init in a thread": """
        thread = threading.Thread(target=init)
        thread.start(); thread.join()
        record(100)
        """,
    "init twice": """
        first = init()
        record(50)
        say(same=init() is first)
        record(50)
        """,
    "shut down twice": """
        init()
        record(100)
        telemetry.shutdown(); telemetry.shutdown()
        """,
    "again after the end": """
        init(); record(50); telemetry.shutdown()
        init(); record(50)
        """,
    "an exit function that is late": """
        import atexit
        init()
        atexit.register(record, 50)
        record(50)
        """,
    "threads that outlive the main one": """
        init()
        threading.Thread(target=lambda: (time.sleep(0.3), record(100))).start()
        """,
    "daemon threads that never stop": """
        init()
        record(100)
        def load():
            while True:
                logging.getLogger("x").info("x")
                metrics.get_meter("x").create_counter("x").add(1)
        for _ in range(3): threading.Thread(target=load, daemon=True).start()
        time.sleep(0.1)
        """,
}

INTERPRETER = """
import {module} as interpreters
inner = {create}
interpreters.run_string(inner, '''
import sys
sys.path[:0] = {path!r}
import otel_agent
from opentelemetry import trace
telemetry = otel_agent.init("inner", instrument=False, config={{"metrics": {{"enabled": False}}}})
for _ in range(20):
    with otel_agent.span("inner"):
        pass
telemetry.shutdown(10)
''')
interpreters.destroy(inner)
init()
record(20)
"""


@pytest.mark.parametrize("jump_s", [-3600, *(pytest.param(each, marks=pytest.mark.slow) for each in (-60, 86_400))])
def test_row_39_a_clock_that_jumps(jump_s: int, tmp_path: Path) -> None:
    """A wall clock set back or forth shortens no wait, lengthens none, and makes no span end before it began."""
    code = f"""
    init(shutdown_timeout_s=1)
    with otel_agent.span("across"):
        jump_s = {jump_s}
    record(99)
    flush(0.7)
    line("done")
    """
    with trial(tmp_path, mode="hang") as faulted:
        first = faulted.run(code, first=CLOCK, until="done")
        faulted.heal()
        spans = [
            span
            for request in faulted.server._decoded("traces", ExportTraceServiceRequest)
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

        assert first["flush_s"] < 0.7 + 2
        assert first.took_s < 1 + 4
        assert (100, 0) == (faulted.spans, faulted.duplicates)
        assert [] == [span.name for span in spans if span.end_time_unix_nano < span.start_time_unix_nano]


@pytest.mark.parametrize("way", WAYS)
def test_row_42_odd_beginnings_and_ends(way: str, tmp_path: Path) -> None:
    """No traceback, no line too many, and every span arrives once."""
    body = "\n".join(line.removeprefix(" " * 8) for line in WAYS[way].splitlines())
    with trial(tmp_path) as faulted:
        run = faulted.run(body)

        assert 0 == run.status, run
        assert (100, 0) == (faulted.spans, faulted.duplicates)
        assert not [line for line in run.lines if "Traceback" in line], run.lines
        assert len(run.lines) <= 3, run.lines
        assert run.said.get("same", True)


@pytest.mark.slow
def test_row_42_inside_a_subinterpreter(tmp_path: Path) -> None:
    """One that shares the interpreter's lock sends its own, and the main interpreter's is not touched by it."""
    is_new = sys.version_info >= (3, 13)
    module = "_interpreters" if is_new else "_xxsubinterpreters"
    create = 'interpreters.create("legacy")' if is_new else "interpreters.create(isolated=False)"
    with trial(tmp_path) as faulted:
        run = faulted.run(INTERPRETER.format(module=module, create=create, path=sys.path))

        assert 0 == run.status, run
        assert 20 == sum(span[2] == "inner" for span in faulted.server.spans), run
        assert 20 == sum(span[2] != "inner" for span in faulted.server.spans)
