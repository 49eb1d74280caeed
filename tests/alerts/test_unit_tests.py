"""promtool's unit tests give here the verdict they are written for; tests/end_to_end asks promtool itself."""

from pathlib import Path

import pytest

from otel_agent.alerts.unit_tests import run_test_file

FILES = sorted(path for path in (Path(__file__).parent / "promtool").glob("*.yml") if path.name != "rules.yml")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_passes_unless_it_was_written_to_fail(path: Path) -> None:
    """Every file of the collection passes, but those whose name says that they are wrong."""
    failures = run_test_file(path)

    assert path.name.startswith("wrong-") == bool(failures), failures


def test_there_are_enough_files() -> None:
    """The collection covers states, resets, gaps, staleness, matching, subqueries and quantiles in 30 files or more."""
    assert len(FILES) >= 30


def test_a_failure_says_what_was_expected_and_what_came(tmp_path: Path) -> None:
    """The text names the file, the expression, the moment, and both answers."""
    path = tmp_path / "t.yml"
    path.write_text(
        "tests:\n  - interval: 1m\n    input_series: [{series: 'a{b=\"c\"}', values: '1+1x5'}]\n"
        "    promql_expr_test: [{expr: sum(a), eval_time: 2m, exp_samples: [{labels: '{}', value: 4}]}]\n"
    )

    assert [f"{path}:2: test 1: sum(a) at 2m: expected {{}} 4.0, got {{}} 3.0"] == run_test_file(path)


def test_native_histograms_can_be_written_down(tmp_path: Path) -> None:
    """The notation of promtool for native histograms is read, and quantiles of them are computed."""
    path = tmp_path / "t.yml"
    path.write_text(
        "tests:\n  - interval: 1m\n    input_series:\n"
        "      - {series: h, values: '{{schema:0 sum:5 count:4 buckets:[1 2 1]}}+{{schema:0 sum:5 count:4 buckets:[1 2 1]}}x5'}\n"
        "    promql_expr_test:\n"
        "      - {expr: histogram_count(h), eval_time: 2m, exp_samples: [{labels: '{}', value: 12}]}\n"
        "      - {expr: 'histogram_quantile(0.5, h)', eval_time: 2m, exp_samples: [{labels: '{}', value: 1.4142135623730951}]}\n"
        "      - {expr: 'histogram_count(increase(h[3m1s]))', eval_time: 3m, exp_samples: [{labels: '{}', value: 12.066666666666666}]}\n"
    )

    assert [] == run_test_file(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("tests: [", "invalid YAML"),
        ("rule_files: [missing.yml]", "no rule file matches 'missing.yml'"),
        ("tests: [{input_series: [{series: a, values: '1 x'}]}]", "'x' is not a point"),
        ("tests: [{input_series: [{series: 'a{', values: '1'}]}]", "cannot be read"),
        (
            "tests: [{promql_expr_test: [{expr: 'info(a)', eval_time: 1m}]}]",
            "the function info() is outside the subset",
        ),
        ("tests: [{promql_expr_test: [{expr: a, eval_time: soon}]}]", "'soon' is not a duration"),
        ("tests: [{external_labels: {a: b}}]", "`external_labels` is not supported"),
        ("tests: 3", "is not a file of unit tests"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, text: str, problem: str) -> None:
    """Whatever is wrong with a test file is one line that begins with its name."""
    path = tmp_path / "t.yml"
    path.write_text(text)
    found = run_test_file(path)

    assert found
    assert problem in found[0]
    assert found[0].startswith(str(path))
