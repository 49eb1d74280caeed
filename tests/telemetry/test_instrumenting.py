"""What is measured and traced without a line in the agent's code."""

import gc
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from agent_process import run_agent
from sqlalchemy import create_engine, text

import otel_agent
from otel_agent.instruments.machine import host
from otel_agent.testing import recorded


def test_an_instrument_that_cannot_be_installed_is_named_and_the_others_work(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A machine that hides its figures costs those figures."""

    def hidden(*_: object, **__: object) -> None:
        raise PermissionError("/proc is hidden")

    monkeypatch.setattr(host, "install", hidden)
    with caplog.at_level(logging.WARNING, "otel_agent"), recorded() as telemetry:
        names = set(telemetry.metrics)

    assert "process.cpu.time" in names
    assert not any(name.startswith("system.") for name in names)
    assert any("'host' could not be installed" in message for message in caplog.messages)


def test_settings_leave_instruments_out() -> None:
    """Each on its own."""
    wanted = {"host": False, "process": False, "runtime": True}
    with recorded(config={"metrics": wanted}) as telemetry:
        gc.collect()
        names = set(telemetry.metrics)

    assert not any(name.startswith(("system.", "process.cpu")) for name in names)
    assert "agent.gc.pause.duration" in names


def test_contexts_cross_threads_while_it_runs_and_no_longer() -> None:
    """A pool's job is a child of what submitted it."""
    with recorded() as telemetry, ThreadPoolExecutor(1) as pool, otel_agent.span("outer"):
        pool.submit(otel_agent.traced(len), "x").result(30)

    assert [("len", 2), ("outer", None)] == [(span["name"], span["parent"]) for span in telemetry.spans]


def test_queries_are_spans_where_they_are_wanted() -> None:
    """Of an engine that was made before or after the start; not after the end."""
    engine = create_engine("sqlite://")
    with recorded(instrument=["sqlalchemy"]) as telemetry, engine.connect() as connection:
        connection.execute(text("SELECT 1")).all()
    with engine.connect() as connection:
        connection.execute(text("SELECT 2")).all()
    engine.dispose()

    assert ["SELECT"] == [span["name"] for span in telemetry.spans]


def test_functions_defined_below_init_are_traced_too(tmp_path: Path) -> None:
    """A script calls `init` in its first lines."""
    code = """
    import time
    import otel_agent
    from otel_agent.telemetry.starting import start
    spans = []
    telemetry = start(
        {"service_name": "x", "export": "none", "trace_modules": ["__main__"]},
        {"traces": [spans.extend]},
    )

    def work():
        time.sleep(0.01)

    end_s = time.monotonic() + 50
    while not spans and time.monotonic() < end_s:
        work()
        telemetry.flush(1)
    print({span.name for span in spans})
    """
    ended = run_agent(code, tmp_path)

    assert "{'work'}" == ended.out.strip(), ended.err
