"""What an agent's telemetry consists of, by its configuration."""

import threading
from pathlib import Path
from typing import Any

from agent_process import run_agent
from opentelemetry import metrics
from otlp_server import OtlpServer

import otel_agent
from otel_agent.testing import recorded


def test_without_metrics_there_is_no_reader_and_no_past() -> None:
    """Spans are recorded all the same."""
    before = {*threading.enumerate()}
    with recorded(config={"metrics": {"enabled": False}}) as telemetry:
        assert telemetry.telemetry is not None
        names = {thread.name for thread in {*threading.enumerate()} - before}
        with otel_agent.span("work"):
            metrics.get_meter("agent").create_counter("orders").add(1)

        assert [] == telemetry.telemetry.query("orders_total")
    assert "otel-agent-metrics" not in names
    assert (["work"], {}) == ([span["name"] for span in telemetry.spans], telemetry.metrics)


def test_errors_are_counted_where_nobody_else_looks() -> None:
    """In the status, by fingerprint, for spans that failed."""
    with recorded() as telemetry:
        assert telemetry.telemetry is not None
        try:
            with otel_agent.span("work"):
                raise ValueError("too wild")
        except ValueError:
            telemetry.telemetry.flush(10)
        errors: Any = telemetry.telemetry.status()["errors"]

    assert "ValueError" in str(errors)


def test_secrets_leave_on_no_way(tmp_path: Path) -> None:
    """One redactor serves spans, records and the terminal."""
    code = """
    import logging
    import otel_agent
    with otel_agent.init("x", export=["console", "otlp"], endpoint="ENDPOINT", instrument=False):
        with otel_agent.span("login", password="hunter2-is-long"):
            logging.getLogger("agent").warning("password=hunter2-is-long")
    """
    with OtlpServer() as server:
        ended = run_agent(code.replace("ENDPOINT", server.endpoint), tmp_path)
        bodies = b"".join(request.body for signal in ("traces", "logs") for request in server.requests_of(signal))

    assert ["login"] == [name for _, _, name in server.spans]
    assert "login" in ended.err
    assert b"hunter2" not in bodies
    assert 1 == ended.err.count("hunter2")  # what the agent itself has logged


def test_a_process_is_described_once_for_all_signals(server: OtlpServer, tmp_path: Path) -> None:
    """Name, version and environment arrive with spans, records and metrics."""
    code = f"""
    import logging
    import otel_agent
    service = {{"name": "trader", "version": "1.2", "namespace": "desk"}}
    with otel_agent.init(config={{"service": service}}, endpoint={server.endpoint!r}, instrument=False):
        with otel_agent.span("work"):
            logging.getLogger("agent").warning("at work")
    """
    run_agent(code, tmp_path)

    for signal in ("traces", "metrics", "logs"):
        bodies = b"".join(request.body for request in server.requests_of(signal))
        assert all(word in bodies for word in (b"trader", b"desk", b"1.2")), signal
