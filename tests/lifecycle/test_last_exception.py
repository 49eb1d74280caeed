"""The exception that ends a process is told, also where no span has seen it."""

import sys
from pathlib import Path

import pytest
from agent_process import run_agent

from otel_agent.lifecycle.last_exception import last_exception

AGENT = """
import sys
import otel_agent

class FuelError(Exception):
    pass

telemetry = otel_agent.init("x", export="none", trace_modules=False, config={
    "alerts": {"rules": [{"exception": {"name": "NoFuel", "type": "FuelError", "severity": "critical"}}]}})

def tell(change):
    print(change.alert.labels["alertname"], change.alert.labels["span_name"], change.after.name.lower(), flush=True)

telemetry.alerts.on_change(tell)

def fly():
    raise FuelError("3 litres")

"""


@pytest.mark.parametrize(
    ("last", "told"),
    [
        ("raise FuelError('3 litres')", "NoFuel __main__ firing"),
        ("fly()", "NoFuel fly firing"),
        ("with telemetry:\n    fly()", "NoFuel fly firing"),
        ("with otel_agent.span('flight'):\n    fly()", "NoFuel flight firing"),
        ("try:\n    fly()\nexcept FuelError:\n    pass\nsys.exit(3)", ""),
    ],
)
def test_what_ends_the_agent_is_told_once(tmp_path: Path, last: str, told: str) -> None:
    """By a script's own line, a function without a span, out of a `with` block; by its span where there is one; not when it was caught."""
    ended = run_agent(AGENT + last, tmp_path)

    assert told == ended.out.strip()


def test_only_what_ends_a_program_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not what a notebook or a test runner has caught, and what was typed in a shell; not Ctrl-C."""
    monkeypatch.setattr(sys, "last_exc", None, raising=False)
    monkeypatch.setattr(sys, "last_value", None, raising=False)

    assert None is last_exception()

    try:
        compile("1 +", "cell", "exec")
    except SyntaxError as error:
        caught = error
        assert ("test_only_what_ends_a_program_counts", "SyntaxError") == last_exception()
    monkeypatch.setattr(sys, "last_exc", caught)

    assert None is last_exception()
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        assert None is last_exception()
