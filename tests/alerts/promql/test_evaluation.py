"""Values are Prometheus 3's; the real one is asked in tests/end_to_end."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_agent.alerts.promql.evaluation import Context, evaluate
from otel_agent.alerts.promql.nodes import EvaluationError
from otel_agent.alerts.promql.parsing import parse
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.store import Store

T0_MS = 1_700_000_000_000


def store_of(**series: list[float]) -> Store:
    """A store with a point every ten seconds from T0 on."""
    store = Store()
    for name, values in series.items():
        for number, value in enumerate(values):
            store.append({"__name__": name}, T0_MS + number * 10_000, value)
    return store


def value(store: Store, text: str, after_s: float = 0.0) -> list[float]:
    """The values of an expression, in seconds after T0."""
    return [
        found.count if isinstance(found, NativeHistogram) else found
        for _, found in evaluate(parse(text), Context(store, T0_MS + round(after_s * 1000)))
    ]


def test_ranges_and_lookback_are_open_to_the_left() -> None:
    """A sample exactly as old as the range, or the lookback, does not count."""
    store = store_of(x=[1.0, 2.0, 3.0])

    assert [2.0] == value(store, "count_over_time(x[20s])", 20)
    assert [] == value(store, "x", 320)
    assert [3.0] == value(store, "x", 319.999)
    assert [2.0] == value(store, "count_over_time(x[20s:10s])", 20)


def test_a_range_that_nothing_fills_has_no_value() -> None:
    """One sample has no rate, no slope and no change."""
    store = store_of(x=[1.0])

    assert [[]] * 5 == [value(store, f"{name}(x[1m])") for name in ("rate", "increase", "delta", "irate", "deriv")]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=60), st.integers(1, 700))
def test_restarts_remembered_and_restarts_searched_give_the_same(values: list[float], range_s: int) -> None:
    """Rates of a counter, whose restarts are kept where they happen, equal those of the same values searched through."""
    store = store_of(searched=values)
    for number, one in enumerate(values):
        store.append({"__name__": "kept"}, T0_MS + number * 10_000, one, is_counter=True)
    kept, searched = (value(store, f"rate({name}[{range_s}s])", len(values) * 10) for name in ("kept", "searched"))

    assert len(kept) == len(searched)
    assert all(math.isclose(a, b, rel_tol=1e-9) for a, b in zip(kept, searched, strict=True))


def test_equal_labels_are_a_mistake_of_evaluation() -> None:
    """Two elements that become the same through a function are reported, never merged."""
    store = store_of(a=[1.0, 2.0], b=[1.0, 2.0])

    with pytest.raises(EvaluationError, match="two elements have the same labels"):
        value(store, 'rate({__name__=~"a|b"}[1m])', 10)


def test_a_match_that_is_not_unique_names_both_series() -> None:
    """The message of a many-to-many match shows the two series and the side."""
    store = Store()
    for host in "ab":
        store.append({"__name__": "x", "host": host}, T0_MS, 1.0)
    store.append({"__name__": "y"}, T0_MS, 1.0)

    with pytest.raises(EvaluationError, match=r'x\{host="a"\} and x\{host="b"\} match alike on the right side of \*'):
        value(store, "y * on () x")


def test_an_evaluation_over_its_budget_is_ended() -> None:
    """A rule that takes too long is stopped between two steps."""
    steps = iter([False] * 50 + [True] * 1000)

    with pytest.raises(EvaluationError, match="longer than its budget"):
        evaluate(parse("sum_over_time(x[1h:1s])"), Context(store_of(x=[1.0]), T0_MS, lambda: next(steps)))


def test_no_data_is_told_from_a_condition_that_does_not_hold() -> None:
    """The context counts what was selected, so that nothing found and nothing true are different."""
    store = store_of(x=[1.0])
    counts = []
    for text in ("x > 5", "missing > 5"):
        context = Context(store, T0_MS)
        evaluate(parse(text), context)
        counts.append(context.selected_count)

    assert [1, 0] == counts


def test_a_quantile_of_a_native_histogram_is_near_the_sample_s() -> None:
    """At scale 3 a quantile of ten thousand log-normal values is within 5 % of the exact one, negative values mirrored."""
    generator = random.Random(7)
    sample = sorted(generator.lognormvariate(0, 1) for _ in range(10_000))
    counts: dict[int, float] = {}
    for one in sample:
        index = math.ceil(math.log2(one) * 8)
        counts[index] = counts.get(index, 0.0) + 1
    store = Store()
    store.append({"__name__": "h"}, T0_MS, NativeHistogram(3, 10_000, sum(sample), positive=counts))
    store.append({"__name__": "n"}, T0_MS, NativeHistogram(3, 10_000, -sum(sample), negative=counts))

    for share in (0.1, 0.5, 0.9, 0.99):
        exact = sample[int(share * 10_000)]
        assert math.isclose(exact, value(store, f"histogram_quantile({share}, h)")[0], rel_tol=0.05)
        assert math.isclose(-exact, value(store, f"histogram_quantile({1 - share}, n)")[0], rel_tol=0.05)
    assert math.isclose(0.5, value(store, f"histogram_fraction(0, {sample[5000]}, h)")[0], rel_tol=0.05)
    assert [sum(sample) / 10_000] == value(store, "histogram_avg(h)")


def test_native_histograms_can_be_added_and_scaled() -> None:
    """Sum, average, ratio and restart of native histograms work on whole histograms."""
    store = Store()
    for step, count in enumerate((10.0, 20.0, 5.0, 15.0)):
        for host in "ab":
            found = NativeHistogram(0, count, count, positive={1: count})
            store.append({"__name__": "h", "host": host}, T0_MS + step * 10_000, found)

    assert [30.0] == value(store, "histogram_count(sum(h))", 30)
    assert [15.0] == value(store, "histogram_count(avg(h))", 30)
    assert [7.5, 7.5] == value(store, "histogram_count(h / 2)", 30)
    assert [1.0, 1.0] == value(store, "resets(h[1m])", 30)
    assert [pytest.approx(25.0, rel=0.4)] * 2 == value(store, "histogram_count(increase(h[31s]))", 30)


def test_windows_longer_than_the_fine_tier_use_the_minutes() -> None:
    """Rates and extremes over hours are right when only minutes are kept of them."""
    store = Store(fine_limit=300)
    for second in range(20_000):
        store.append({"__name__": "c"}, T0_MS + second * 1000, float(second * 2), is_counter=True)
        store.append({"__name__": "g"}, T0_MS + second * 1000, 100.0 if second == 5_003 else float(second % 7))

    assert [pytest.approx(2.0, rel=1e-3)] == value(store, "rate(c[5h])", 19_999)
    assert [100.0] == value(store, "max_over_time(g[5h])", 19_999)
    assert [0.0] == value(store, "min_over_time(g[5h])", 19_999)


def test_nothing_but_numbers_is_lost_on_any_wild_value() -> None:
    """Every function answers for infinities, NaN and the largest floats without raising."""
    store = store_of(x=[math.inf, -math.inf, math.nan, 1.7e308, 1.7e308, -1.7e308, 5e-324, 0.0, -0.0])
    functions = ["rate", "increase", "delta", "irate", "deriv", "resets", "changes"]
    functions += [
        f"{name}_over_time" for name in ("avg", "min", "max", "sum", "count", "last", "stddev", "present", "mad")
    ]
    texts = [f"{name}(x[2m])" for name in functions]
    texts += [
        f"{name}(x offset 40s)"
        for name in ("abs", "ceil", "floor", "round", "exp", "ln", "-", "sum", "stddev", "quantile")
    ]
    texts = [text.replace("quantile(", "quantile(0.5, ") for text in texts]
    texts += [
        "x ^ x",
        "x % x",
        "x / x",
        "quantile_over_time(0.9, x[2m])",
        "predict_linear(x[2m], 60)",
        "clamp(x, -1, 1)",
    ]

    for second in range(0, 90, 10):
        for text in texts:
            value(store, text, second)
