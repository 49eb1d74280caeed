"""Alerting: rules over what is measured, and who is told."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from agent_process import environment
from waiting import until

import otel_agent
from otel_agent.alerts.states import AlertState, Transition
from otel_agent.config.sections.alerts import AlertsSettings
from otel_agent.errors import RuleError
from otel_agent.redaction.redactor import Redactor
from otel_agent.telemetry.assembly.alerting import AlertAssembly, build_alerting
from otel_agent.testing import recorded

GOOD = "groups: [{name: g, rules: [{alert: %s, expr: vector(1)}]}]"


def built(directory: Path, told: list[Transition], **settings: Any) -> AlertAssembly:
    """Of the configuration; nothing runs."""
    return build_alerting(
        AlertsSettings(defaults=False, **settings),
        {"service.name": "trader"},
        directory=directory,
        redactor=Redactor(),
        on_change=told.append,
    )


def test_a_rule_file_is_found_beside_the_configuration_and_its_alerts_fire(tmp_path: Path) -> None:
    """Whoever wants to know is told, and the line says which."""
    (tmp_path / "rules.yml").write_text(GOOD % "Always")
    told: list[Transition] = []
    alerting = built(tmp_path, told, rule_files=("rules.yml",))
    alerting.engine.evaluate()

    assert [("Always", AlertState.FIRING)] == [(each.alert.rule_name, each.after) for each in told][-1:]
    assert ["Always"] == [line.split(":")[0] for line in alerting.firing()]
    assert [("Always", "firing")] == [(name, state) for name, _, state in alerting.states()]


def test_rules_that_are_wrong_are_said_and_leave_those_in_force(tmp_path: Path) -> None:
    """At the start and at a reload."""
    rules = tmp_path / "rules.yml"
    rules.write_text(GOOD % "First")
    alerting = built(tmp_path, [], rule_files=("rules.yml",))
    rules.write_text("groups: [{name: g, rules: [{alert: Second, expr: 'vector('}]}]")
    problems = alerting.reload(AlertsSettings(defaults=False, rule_files=("rules.yml",)), tmp_path)

    assert 1 == len(problems)
    assert ["First"] == [run.rule.name for run in alerting.engine.rules()]
    assert problems == built(tmp_path, [], rule_files=("rules.yml",)).problems


def test_an_exception_in_a_span_fires_at_once() -> None:
    """Through `init`: no collection is waited for."""
    rules = {"rules": [{"exception": {"name": "Breach", "type": "ValueError"}}]}
    with recorded(config={"alerts": rules}) as telemetry:
        assert telemetry.telemetry is not None
        with pytest.raises(ValueError, match="wild"), otel_agent.span("trade"):
            raise ValueError("too wild")
        alerts = telemetry.telemetry.alerts

        assert until(lambda: [alert for alert in alerts.active() if alert.rule_name == "Breach"])


LAST = """
import os, signal, sys, time
import otel_agent

class FuelError(Exception):
    pass

def page(note):
    print("told", note.alerts[0].rule_name, note.alerts[0].value, flush=True)

otel_agent.init("agent", export="none", spool=False, instrument=False, trace_modules=False, config={"alerts": {
    "rules": [{"exception": {"name": "NoFuel", "type": "FuelError"}}],
    "notifiers": {"page": {"function": "agent:page"}}, "routes": [{"to": ["page"], "group_wait": "30s"}]}})

@otel_agent.traced
def fly():
    raise FuelError("3 litres")

way = sys.argv[1]
if way == "exception":
    fly()
try:
    fly()
except FuelError:
    if way == "signal":
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
    sys.exit(4)
"""


@pytest.mark.parametrize(("way", "status"), [("exception", 1), ("exit", 4), ("signal", -15)])
def test_the_exception_that_ends_an_agent_is_told(tmp_path: Path, way: str, status: int) -> None:
    """Once, by a function of the started script, whatever the way out."""
    (tmp_path / "agent.py").write_text(LAST)
    ended = subprocess.run(
        [sys.executable, "agent.py", way],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (status, "told NoFuel 1.0\n") == (ended.returncode, ended.stdout), ended.stderr


def test_a_notifier_that_fails_or_hangs_costs_itself_alone() -> None:
    """The others are told, and evaluating goes on."""
    told: list[object] = []
    hanging = threading.Event()
    rules = {"rules": [{"exception": {"name": "Breach", "type": "ValueError"}}]}

    def broken(_: object) -> None:
        raise LookupError("no desk")

    with recorded(config={"alerts": rules}) as telemetry:
        assert telemetry.telemetry is not None
        alerts = telemetry.telemetry.alerts
        for name, function in (("broken", broken), ("hanging", lambda _: hanging.wait(60)), ("desk", told.append)):
            assert function is alerts.notifier(name, function)
        with pytest.raises(ValueError, match="wild"), otel_agent.span("trade"):
            raise ValueError("too wild")

        assert until(lambda: told)
        hanging.set()
    with pytest.raises(RuleError, match="a function of one notification is expected"):
        alerts.notifier("nobody", 5)  # type: ignore[arg-type]
