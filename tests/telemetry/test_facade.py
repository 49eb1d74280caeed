"""`Telemetry`: what the agent holds."""

from pathlib import Path
from typing import Any

import pytest
from agent_process import run_agent
from opentelemetry import metrics
from waiting import until

import otel_agent
from otel_agent.delivery.accounting import Delivery
from otel_agent.telemetry.facade import Telemetry
from otel_agent.testing import Recorded, recorded


def telemetry_of(seen: Recorded) -> Telemetry:
    """The telemetry that records."""
    assert seen.telemetry is not None
    return seen.telemetry


def test_leaving_the_block_ends_everything(tmp_path: Path) -> None:
    """In a coroutine as well; what it says about itself is what it is."""
    code = """
    import asyncio
    import otel_agent

    async def main():
        async with otel_agent.init("trader", export="none") as telemetry:
            print(telemetry)
        print(telemetry, telemetry.is_running)

    asyncio.run(main())
    """
    ended = run_agent(code, tmp_path)

    assert ["<Telemetry of 'trader', running>", "<Telemetry of 'trader', ended> False"] == ended.out.splitlines()


def test_the_recent_past_can_be_asked() -> None:
    """By labels and value, for the moment that is asked for."""
    with recorded(config={"metrics": {"collect_interval_s": 0.05}}) as seen:
        telemetry = telemetry_of(seen)
        metrics.get_meter("agent").create_counter("orders").add(7, {"side": "buy"})
        found = until(lambda: telemetry.query("orders_total"), lambda seen: any(value for _, value in seen))

        assert [("buy", 7.0)] == [(labels["side"], value) for labels, value in found]
        assert [] == telemetry.query("orders_total", at_s=1.0)
        assert [] == telemetry.query("sum(")
        ((labels, points),) = telemetry.query_range("orders_total", step_s=1)
        assert ("buy", 7.0) == (labels["side"], points[-1][1])


def test_a_time_that_is_none_is_said_and_nothing_raises(caplog: pytest.LogCaptureFixture) -> None:
    """The default stands in its place; a misspelt argument is refused with the nearest."""
    with recorded() as seen:
        telemetry: Any = telemetry_of(seen)
        for timeout_s in (None, "soon", float("nan"), float("inf"), -1, True):
            assert isinstance(telemetry.flush(timeout_s), Delivery)
        with pytest.raises(TypeError, match="flush: there is no argument 'timeout'; did you mean timeout_s"):
            telemetry.flush(timeout=3)

    assert "telemetry.flush: timeout_s must be a number of seconds, not 'soon'" in caplog.text


def test_a_query_of_metrics_that_are_off_says_so(caplog: pytest.LogCaptureFixture) -> None:
    """And has no answer."""
    with recorded(config={"metrics": {"enabled": False}}) as seen:
        assert [] == telemetry_of(seen).query("up")

    assert "metrics.enabled is false" in caplog.text


def test_without_rules_there_are_no_alerts() -> None:
    """The object is there all the same."""
    with recorded() as seen:
        assert [] == telemetry_of(seen).alerts.active()


def test_status_tells_where_everything_is() -> None:
    """At a glance, as plain values."""
    with recorded() as seen:
        with otel_agent.span("work"):
            pass
        telemetry = telemetry_of(seen)
        telemetry.flush(10)
        status = telemetry.status()

    assert ("test", True, False, []) == (status["service"], status["running"], status["disabled"], status["problems"])
    assert (0, []) == (status["alerts"]["rules"], status["alerts"]["firing"])
    assert 1 == status["delivery"]["traces"]["accepted"]
    assert {"libraries", "health", "logs", "errors", "failures"} <= set(status)


def test_a_shutdown_says_what_became_of_everything_twice() -> None:
    """The second time without doing anything."""
    with recorded() as seen:
        telemetry = telemetry_of(seen)
        with otel_agent.span("work"):
            pass
        first = telemetry.shutdown(30)

    assert (1, 0) == (first.by_signal["traces"]["delivered"], first.dropped)
    assert first == telemetry.shutdown()
    assert first == telemetry.flush(1)


@pytest.mark.parametrize(("to", "traces"), [("none", "1 0 {'not_exported': 1}"), ("file", "1 1 {}")])
def test_only_what_somebody_received_is_delivered(tmp_path: Path, to: str, traces: str) -> None:
    """Where nothing is exported nothing was delivered: it counts as not exported, which is no loss."""
    ended = run_agent(
        f"""
        import otel_agent
        telemetry = otel_agent.init("x", export="{to}", spool=False, trace_modules=False, config={{"export": {{"file": "t.jsonl"}}}})
        with otel_agent.span("work"):
            pass
        found = telemetry.shutdown(30).by_signal["traces"]
        print(found["accepted"], found["delivered"], found["dropped"])
        """,
        tmp_path,
    )

    assert traces == ended.out.splitlines()[0], ended.err


def test_a_hook_is_called_before_the_end() -> None:
    """A coroutine function too."""
    told: list[str] = []

    async def closes() -> None:
        told.append("closed")

    with recorded() as seen:
        telemetry_of(seen).on_stop(closes)

        assert [] == told
    assert ["closed"] == told


def test_a_flush_without_a_receiver_takes_no_time(tmp_path: Path) -> None:
    """Where nothing is sent there is nothing to wait for: a flush with a minute's patience comes back at once."""
    code = """
    import time
    import otel_agent
    telemetry = otel_agent.init("x", export="console")
    with otel_agent.span("a"):
        pass
    began = time.monotonic()
    telemetry.flush(60)
    telemetry.shutdown(60)
    print(time.monotonic() - began < 20)
    """
    ended = run_agent(code, tmp_path)

    assert "True" == ended.out.strip()
