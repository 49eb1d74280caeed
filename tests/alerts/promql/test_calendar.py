"""Moments have the days and hours Prometheus gives them; the answers are those of its API at the same moment."""

import math

import pytest

from otel_agent.alerts.promql.calendar import CALENDAR
from otel_agent.alerts.promql.evaluation import Context, evaluate
from otel_agent.alerts.promql.parsing import parse
from otel_agent.series.labels import Labels
from otel_agent.series.store import Store

AT_MS = 1_700_000_000_000  # Tuesday, 14 November 2023, 22:13:20


def value(text: str, at_ms: int = AT_MS) -> list[float]:
    """Values of an expression over two series."""
    store = Store()
    for number, host in enumerate("ab"):
        store.append(Labels({"__name__": "x", "host": host, "zone": "z"}), AT_MS - 1000 * number, float(number))
    return [float(found) for _, found in evaluate(parse(text), Context(store, at_ms))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("hour", 22), ("minute", 13), ("day_of_week", 2), ("day_of_month", 14), ("day_of_year", 318), ("month", 11), ("year", 2023), ("days_in_month", 30)],
)  # fmt: skip
def test_a_moment_is_read_from_the_calendar(name: str, expected: float) -> None:
    """Without an argument it is the moment of the evaluation."""
    assert [expected] == value(f"{name}()") == value(f"{name}(vector(1700000000))")


def test_what_is_no_moment_has_no_day() -> None:
    """NaN and infinities."""
    assert math.isnan(CALENDAR["hour"](math.nan))
    assert math.isnan(CALENDAR["hour"](math.inf))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("timestamp(x)", [1_700_000_000.0, 1_699_999_999.0]),
        ("timestamp(x + 0)", [1_700_000_000.0] * 2),
        ("sort_desc(x)", [1.0, 0.0]),
        ("sum(x offset 1m @ 1700000060)", [1.0]),
        ("max_over_time(vector(time())[5m:] @ end())", [1_699_999_980.0]),
        ('count(label_join(x, "j", "-", "host", "zone") == 1)', [1.0]),
        ('count_values("v", x * 0)', [2.0]),
        ("sgn(x - 1)", [-1.0, 0.0]),
        ("sum(pi() * x)", [math.pi]),
        ("log2(x + 7)", [math.log2(7), 3.0]),
    ],
)
def test_what_alert_rules_ask_beside_is_answered(text: str, expected: list[float]) -> None:
    """Ages of values, fixed moments, subqueries with the default step, joined labels, counted values, logarithms."""
    assert expected == value(text)
