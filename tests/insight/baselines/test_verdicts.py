"""What two sets of runs say: rarely wrong, and not blind."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from otel_agent.insight.baselines.verdicts import Comparison, compare

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
NOISE = json.loads((BENCHMARKS / "baseline_noise.json").read_text())
"""Run medians of five functions in the order in which they were measured on a machine that other work shared."""

STEADY = [1.00, 1.01, 0.99, 1.02, 0.98, 1.003, 1.007, 0.993, 1.013, 0.987]


def script() -> Any:
    """The script that publishes the figures."""
    spec = importlib.util.spec_from_file_location("benchmarks_baselines", BENCHMARKS / "baselines.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def one(before: list[float], after: list[float]) -> Comparison:
    """The comparison of a single function."""
    return compare({"f": before}, {"f": after})[0]


def times(factor: float) -> list[float]:
    """Later runs: the steady ones, a little shifted so that none ties, times a factor."""
    return [each * factor + 0.0001 for each in STEADY]


@pytest.mark.parametrize(
    ("factor", "verdict"), [(1.2, "slower"), (1.1, "slower"), (0.8, "faster"), (1.0, "same"), (1.04, "same")]
)
def test_changes_from_the_minimum_effect_on_are_told(factor: float, verdict: str) -> None:
    """Four per cent are significant here, and not worth an alarm."""
    assert verdict == one(STEADY, times(factor)).verdict


def test_a_baseline_that_spreads_asks_for_more() -> None:
    """Two and a half times the median absolute deviation of its runs, where that is more than 5 %."""
    spread = [1.0, 0.9, 1.1, 0.91, 1.09, 0.92, 1.08, 0.93, 1.07, 1.001]
    found = one(spread, [each + 0.15 for each in spread])

    assert pytest.approx(2.5 * 0.08, rel=0.1) == found.min_effect_ratio
    assert "same" == found.verdict
    assert "slower" == one(spread, [each + 0.5 for each in spread]).verdict


def test_too_few_runs_are_said_to_be_too_few() -> None:
    """Three against three can never show anything at 1 %, however large the change."""
    assert "not enough data" == one([1.0, 1.1, 0.9], [9.0, 9.1, 8.9]).verdict
    assert "slower" == one([1.0, 1.1, 0.9, 1.05, 0.95], [9.0, 9.1, 8.9, 9.3, 9.4]).verdict


def test_more_functions_need_more_runs() -> None:
    """Five against five are enough for two functions and not for three."""
    before, after = STEADY[:5], [each * 3 for each in STEADY[5:]]
    two = compare(dict.fromkeys("ab", before), dict.fromkeys("ab", after))
    three = compare(dict.fromkeys("abc", before), dict.fromkeys("abc", after))

    assert ["slower"] * 2 == [each.verdict for each in two]
    assert ["not enough data"] * 3 == [each.verdict for each in three]


def test_functions_of_one_side_are_named() -> None:
    """One that has gone, and one that has come."""
    gone, come = sorted(compare({"gone": STEADY}, {"come": STEADY}), key=lambda each: each.before_s is None)

    assert ("gone", "not enough data", 10, 0) == (gone.function, gone.verdict, gone.runs_before, gone.runs_after)
    assert ("come", "not enough data", 0, 10) == (come.function, come.verdict, come.runs_before, come.runs_after)


def test_what_is_slower_comes_first() -> None:
    """Then what is faster; the largest change before the others."""
    after = {"a": times(1.0), "b": times(0.5), "c": times(1.3), "d": times(2.0)}
    found = compare(dict.fromkeys("abcd", STEADY), after)

    assert ["d", "c", "b", "a"] == [each.function for each in found]


def test_what_the_clock_cannot_tell_is_not_judged() -> None:
    """A share of nothing is nothing."""
    assert "not enough data" == one([0.0] * 10, STEADY).verdict


def test_equal_code_is_not_called_slower() -> None:
    """Real noise, 400 comparisons drawn, and neighbouring sets of runs as they came: at most 1 % false alarms."""
    false, comparisons = script().in_order(NOISE)

    assert script().drawn(NOISE, 1.0) <= 0.01
    assert false <= 0.01 * comparisons


@pytest.mark.parametrize(("factor", "power"), [(1.2, 0.95), (1.1, 0.8)])
def test_slower_code_is_found(factor: float, power: float) -> None:
    """In the same noise, of functions whose runs deviate by less than 5 %."""
    judged = script()
    steady = {name: values for name, values in NOISE.items() if judged.spread(values) < judged.STEADY}

    assert len(steady) >= 4
    assert judged.drawn(steady, factor) >= power
