"""A session that another process measures leaves notes."""

from pathlib import Path

import pytest

from otel_agent.telemetry.assembly.baselines import read_notes

pytest_plugins = ["pytester"]

TESTS = """
import otel_agent

@otel_agent.timed("work")
def work():
    pass

def test_with_counted_functions():
    work()
    work()

def test_alone():
    pass
"""


def test_counted_functions_and_tests_without_any_are_noted(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also where no agent has called `init`."""
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    monkeypatch.setenv("OTEL_AGENT_BASELINE_NOTES", str(tmp_path))
    pytester.makepyfile(test_agent=TESTS)
    pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider").assert_outcomes(passed=2)
    run = read_notes(tmp_path)

    assert run is not None
    assert {"work": 2, "test_agent.py::test_alone": 1} == {name: each.calls for name, each in run.functions.items()}
