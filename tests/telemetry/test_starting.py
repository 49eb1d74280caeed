"""`otel_agent.init()` is a good guest and a complete one."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_process import environment, run_agent
from otlp_server import OtlpServer

WORK = """
import logging
import otel_agent

telemetry = otel_agent.init("trader", instrument=False)

@otel_agent.traced
def decide():
    logging.getLogger("trader").warning("decided")

with otel_agent.span("trade_day"):
    decide()
"""


@pytest.fixture
def server() -> Iterator[OtlpServer]:
    """A receiver that takes everything."""
    with OtlpServer() as running:
        yield running


def test_three_signals_arrive_with_the_end_of_the_program(server: OtlpServer, tmp_path: Path) -> None:
    """One call, one endpoint: spans, metrics and log records leave without another line."""
    ended = run_agent(WORK, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)

    assert (0, "") == (ended.status, ended.out)
    assert {"trade_day", "decide"} == {name for _, _, name in server.spans}
    assert ["decided"] == server.logs
    assert {"system.memory.usage", "process.cpu.time", "agent.function.duration"} <= set(server.metrics)


def test_a_short_program_ends_without_what_it_never_needs(server: OtlpServer, tmp_path: Path) -> None:
    """Its one collection arrives, and no store of the recent past was loaded for it."""
    code = """
    import atexit, sys

    def tell():
        print([name for name in ("otel_agent.series.store", "otel_agent.alerts.promql", "secrets") if name in sys.modules])

    atexit.register(tell)  # before `init`, so it is called after the end of the telemetry
    import otel_agent

    otel_agent.init("x", instrument=False, config={"metrics": {"collect_interval_s": 60}})
    """
    ended = run_agent(code, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)

    assert (0, "[]") == (ended.status, ended.out.strip())
    assert "system.memory.usage" in server.metrics


def test_the_call_touches_nothing_outside(tmp_path: Path) -> None:
    """No output, no connection, no change of the environment, no changed root logger, while `init` runs."""
    code = """
    import json, logging, os, sys
    import otel_agent

    seen = []
    sys.addaudithook(lambda event, arguments: seen.append(event) if event.startswith("socket.") else None)
    before = dict(os.environ), list(logging.getLogger().handlers), logging.getLogger().level
    otel_agent.init("x", endpoint="http://127.0.0.1:9", health=False)
    opened = [event for event in seen if event in ("socket.connect", "socket.bind", "socket.getaddrinfo")]
    after = dict(os.environ), list(logging.getLogger().handlers), logging.getLogger().level
    print(json.dumps([opened, before == after]))
    """
    ended = run_agent(code, tmp_path)

    assert [[], True] == json.loads(ended.out)


def test_calling_again_is_silent_when_nothing_differs(tmp_path: Path) -> None:
    """A library and its agent may both call `init`: they get the same object."""
    code = """
    import otel_agent
    first = otel_agent.init("x", export="none")
    print(first is otel_agent.init("x", export="none"))
    """
    ended = run_agent(code, tmp_path)

    assert ("True\n", "") == (ended.out, ended.err)


def test_calling_again_with_other_arguments_names_them_once(tmp_path: Path) -> None:
    """The first call counts; one line says what differs."""
    code = """
    import otel_agent
    first = otel_agent.init("x", export="none")
    print(first is otel_agent.init("y", export="none", metrics_interval_s=5))
    """
    ended = run_agent(code, tmp_path)

    assert "True\n" == ended.out
    assert 1 == len(ended.err.splitlines())
    assert "metrics_interval_s, service_name differ" in ended.err


def test_disabled_means_not_there(tmp_path: Path) -> None:
    """`OTEL_SDK_DISABLED=true` leaves no thread, no provider and no hook; everything that is called still works."""
    code = """
    import logging, threading
    from opentelemetry import trace
    import otel_agent
    call = logging.Logger.callHandlers
    telemetry = otel_agent.init("x", endpoint="http://127.0.0.1:9")
    with otel_agent.span("a"):
        pass
    print(threading.active_count(), type(trace.get_tracer_provider()).__name__, telemetry.is_running)
    print(logging.Logger.callHandlers is call, telemetry.flush(1), telemetry.shutdown() is not None, telemetry.alerts.active())
    """
    ended = run_agent(code, tmp_path, OTEL_SDK_DISABLED="true")

    assert "1 ProxyTracerProvider False" == ended.out.splitlines()[0]
    assert ended.out.splitlines()[1].startswith("True Delivery(delivered=0, spooled=0, dropped=0")


def test_strict_raises_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """After a refused set-up there is no thread and no provider, and `init` can be called again."""
    code = """
    import threading, time
    from opentelemetry import trace
    import otel_agent

    for wrong, arguments in {
        "pigeon": {"protocol": "pigeon"},
        "sqlalchmy": {"instrument": ["sqlalchmy"]},
        "no_such_module": {"trace_modules": ["no_such_module"]},
    }.items():
        try:
            otel_agent.init("x", strict=True, export="none", **arguments)
        except otel_agent.OtelAgentError as error:
            print(wrong, wrong in str(error))
    deadline = time.monotonic() + 5
    while threading.active_count() > 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    print(threading.active_count())
    print(otel_agent.init("x", strict=True, export="none").is_running, type(trace.get_tracer_provider()).__module__)
    """
    ended = run_agent(code, tmp_path)

    assert ["pigeon True", "sqlalchmy True", "no_such_module True"] == ended.out.splitlines()[:3]
    assert ["1", "True otel_agent.recording.provider"] == ended.out.splitlines()[3:]


def test_mistakes_are_lines_and_the_rest_works(server: OtlpServer, tmp_path: Path) -> None:
    """A wrong protocol, library and rule file give one line each that names them; spans arrive all the same."""
    code = f"""
    import otel_agent
    otel_agent.init("x", endpoint={server.endpoint!r}, protocol="pigeon", instrument=["sqlalchmy"], alerts="nowhere.yml")
    with otel_agent.span("a"):
        pass
    """
    ended = run_agent(code, tmp_path)
    lines = ended.err.splitlines()

    assert 0 == ended.status
    assert [1, 1, 1] == [sum(word in line for line in lines) for word in ("pigeon", "sqlalchmy", "nowhere.yml")]
    assert 3 == len(lines)
    assert ["a"] == [name for _, _, name in server.spans]


def test_the_front_door_is_light() -> None:
    """`import otel_agent` loads the OpenTelemetry API and nothing heavier, and starts no thread."""
    code = """
import sys, threading
import otel_agent
heavy = ["asyncio", "msgspec", "opentelemetry.sdk", "psutil", "urllib3", "yaml", "sqlalchemy", "google.protobuf", "grpc"]
print([name for name in heavy if name in sys.modules], threading.active_count())
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[] 1" == result.stdout.strip()


def test_init_loads_no_transport(tmp_path: Path) -> None:
    """What only sending needs is loaded by the thread that sends; psutil comes with the SDK's resources, not with us."""
    code = """
import sys
import otel_agent
otel_agent.init("x", endpoint="http://127.0.0.1:9")
names = ["requests", "urllib3", "grpc", "google.protobuf", "asyncio", "yaml", "sqlalchemy"]
print([name for name in names if name in sys.modules])
import os
os._exit(0)
"""
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=environment(tmp_path),
        cwd=tmp_path,
    )

    assert "[]" == result.stdout.strip()


def test_context_crosses_processes_by_w3c_headers(tmp_path: Path) -> None:
    """Injected headers carry the span; an extracted context is its parent in the other process."""
    code = """
    from opentelemetry import propagate, trace
    import otel_agent
    otel_agent.init("x", export="none")
    headers = {}
    with otel_agent.span("here") as here:
        propagate.inject(headers)
    there = trace.get_tracer("x").start_span("there", propagate.extract(headers))
    print(there.parent.span_id == here.get_span_context().span_id, there.parent.is_remote, headers["traceparent"][:3])
    """
    ended = run_agent(code, tmp_path)

    assert "True True 00-" == ended.out.strip()
