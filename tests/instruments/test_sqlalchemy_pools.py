"""Connection pools are measured by what they are, whatever happens to their connections."""

import gc
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from databases import Stage
from sqlalchemy.pool import AssertionPool, NullPool, QueuePool, SingletonThreadPool, StaticPool
from waiting import until

from otel_agent import catalog, guard
from otel_agent.instruments.databases import sqlalchemy as instrument

POOL = "db.client.connection"


@pytest.fixture
def stage() -> Iterator[Stage]:
    """The instrument in place, with the SDK's providers."""
    stage = Stage()
    before = guard.shared.counts()
    yield stage
    stage.close()
    assert before == guard.shared.counts()


@pytest.fixture
def engine(stage: Stage, tmp_path: Path) -> Iterator[sa.Engine]:
    """An engine whose pool keeps two connections and opens three."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/orders.db", pool_size=2, max_overflow=1, pool_timeout=0.05)
    yield engine
    engine.dispose()


def test_used_and_idle_connections_are_counted(stage: Stage, engine: sa.Engine) -> None:
    """Each connection is in one state, and the limits are the pool's."""
    first, second, third = engine.connect(), engine.connect(), engine.connect()
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
    stage: Stage, engine: sa.Engine, event: str
) -> None:
    """After any of it, as often as one likes, the count is what it was."""
    for _ in range(3):
        connection = engine.connect()
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
            raw = engine.raw_connection()
            del raw
            gc.collect()
        elif event == "dispose":
            engine.dispose()
            assert {"idle": 0, "used": 1} == stage.connections()
            connection.invalidate()  # or the old pool, which is gone, keeps it open
        try:
            connection.close()
        except sa.exc.ProgrammingError:
            connection.invalidate()
            connection.close()
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        assert 1 == stage.connections()["used"]

    found = stage.connections()
    assert 0 == found["used"]
    assert 1 <= found["idle"] <= 2


def test_an_empty_place_in_the_pool_is_no_connection(stage: Stage, engine: sa.Engine) -> None:
    """After a connection was detached the pool keeps its place, which must not count as idle."""
    connection = engine.connect()
    connection.detach()
    connection.close()
    assert 1 == engine.pool.checkedin()  # type: ignore[attr-defined]  # of a QueuePool

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


def test_timeouts_and_waiting_requests_are_counted(stage: Stage, engine: sa.Engine) -> None:
    """Of an exhausted pool one sees who waits, how long, and how many gave up: exactly those that raised."""
    held = [engine.connect() for _ in range(3)]
    raised: list[BaseException] = []
    waited_s: list[float] = []

    def ask() -> None:
        begin_s = time.perf_counter()
        try:
            engine.connect()
        except sa.exc.TimeoutError as error:
            waited_s.append(time.perf_counter() - begin_s)
            raised.append(error)

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert until(lambda: len(raised) == 5)
    for thread in threads:
        thread.join(20)

    assert [5] == list(stage.figures(f"{POOL}.timeouts").values())
    assert [0] == list(stage.figures(f"{POOL}.pending_requests").values())
    for connection in held:
        connection.close()


def test_a_waiting_request_shows_while_it_waits_and_its_time_is_measured(stage: Stage, tmp_path: Path) -> None:
    """Waiting is seen from the side, and its duration agrees with a stopwatch."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/orders.db", pool_size=1, max_overflow=0, pool_timeout=60)
    held = engine.connect()
    waited_s: list[float] = []

    def ask() -> None:
        begin_s = time.perf_counter()
        with engine.connect():
            waited_s.append(time.perf_counter() - begin_s)

    thread = threading.Thread(target=ask)
    thread.start()
    assert until(lambda: [1] == list(stage.figures(f"{POOL}.pending_requests").values()))
    time.sleep(0.2)
    held.close()
    thread.join(30)
    (point,) = stage.metrics()[f"{POOL}.wait_time"]

    assert [0] == list(stage.figures(f"{POOL}.pending_requests").values())
    assert 2 == point.count
    assert point.max == pytest.approx(waited_s[0], rel=0.1)
    engine.dispose()


def test_times_of_a_connection_are_measured(stage: Stage, engine: sa.Engine) -> None:
    """Opening one counts once for each connection, waiting and using once for each loan."""
    for _ in range(4):
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    counts = {name: point.count for name, (point, *_) in stage.metrics().items() if name.endswith("_time")}

    assert {f"{POOL}.create_time": 1, f"{POOL}.wait_time": 4, f"{POOL}.use_time": 4} == counts


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


def test_engines_that_share_a_pool_have_one_set_of_points(stage: Stage, engine: sa.Engine) -> None:
    """An engine with options is the same database and the same pool."""
    with engine.connect(), engine.execution_options(isolation_level="AUTOCOMMIT").connect():
        assert {"idle": 0, "used": 2} == stage.connections()


def test_a_raw_connection_is_counted(stage: Stage, engine: sa.Engine) -> None:
    """Connections taken without a Connection object are the pool's as well."""
    raw = engine.raw_connection()
    assert {"idle": 0, "used": 1} == stage.connections()
    raw.close()

    assert {"idle": 1, "used": 0} == stage.connections()


def test_the_agents_own_wrapping_survives(stage: Stage, engine: sa.Engine) -> None:
    """What somebody wraps around ours keeps working when we are gone."""
    ours = sa.Engine.raw_connection
    calls = []

    def theirs(self: sa.Engine) -> Any:
        calls.append(self)
        return ours(self)

    sa.Engine.raw_connection = theirs  # type: ignore[method-assign]  # as another instrument may do
    try:
        instrument.uninstall()
        with engine.connect() as connection:
            assert 1 == connection.scalar(sa.text("SELECT 1"))
        assert [engine] == calls
    finally:
        sa.Engine.raw_connection = ours.__wrapped__  # type: ignore[attr-defined, method-assign]  # what was there first


def test_failing_to_connect_is_the_agents_own_error(stage: Stage, tmp_path: Path) -> None:
    """An unreachable database raises what it raises without us, and counts as no timeout."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/no/such/folder/orders.db")
    with pytest.raises(sa.exc.OperationalError, match="unable to open database file"):
        engine.connect()

    assert [0] == list(stage.figures(f"{POOL}.timeouts").values())
    assert [0] == list(stage.figures(f"{POOL}.pending_requests").values())


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


def test_what_is_emitted_is_what_is_catalogued(stage: Stage, engine: sa.Engine) -> None:
    """Every metric of the catalogue's databases is emitted, with its attributes, and none beside them."""
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    found = stage.metrics()
    promised = {metric.name: metric for metric in catalog.GROUPS["Databases"]}

    assert set(promised) == set(found)
    for name, points in found.items():
        allowed = {attribute.name for attribute in promised[name].attributes}
        assert all(set(point.attributes) <= allowed for point in points)
