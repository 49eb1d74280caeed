"""`pytest --otel-baseline`, as a user's tests have it."""

from pathlib import Path

import pytest

from otel_agent.insight.baselines.files import read_runs

pytest_plugins = ["pytester"]

TESTS = """
import os, time
import otel_agent
import pytest

@otel_agent.timed("work")
def work():
    time.sleep(float(os.environ.get("WORK_S", "0.001")))

@pytest.mark.parametrize("number", [1, 2])
def test_work(number):
    work()

def test_alone(tmp_path):
    time.sleep(0.01)
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with tests; pytest is run there with the plugin found by its entry point."""
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    pytester.makepyfile(TESTS)
    return pytester


def test_a_session_is_a_set_of_runs(run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recorded the first time, compared the second; slower code fails the session, and tests are reported once."""
    words = ("-q", "-p", "no:cacheprovider", "--otel-baseline=b.jsonl")
    recorded = run.runpytest_subprocess(*words, "--otel-baseline-runs=1")
    recorded.assert_outcomes(passed=3)
    recorded.stdout.fnmatch_lines(["1 runs of 2 functions recorded in b.jsonl"])
    baseline = run.path / "b.jsonl"
    runs = read_runs(baseline)

    assert {"work": 2, "test_a_session_is_a_set_of_runs.py::test_alone": 1} == {
        name: function.calls for name, function in runs[0].functions.items()
    }
    baseline.write_text(baseline.read_text() * 20)  # so that two later ones can show something
    monkeypatch.setenv("WORK_S", "0.03")
    slower = run.runpytest_subprocess(*words, "--otel-baseline-runs=2")
    slower.assert_outcomes(passed=3)
    slower.stdout.fnmatch_lines(["work * slower"])
    assert pytest.ExitCode.TESTS_FAILED == slower.ret
    assert 20 == len(read_runs(baseline))


def test_a_failed_session_is_not_measured(run: pytest.Pytester) -> None:
    """Nothing is written."""
    run.makepyfile("def test_wrong():\n    assert False")
    ended = run.runpytest_subprocess("-q", "-p", "no:cacheprovider", "--otel-baseline=b.jsonl")
    ended.assert_outcomes(failed=1)
    ended.stdout.fnmatch_lines(["not measured: the session did not pass"])

    assert not Path(run.path / "b.jsonl").exists()
    assert 1 == ended.ret
