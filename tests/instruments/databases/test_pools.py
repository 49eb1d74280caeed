"""Connection pools are measured by what they are, whatever happens to their connections."""

import gc
import os
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from databases import Stage
from sqlalchemy.pool import AssertionPool, NullPool, QueuePool, SingletonThreadPool, StaticPool

from otel_agent import catalog

POOL = "db.client.connection"


def test_used_and_idle_connections_are_counted(stage: Stage, pooled: sa.Engine) -> None:
    """Each connection is in one state, and the limits are the pool's."""
    first, second, third = pooled.connect(), pooled.connect(), pooled.connect()
    assert {"idle": 0, "used": 3} == stage.connections()
    first.close()
    assert {"idle": 1, "used": 2} == stage.connections()
    second.close()
    third.close()

    assert {"idle": 2, "used": 0} == stage.connections()
    assert [3] == list(stage.figures(f"{POOL}.max").values())
    assert [2] == list(stage.figures(f"{POOL}.idle.max").values())


@pytest.mark.parametrize(
    "event", ["detach", "invalidate", "invalidate softly", "close the driver's", "garbage", "dispose"]
)
def test_nothing_that_happens_to_a_connection_makes_the_count_drift(
    stage: Stage, pooled: sa.Engine, event: str
) -> None:
    """After any of it, as often as one likes, the count is what it was."""
    for _ in range(3):
        connection = pooled.connect()
        if event == "detach":
            connection.detach()
            assert {"idle": 0, "used": 0} == stage.connections()
        elif event == "invalidate":
            connection.invalidate()
            assert 0 == stage.connections()["idle"]
        elif event == "invalidate softly":
            connection.connection.invalidate(soft=True)
        elif event == "close the driver's":
            driver: Any = connection.connection.dbapi_connection
            driver.close()
        elif event == "garbage":
            raw = pooled.raw_connection()
            del raw
            gc.collect()
        elif event == "dispose":
            pooled.dispose()
            assert {"idle": 0, "used": 1} == stage.connections()
            connection.invalidate()  # or the old pool, which is gone, keeps it open
        try:
            connection.close()
        except sa.exc.ProgrammingError:
            connection.invalidate()
            connection.close()
    with pooled.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        assert 1 == stage.connections()["used"]

    found = stage.connections()
    assert 0 == found["used"]
    assert 1 <= found["idle"] <= 2


def test_an_empty_place_in_the_pool_is_no_connection(stage: Stage, pooled: sa.Engine) -> None:
    """After a connection was detached the pool keeps its place, which must not count as idle."""
    connection = pooled.connect()
    connection.detach()
    connection.close()
    assert 1 == pooled.pool.checkedin()  # type: ignore[attr-defined]  # of a QueuePool

    assert {"idle": 0, "used": 0} == stage.connections()


def test_a_connection_lent_out_before_installing_counts(tmp_path: Path) -> None:
    """What was there before is not missing."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/orders.db")
    early, idle = engine.connect(), engine.connect()
    idle.close()
    stage = Stage()
    with engine.connect():
        during = stage.connections()
    early.close()
    after = stage.connections()
    stage.close()
    engine.dispose()

    assert {"idle": 0, "used": 2} == during
    assert {"idle": 2, "used": 0} == after


@pytest.mark.parametrize(
    ("pool", "arguments", "during", "after", "limit", "idle_limit"),
    [
        (NullPool, {}, (0, 1), (0, 0), [], [0]),
        (StaticPool, {}, (0, 1), (1, 0), [1], [1]),
        (AssertionPool, {}, (0, 1), (1, 0), [1], [1]),
        (SingletonThreadPool, {"pool_size": 4}, (0, 1), (1, 0), [4], [4]),
        (QueuePool, {"pool_size": 3, "max_overflow": -1}, (0, 1), (1, 0), [], [3]),
        (QueuePool, {"pool_size": 0}, (0, 1), (1, 0), [], []),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_every_kind_of_pool_is_measured(
    stage: Stage,
    tmp_path: Path,
    pool: type[sa.Pool],
    arguments: dict[str, Any],
    during: tuple[int, int],
    after: tuple[int, int],
    limit: list[int],
    idle_limit: list[int],
) -> None:
    """Pools without a limit have no point for it, which is not a limit of zero."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/orders.db", poolclass=pool, **arguments)
    for _ in range(2):
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
            assert during == tuple(stage.connections().values())
        assert after == tuple(stage.connections().values())

    assert limit == list(stage.figures(f"{POOL}.max").values())
    assert idle_limit == list(stage.figures(f"{POOL}.idle.max").values())
    engine.dispose()


def test_pools_have_names_of_their_own_without_secrets(stage: Stage, tmp_path: Path) -> None:
    """Two engines of one database are told apart, a name given by the agent is used, no password is shown."""
    url = f"sqlite:///{tmp_path}/orders.db"
    engines = [sa.create_engine(url), sa.create_engine(url), sa.create_engine(url, pool_logging_name="ledger")]
    for engine in engines:
        engine.connect().close()
    names = {key[0] for key in stage.figures(f"{POOL}.pending_requests")}

    assert {f"{tmp_path}/orders.db", f"{tmp_path}/orders.db-2", "ledger"} == names
    for engine in engines:
        engine.dispose()


def test_an_engine_that_is_gone_has_no_points(stage: Stage, tmp_path: Path) -> None:
    """Nothing of ours keeps an engine alive."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/orders.db")
    engine.connect().close()
    assert 2 == len(stage.figures(f"{POOL}.count"))
    engine.dispose()
    del engine
    gc.collect()

    assert {} == stage.figures(f"{POOL}.count")
    assert {} == stage.figures(f"{POOL}.timeouts")


def test_engines_that_share_a_pool_have_one_set_of_points(stage: Stage, pooled: sa.Engine) -> None:
    """An engine with options is the same database and the same pool."""
    with pooled.connect(), pooled.execution_options(isolation_level="AUTOCOMMIT").connect():
        assert {"idle": 0, "used": 2} == stage.connections()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_begins_at_zero(tmp_path: Path) -> None:
    """A child reports its own waiting, timeouts and durations, and no lock of its parent holds it up."""
    stage = Stage(keeps_durations=True)
    engine = sa.create_engine(f"sqlite:///{tmp_path}/orders.db", pool_size=1, max_overflow=0, pool_timeout=0.01)
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        with pytest.raises(sa.exc.TimeoutError):
            engine.connect()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            engine.dispose(close=False)
            before = sum(point.count for point in stage.metrics().get("db.client.operation.duration", []))
            with engine.connect() as connection:
                connection.execute(sa.text("SELECT 1"))
            counted = [point.count for point in stage.metrics()["db.client.operation.duration"]]
            timeouts = list(stage.figures(f"{POOL}.timeouts").values())
            os.write(writing, f"{before} {counted} {timeouts} {stage.connections()}".encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    stage.close()
    engine.dispose()

    assert "0 [1] [0] {'idle': 1, 'used': 0}" == said


def test_what_is_emitted_is_what_is_catalogued(stage: Stage, pooled: sa.Engine) -> None:
    """Every metric of the catalogue's databases is emitted, with its attributes, and none beside them."""
    with pooled.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    found = stage.metrics()
    promised = {metric.name: metric for metric in catalog.GROUPS["Databases"]}

    assert set(promised) == set(found)
    for name, points in found.items():
        allowed = {attribute.name for attribute in promised[name].attributes}
        assert all(set(point.attributes) <= allowed for point in points)
