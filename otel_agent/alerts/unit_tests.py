"""
Runner of promtool's unit tests of rules.

A file lists rule files and tests; a test lists series, and what expressions and alerts have to be at moments. The rules are
evaluated at every `evaluation_interval` from 0 on, the tests' moments in between, as promtool does. Numbers are compared to a
relative 1e-9.

Source: https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
"""

import glob
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from otel_agent.alerts.groups import GroupRun
from otel_agent.alerts.promql.evaluation import Context, evaluate
from otel_agent.alerts.promql.nodes import EvaluationError
from otel_agent.alerts.promql.parsing import parse
from otel_agent.alerts.rules.documents import read_rule_document
from otel_agent.alerts.rules.files import RuleSet, read_file
from otel_agent.alerts.rules.model import RuleGroup
from otel_agent.alerts.series_notation import read_labels, read_points
from otel_agent.alerts.states import AlertState
from otel_agent.config.durations import duration_s
from otel_agent.config.nodes import ConfigNode
from otel_agent.errors import RuleError
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.labels import Labels
from otel_agent.series.store import Store

__all__ = ["run_test_file"]

TOLERANCE = 1e-9
"""Numbers this close to each other, relatively, are the same."""
_NO_BUDGET_S = 3600.0


def run_test_file(path: Path | str) -> list[str]:
    """
    Run the tests of one file.

    Args:
        path: Path of a file in promtool's format.

    Returns:
        What is wrong, one string each: unreadable input, and answers other than expected. Empty when all is well.
    """
    path = Path(path)
    try:
        document = read_rule_document(path.read_text(encoding="utf-8"), str(path))
        return _run(document, path)
    except (OSError, UnicodeDecodeError) as error:
        return [f"{path}: cannot be read: {error}"]
    except RuleError as error:
        return [problem if problem.startswith(str(path)) else f"{path}: {problem}" for problem in error.problems]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return [f"{path}: is not a file of unit tests: {error}"]


def _run(document: ConfigNode, path: Path) -> list[str]:
    plain = document.plain() or {}
    rules = _rules(plain.get("rule_files") or [], path)
    if rules.problems:
        return list(rules.problems)
    interval_s = duration_s(plain.get("evaluation_interval", "1m")) or 60.0
    order = {name: position for position, name in enumerate(plain.get("group_eval_order") or [])}
    groups = sorted(rules.groups, key=lambda group: order.get(group.name, len(order)))
    failures: list[str] = []
    tests = document.value.get("tests")
    for number, located in enumerate(tests.value if tests is not None and tests.value else []):
        test = located.plain()
        name = test.get("name") or f"test {number + 1}"
        failures += [
            f"{path}:{located.line}: {name}: {failure}" for failure in _RuleTest(test, groups, interval_s).run()
        ]
    return failures


def _rules(patterns: Iterable[str], path: Path) -> RuleSet:
    rules = RuleSet(())
    for pattern in patterns:
        found = sorted(glob.glob(str(path.parent / pattern)))  # noqa: PTH207 - an absolute pattern has to stay absolute
        if not found:
            rules = rules.joined(RuleSet((), (f"{path}: no rule file matches {pattern!r}",)))
        for one in found:
            rules = rules.joined(read_file(one))
    return rules


class _RuleTest:
    """One test with a store of its own."""

    def __init__(self, test: dict[str, Any], groups: list[RuleGroup], interval_s: float) -> None:
        if test.get("external_labels"):
            raise RuleError(["`external_labels` is not supported; an agent has none"])
        self._store = Store(series_limit=100_000, fine_limit=1_000_000, coarse_limit=0)
        self._interval_ms = round(interval_s * 1000)
        self._runs = [
            GroupRun(group, self._store, budget_s=_NO_BUDGET_S, subquery_step_ms=self._interval_ms) for group in groups
        ]
        self._test = test
        step_ms = round(duration_s(test.get("interval", interval_s)) * 1000)
        for entry in test.get("input_series") or []:
            labels, points = read_labels(entry["series"]), read_points(str(entry["values"]))
            is_histogram = any(isinstance(point, NativeHistogram) for point in points)
            for number, point in enumerate(points):
                if is_histogram and isinstance(point, float):
                    self._store.end(labels, number * step_ms)
                elif point is not None:
                    self._store.append(labels, number * step_ms, point)

    def run(self) -> list[str]:
        """Evaluate the rules through time, ask for alerts on the way and for samples at the end."""
        alerts = sorted(self._test.get("alert_rule_test") or [], key=lambda check: _ms(check["eval_time"]))
        samples = self._test.get("promql_expr_test") or []
        end_ms = max((_ms(check["eval_time"]) for check in (*alerts, *samples)), default=0)
        failures: list[str] = []
        for at_ms in range(0, end_ms + 1, self._interval_ms):
            for run in self._runs:
                run.evaluate(at_ms)
                failures += [f"{one.rule.source}: {one.rule.name}: {one.error}" for one in run.rules if one.error]
            if failures:
                return failures
            # An alert is as it was at the last evaluation not later than the moment asked for.
            while alerts and _ms(alerts[0]["eval_time"]) < at_ms + self._interval_ms:
                failures += self._wrong_alerts(alerts.pop(0))
        for check in samples:
            failures += self._wrong_samples(check)
        return failures

    def _wrong_alerts(self, check: dict[str, Any]) -> list[str]:
        name = check["alertname"]
        expected = sorted(
            f"{Labels({**_texts(alert.get('exp_labels')), 'alertname': name})} {_texts(alert.get('exp_annotations'))}"
            for alert in check.get("exp_alerts") or []
        )
        found = sorted(
            f"{alert.labels} {dict(sorted(alert.annotations.items()))}"
            for run in self._runs
            for one in run.rules
            if one.alerting is not None and one.rule.name == name
            for alert in one.alerting.active()
            if alert.state is AlertState.FIRING
        )
        if expected == found:
            return []
        return [f"alert {name} at {check['eval_time']}: expected {_listed(expected)}, got {_listed(found)}"]

    def _wrong_samples(self, check: dict[str, Any]) -> list[str]:
        where = f"{check['expr']} at {check['eval_time']}"
        try:
            context = Context(self._store, _ms(check["eval_time"]), subquery_step_ms=self._interval_ms)
            found = dict(evaluate(parse(check["expr"]), context))
        except EvaluationError as error:
            return [f"{where}: {error}"]
        expected = dict(map(_sample, check.get("exp_samples") or []))
        if set(found) == set(expected) and all(_is_same(found[labels], value) for labels, value in expected.items()):
            return []
        texts = [_listed(sorted(f"{labels} {value}" for labels, value in one.items())) for one in (expected, found)]
        return [f"{where}: expected {texts[0]}, got {texts[1]}"]


def _ms(text: object) -> int:
    return round(duration_s(text) * 1000)


def _texts(mapping: dict[str, Any] | None) -> dict[str, str]:
    return {name: str(value) for name, value in sorted((mapping or {}).items()) if value not in (None, "")}


def _listed(items: list[str]) -> str:
    return ", ".join(items) or "nothing"


def _sample(sample: dict[str, Any]) -> tuple[Labels, float | NativeHistogram]:
    point = read_points(str(sample["histogram"]))[0] if "histogram" in sample else _number(sample.get("value"))
    if point is None:
        raise ValueError("an expected histogram is a gap")
    return read_labels(sample.get("labels") or "{}"), point


def _number(text: object) -> float:
    """A number as YAML writes it: 0x1F, 1_000, .inf, .nan and +Inf are some."""
    if text is None:
        return 0.0
    word = str(text).replace("_", "").lower()
    if word.lstrip("+-") in (".inf", ".nan"):
        word = word.replace(".", "")
    return float(int(word, 0)) if "0x" in word or "0o" in word else float(word)


def _is_same(left: float | NativeHistogram, right: float | NativeHistogram) -> bool:
    if isinstance(left, NativeHistogram) or isinstance(right, NativeHistogram):
        return (
            isinstance(left, NativeHistogram) and isinstance(right, NativeHistogram) and _is_same_histogram(left, right)
        )
    return (math.isnan(left) and math.isnan(right)) or math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=0.0)


def _is_same_histogram(left: NativeHistogram, right: NativeHistogram) -> bool:
    pairs = list(zip(left.buckets(), right.buckets(), strict=False))
    return (
        left.scale == right.scale
        and len(list(left.buckets())) == len(list(right.buckets())) == len(pairs)
        and _is_same(left.count, right.count)
        and _is_same(left.sum, right.sum)
        and all(a.lower == b.lower and _is_same(a.count, b.count) for a, b in pairs)
    )
