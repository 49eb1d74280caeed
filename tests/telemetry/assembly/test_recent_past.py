"""The recent past, asked in PromQL."""

import logging
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from otel_agent.clock import wall_ns
from otel_agent.guard import Guard
from otel_agent.series.store import Store
from otel_agent.telemetry.assembly import recent_past
from otel_agent.telemetry.assembly.recent_past import RecentPast


@pytest.fixture
def collection() -> Any:
    """One of the SDK's, with a counter and a histogram."""
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader], shutdown_on_exit=False).get_meter("agent")
    orders = meter.create_counter("orders")
    orders.add(7, {"side": "buy"})
    orders.add(1, {"side": "sell"})
    meter.create_histogram("latency").record(0.5)
    return reader.get_metrics_data()


def now_s() -> float:
    """A moment after every collection so far."""
    return wall_ns() / 1e9 + 0.001


def test_nothing_is_known_before_the_first_collection(caplog: pytest.LogCaptureFixture) -> None:
    """A question has no answer, and why is said."""
    past = RecentPast()

    assert [] == past.query("parcels_total", now_s())
    assert [] == past.query_range("parcels_total", None, now_s())
    assert "nothing has been measured yet" in caplog.text


def test_what_needs_no_metric_has_an_answer_before_the_first_collection() -> None:
    """As in a server that has just started."""
    past = RecentPast()

    assert [({}, 3.0)] == past.query("up or vector(3)", now_s())
    assert [({}, [(1.0, 3.0)])] == past.query_range("1 + 2", 1, 1)


def test_a_collection_can_be_asked_for(collection: Any) -> None:
    """Counters of whole numbers too, by their labels."""
    past = RecentPast()
    past.on_collect(collection)

    assert [("buy", 7.0)] == [
        (labels["side"], value) for labels, value in past.query('orders_total{side="buy"}', now_s())
    ]
    assert [8.0] == [value for _, value in past.query("sum(orders_total)", now_s())]
    assert [({}, 3.0)] == past.query("1 + 2", now_s())


def test_the_first_collection_is_not_forgotten_when_nobody_asks_before_the_second(collection: Any) -> None:
    """It waits as it came; both are in the answer, whether the question or the next collection comes first."""
    asked, unasked = RecentPast(), RecentPast()
    for past in (asked, unasked):
        past.on_collect(collection)
    asked.query("orders_total", now_s())
    for past in (asked, unasked):
        past.on_collect(collection)
    at_s = now_s()

    assert [8.0] == [value for _, value in unasked.query("sum(orders_total)", at_s)]
    assert asked.query("count_over_time(orders_total[1m])", at_s) == unasked.query(
        "count_over_time(orders_total[1m])", at_s
    )


@pytest.mark.parametrize(
    ("expression", "at_s"),
    [
        ("avg(", None),
        ("orders_total / on () orders_total", None),
        ('"a string"', None),
        ("orders_total[5m]", None),
        ("nothing(orders_total)", None),
        (None, None),
        ("orders_total", "now"),
        ("orders_total", float("nan")),
        ("orders_total", float("inf")),
    ],
)
def test_what_has_no_answer_is_said_once(
    collection: Any,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    expression: Any,
    at_s: Any,
) -> None:
    """Nothing raises; a line names the question and what is wrong with it, and is not repeated."""
    # What another test asked within the last minute was said then; this process has said nothing yet.
    monkeypatch.setattr(recent_past, "guard", Guard(logging.getLogger("otel_agent")))
    past = RecentPast()
    past.on_collect(collection)
    when = now_s() if at_s is None else at_s
    before = len(caplog.messages)

    assert [[], []] == [past.query(expression, when) for _ in range(2)]
    assert [] == past.query_range(expression, None, when)
    said = [line for line in caplog.messages[before:] if "has no answer" in line]
    assert 2 == len(said)  # one for each of the two ways to ask
    assert repr(str(expression)) in said[0]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("sum(order_total)", ["there is no metric order_total yet; did you mean orders_total?"]),
        ("rate(cancellations_total[1m]) > 0", ["there is no metric cancellations_total yet"]),
        ('orders_total{side="none"}', []),
        ("orders_total > 100", []),
        ("absent(orders_total)", []),
        ("absent(nothing_total)", []),
    ],
)
def test_a_metric_that_there_is_not_is_said_with_the_nearest(
    collection: Any, caplog: pytest.LogCaptureFixture, expression: str, said: list[str]
) -> None:
    """Once; an answer that is empty for another reason is one, and nothing is said of it."""
    past = RecentPast()
    past.on_collect(collection)
    before = len(caplog.messages)
    for _ in range(2):
        past.query(expression, now_s())

    lines = [line for line in caplog.messages[before:] if "has no answer" in line]
    assert said == [line.rpartition("has no answer: ")[2] for line in lines]


class Steady:
    """A past with one point a second, from a moment on."""

    def __init__(self, begin_s: int, seconds: int) -> None:
        kept = Store()
        for second in range(seconds):
            kept.append(
                {"__name__": "orders_total", "side": "buy"}, (begin_s + second) * 1000, 2 * second, is_counter=True
            )
            if second >= 5:
                kept.append({"__name__": "orders_total", "side": "sell"}, (begin_s + second) * 1000, second)
        self.past = RecentPast()
        self.past._store = kept


def test_a_range_has_a_point_for_each_step_with_a_value() -> None:
    """From the first moment on, at equal steps, and none later than the end; values are those of single questions."""
    past = Steady(1_000_000, 20).past
    buy, sell = past.query_range("orders_total", 1_000_000, 1_000_011.9, 3)

    assert [(1_000_000.0, 0.0), (1_000_003.0, 6.0), (1_000_006.0, 12.0), (1_000_009.0, 18.0)] == buy[1]
    assert ("sell", [(1_000_006.0, 6.0), (1_000_009.0, 9.0)]) == (sell[0]["side"], sell[1])
    assert all([(buy[0], value), *[]] == past.query('orders_total{side="buy"}', time_s) for time_s, value in buy[1])
    assert [({}, [(1.0, 7.0), (1.5, 7.0), (2.0, 7.0)])] == past.query_range("7", 1, 2, 0.5)


def test_a_rate_along_a_range_looks_back_from_each_step() -> None:
    """Each point is what the same question answers at its moment."""
    ((_, points),) = Steady(1_000_000, 60).past.query_range(
        'rate(orders_total{side="buy"}[10s])', 1_000_020, 1_000_050, 10
    )

    assert [2.0, 2.0, 2.0, 2.0] == [value for _, value in points]


def test_a_range_without_bounds_is_what_is_kept() -> None:
    """It begins with the first point, and its step makes a picture of about 250 points; a long past is cut to an hour."""
    short = Steady(1_000_000, 20).past.query_range("sum(orders_total)", None, 1_000_019)
    long = Steady(1_000_000, 9_000).past.query_range("sum(orders_total)", None, 1_008_999)

    assert (1_000_000.0, 1_000_019.0, 20) == (short[0][1][0][0], short[0][1][-1][0], len(short[0][1]))
    assert (1_005_399.0, 1_008_999.0) == (long[0][1][0][0], long[0][1][-1][0])
    assert 251 == len(long[0][1])


@pytest.mark.parametrize(
    ("start_s", "end_s", "step_s"), [(2, 1, 1), (1, 2, 0), (1, 2, -1), (0, 1_000_000, 1), (1, 2, "x")]
)
def test_ranges_without_sense_have_no_answer(start_s: Any, end_s: Any, step_s: Any) -> None:
    """Backwards, in steps of nothing, and in more steps than a picture has."""
    assert [] == Steady(1, 5).past.query_range("orders_total", start_s, end_s, step_s)


def test_a_forked_child_knows_nothing_of_its_parent(collection: Any) -> None:
    """Its own collections come."""
    past = RecentPast()
    past.on_collect(collection)
    past.reinit_after_fork()

    assert [] == past.query("orders_total", now_s())
    past.on_collect(collection)
    assert 2 == len(past.query("orders_total", now_s()))
