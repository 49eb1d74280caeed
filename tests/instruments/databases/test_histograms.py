"""Durations are counted exactly, within bounds."""

import threading

import pytest
import sqlalchemy as sa
from databases import ORDERS, Stage, create_engine
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from otel_agent import catalog
from otel_agent.instruments.databases import sqlalchemy as instrument
from otel_agent.instruments.databases.histograms import LIMIT, DurationHistograms


def test_durations_are_the_conventions_histogram(stage: Stage, engine: sa.Engine) -> None:
    """One point for each kind of query and outcome, with the bounds of the catalogue and no text in it."""
    with engine.connect() as connection:
        for number in range(5):
            connection.execute(sa.select(ORDERS).where(ORDERS.c.id == number))
        with pytest.raises(sa.exc.OperationalError):
            connection.execute(sa.text("SELECT a FROM nowhere"))
    points = [
        point
        for point in stage.metrics()["db.client.operation.duration"]
        if point.attributes["db.operation.name"] == "SELECT"
    ]

    assert [(5, "SELECT orders", None), (1, "SELECT nowhere", "sqlite3.OperationalError")] == [
        (point.count, point.attributes["db.query.summary"], point.attributes.get("error.type")) for point in points
    ]
    assert all(catalog.database.DURATION_BOUNDS_S == tuple(point.explicit_bounds) for point in points)
    promised = {attribute.name for attribute in catalog.METRICS["db.client.operation.duration"].attributes}
    assert all(set(point.attributes) <= promised for point in points)
    took_s = sum((span.end_time or 0) - (span.start_time or 0) for span in stage.spans()[:5]) * 1e-9
    assert points[0].sum == pytest.approx(took_s, rel=0.01)


def test_durations_kept_beside_the_sdk_are_the_same() -> None:
    """With a reader of ours nothing goes through the SDK's histograms, and what is exported does not differ."""
    stage = Stage(keeps_durations=True)
    engine = create_engine()
    with engine.connect() as connection:
        for _ in range(300):
            connection.execute(sa.text("SELECT 1"))
    found = stage.metrics()
    stage.close()

    assert 300 == found["db.client.operation.duration"][0].count
    assert 1 == found["db.client.connection.wait_time"][0].count
    assert () == instrument.distributions()


def test_many_threads_lose_no_duration() -> None:
    """Durations that are kept here are counted exactly, whatever threads they come from."""
    stage = Stage(keeps_durations=True)
    engine = create_engine(poolclass=sa.NullPool)

    def work() -> None:
        with engine.connect() as connection:
            for _ in range(500):
                connection.execute(sa.text("SELECT 1"))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    found = stage.figures("db.client.operation.duration")
    stage.close()

    assert [4000] == list(found.values())


DURATION = catalog.METRICS["db.client.operation.duration"]


def test_overflow_is_the_same_through_the_api() -> None:
    """Where durations go through a meter, its instrument gets no more attribute sets than that."""
    reader = InMemoryMetricReader()
    meters = MeterProvider([reader], shutdown_on_exit=False)
    histograms = DurationHistograms(meters.get_meter("tests"))
    for number in range(LIMIT + 5):
        histograms.of(DURATION, {"db.query.summary": f"SELECT t{number}"})(0.01)
    data = reader.get_metrics_data()
    assert data is not None
    points = data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points
    meters.shutdown()

    assert LIMIT + 1 == len(points)
    assert () == tuple(histograms.distributions())


def test_the_same_attributes_are_the_same_histogram() -> None:
    """However often it is asked for, in whatever order the attributes stand."""
    histograms = DurationHistograms()
    histograms.of(DURATION, {"db.system.name": "sqlite", "db.namespace": "a"})(0.002)
    histograms.of(DURATION, {"db.namespace": "a", "db.system.name": "sqlite"})(0.2)
    (kept,) = histograms.distributions()

    assert (2, 0.202, 0.002, 0.2) == (sum(kept.read()[0]), *kept.read()[1:])


def test_a_histogram_begins_again_after_a_fork() -> None:
    """A child has durations of its own only, and a lock of its own."""
    histograms = DurationHistograms()
    record = histograms.of(DURATION, {"db.system.name": "sqlite"})
    record(0.1)
    (kept,) = histograms.distributions()
    kept._lock.acquire()
    histograms.reinit_after_fork()
    empty = histograms.distributions()
    record(0.2)

    assert ([], 0.2) == (empty, kept.read()[1])
