"""Whole agents with code that raises, hangs or logs without end (rows 36 to 38): it costs itself, and the end is in time."""

from pathlib import Path

from faulted import trial

BEHAVIOUR = """
from opentelemetry.sdk.trace import SpanProcessor

def hang(*_):
    time.sleep(600)

def fail(*_):
    raise RuntimeError("broken")

def leave(*_):
    raise SystemExit(3)

class Broken(SpanProcessor):
    def on_start(self, span, parent_context=None): fail()
    def on_end(self, span): fail()
    def shutdown(self): hang()
    def force_flush(self, timeout_millis=30000): fail()

@otel_agent.health_check("hangs", critical=False, interval_s=1, timeout_s=0.2)
def hangs(): hang()

@otel_agent.health_check("fails", critical=False, interval_s=1, timeout_s=0.2)
def fails(): fail()

@otel_agent.health_check("leaves", critical=False, interval_s=1, timeout_s=0.2)
def leaves(): leave()

@otel_agent.health_check("good", interval_s=1)
def good(): return True

init(shutdown_timeout_s=2, alerts=[{"exception": {"name": "Breach", "type": "ValueError"}}])
heard = []
telemetry.alerts.on_change(fail)
telemetry.alerts.on_change(lambda change: heard.append(change))
telemetry.alerts.on_change(hang)
telemetry.on_stop(fail)
telemetry.on_stop(hang, timeout_s=0.3)
trace.get_tracer_provider().add_span_processor(Broken())
meter = metrics.get_meter("third.party")
for callback in (hang, fail, leave):
    meter.create_observable_gauge(callback.__name__, [callback])
meter.create_observable_gauge("answer", [lambda _: [metrics.Observation(42)]])
record(100)
log(10)
try:
    with otel_agent.span("breach"):
        raise ValueError("limit")
except ValueError:
    pass
say(heard=until(lambda: heard, 20), good=until(lambda: telemetry.health.states().get("good") == "healthy", 20))
flush(20)
line("done")
sys.exit(5)
"""

FEEDBACK = """
logging.basicConfig(level=logging.DEBUG, filename="agent.log")
init()
log(1)
time.sleep(3)
say(accepted=telemetry.status()["delivery"]["logs"]["accepted"])
"""

BAD_CALLS = """
class Bad:
    def __str__(self): raise RuntimeError("no text")
    __repr__ = __str__

logger = logging.getLogger("trader")
init()
logger.warning("record %d %s", "a")
logger.warning("record %s", Bad())
logger.warning("record %(name)s", {"other": 1})
logger.warning("record %s %s", 1)
logger.warning("record", extra={"bad": Bad()})
logger.warning("record %s", 1, 2)
log(1)
flush(20)
"""


def test_row_36_what_raises_or_hangs_costs_itself(tmp_path: Path) -> None:
    """Processors, callbacks, health checks, alert receivers and hooks: the others go on, the end is in time, the status stays."""
    with trial(tmp_path) as faulted:
        run = faulted.run(BEHAVIOUR, until="done")

        assert 5 == run.status, run
        assert (True, True) == (bool(run["heard"]), run["good"]), run
        assert run["flushed"], run
        assert run.took_s < 2 + 6
        assert (101, 0, 10) == (faulted.spans, faulted.duplicates, faulted.records)
        assert {"answer", "system.memory.usage"} <= set(faulted.server.metrics)
        assert len([line for line in run.lines if not line.startswith(" ")]) <= 20, run.lines


def test_row_37_logs_do_not_feed_themselves(tmp_path: Path) -> None:
    """With everything logged at DEBUG and the receiver away, no record of ours or of the transport's is taken in; a line is said."""
    with trial(tmp_path, mode="refused") as faulted:
        first = faulted.run(FEEDBACK)
        said = (tmp_path / "agent.log").read_text().splitlines()
        faulted.heal()

        assert first["accepted"] <= 5, first  # the agent's own one, and what is said of its health
        assert 1 == faulted.records
        assert 1 <= sum("otel_agent" in line for line in said) <= 5, said
        assert not [body for body in faulted.server.logs if "urllib3" in body or "connection" in body.lower()]


def test_row_38_wrong_log_calls_crash_nobody(tmp_path: Path) -> None:
    """Arguments that do not fit, or have no text, leave the record with its message as it stands in the code."""
    with trial(tmp_path) as faulted:
        run = faulted.run(BAD_CALLS)

        assert 0 == run.status, run
        assert 7 == sum(body.startswith("record") for body in faulted.server.logs), faulted.server.logs
        assert "record %d %s" in "".join(faulted.server.logs)
