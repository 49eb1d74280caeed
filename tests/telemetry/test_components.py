"""In which order an agent's telemetry ends."""

import os
import threading
from contextvars import Context
from pathlib import Path
from typing import Any

import pytest
from agent_process import run_agent
from opentelemetry import metrics

import otel_agent
from otel_agent.testing import recorded


def test_a_span_that_is_open_at_the_end_is_sent_as_it_is_and_marked() -> None:
    """Spans end before delivery does."""
    with recorded() as telemetry:
        block = otel_agent.span("unfinished")
        Context().run(block.__enter__)  # it stays current nowhere

    assert [("unfinished", True)] == [
        (span["name"], span["attributes"].get("otel_agent.interrupted")) for span in telemetry.spans
    ]


def test_what_a_hook_at_the_end_records_is_seen() -> None:
    """Hooks come before anything of ours stops."""
    with recorded() as telemetry:
        assert telemetry.telemetry is not None

        def sell_nothing_more() -> None:
            with otel_agent.span("last"):
                metrics.get_meter("agent").create_counter("orders").add(2)

        telemetry.telemetry.on_stop(sell_nothing_more)

    assert ["last"] == [span["name"] for span in telemetry.spans]
    assert [({}, 2)] == telemetry.metrics["orders"]


def test_nothing_of_ours_runs_after_the_end() -> None:
    """Every thread that an agent with everything has is gone."""
    before = {*threading.enumerate()}
    config: dict[str, Any] = {"alerts": {"rules": [{"exception": {"name": "Breach", "type": "ValueError"}}]}}
    with recorded(config=config, health=0):
        names = {thread.name for thread in {*threading.enumerate()} - before}
        assert {"otel-agent-metrics", "otel-agent-alerts", "otel-agent-probes"} <= names

    left = [thread for thread in {*threading.enumerate()} - before if thread.name.startswith("otel-agent")]
    for thread in left:
        thread.join(30)

    assert [] == [thread.name for thread in left if thread.is_alive()]


@pytest.mark.parametrize("path", ["/readyz", "/livez"])
def test_probes_answer_until_everything_else_has_ended(path: str) -> None:
    """Health starts first and ends last: while the agent's own hook runs, readiness is off and life is on."""
    from http.client import HTTPConnection

    answers: list[int] = []
    with recorded(health=0) as telemetry:
        assert telemetry.telemetry is not None
        health = telemetry.telemetry.health
        assert health is not None

        def ask() -> None:
            connection = HTTPConnection("127.0.0.1", health.port or 0, timeout=30)
            connection.request("GET", path)
            answers.append(connection.getresponse().status)
            connection.close()

        telemetry.telemetry.on_stop(ask, timeout_s=30)
        telemetry.telemetry.shutdown(60)

    assert [503 if path == "/readyz" else 200] == answers


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_has_no_past_of_its_parent(tmp_path: Path) -> None:
    """What the parent measured is the parent's to answer for; the child's own comes."""
    code = """
    import os, time
    import otel_agent
    from opentelemetry import metrics

    telemetry = otel_agent.init("x", export="none", instrument=False, config={"metrics": {"collect_interval_s": 0.05}})
    orders = metrics.get_meter("agent").create_counter("orders")

    def value():
        return [value for _, value in telemetry.query("orders_total")]

    def wait_for_value():
        end_s = time.monotonic() + 50
        while not value() and time.monotonic() < end_s:
            time.sleep(0.02)

    orders.add(5)
    wait_for_value()
    pid = os.fork()
    if pid == 0:
        at_first = value()
        orders.add(2)
        wait_for_value()
        os._exit(0 if (at_first, value()) == ([], [2.0]) else 1)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), value())
    """
    ended = run_agent(code, tmp_path)

    assert "0 [5.0]" == ended.out.strip(), ended.err


@pytest.mark.parametrize(
    "ending", ["pass", "os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)"], ids=["end", "SIGTERM"]
)
def test_a_processor_of_the_agents_sends_what_it_holds_at_the_end(ending: str, tmp_path: Path) -> None:
    """As it would at the end of the SDK's own provider, and by a signal too."""
    code = f"""
    import os, signal, time
    import otel_agent
    from opentelemetry import trace
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

    otel_agent.init("x", export="none", spool=False, instrument=False, trace_modules=False)
    exporter = ConsoleSpanExporter(formatter=lambda span: span.name)
    trace.get_tracer_provider().add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=3_600_000))
    with otel_agent.span("kept"):
        pass
    {ending}
    """

    assert "kept" == run_agent(code, tmp_path).out.strip()
