"""How the outcome of somebody else's tests is judged."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def runner() -> Any:
    """The script as a module."""
    import sys

    spec = importlib.util.spec_from_file_location("run_sdk_suite", HERE / "run_sdk_suite.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_a_test_that_fails_needs_a_reason(runner: Any) -> None:
    """One that fails without standing among the exceptions is named; one that does is not."""
    found = {"a": "passed", "b": "failed", "c": "failed", "d": "skipped"}

    assert ["sdk: c failed"] == runner.judge("sdk", found, {"b": "identity of immutable values"})
    assert [] == runner.judge("sdk", {"a": "passed"}, {})


def test_an_exception_that_is_none_is_named(runner: Any) -> None:
    """Exceptions cannot outlive their reason."""
    problems = runner.judge("sdk", {"a": "passed"}, {"a": "reason", "gone": "reason"})

    assert ["sdk: a is excepted", "sdk: gone is excepted"] == [problem.split(" but")[0] for problem in problems]


def test_a_suite_in_which_nothing_passed_is_no_success(runner: Any) -> None:
    """Tests that were not found, or all skipped, show nothing."""
    assert ["sdk: not one test passed"] == runner.judge("sdk", {}, {})


def test_every_exception_belongs_to_a_suite_and_has_a_reason(runner: Any) -> None:
    """The committed list names suites that are run, and says why."""
    listed: dict[str, dict[str, str]] = json.loads(runner.EXCEPTIONS.read_text())

    assert set(listed) <= {suite.name for suite in runner.SUITES}
    assert all(reason for tests in listed.values() for reason in tests.values())


def test_reports_are_read(runner: Any, tmp_path: Path) -> None:
    """Passed, failed, broken and skipped tests are told apart."""
    report = tmp_path / "report.xml"
    report.write_text(
        "<testsuites><testsuite>"
        "<testcase classname='m' name='good'/>"
        "<testcase classname='m' name='bad'><failure/></testcase>"
        "<testcase classname='m' name='broken'><error/></testcase>"
        "<testcase classname='m' name='left'><skipped/></testcase>"
        "</testsuite></testsuites>"
    )

    assert [
        ("m", "good", "passed"),
        ("m", "bad", "failed"),
        ("m", "broken", "failed"),
        ("m", "left", "skipped"),
    ] == list(runner.results(report))


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_tests_of_the_sdk_pass_with_our_provider(runner: Any) -> None:
    """The installed SDK's own trace tests, and those of the threading instrumentation."""
    suites = [suite for suite in runner.SUITES if suite.name in ("sdk", "threading")]
    site = runner.prepare(suites)

    assert [] == [problem for suite in suites for problem in runner.judge(suite.name, runner.run(suite, site), {})]
