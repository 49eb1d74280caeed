"""Every checkout is measured, however long it waits and however it ends."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from databases import Stage
from waiting import until

from otel_agent.instruments.databases import sqlalchemy as instrument

POOL = "db.client.connection"


def test_timeouts_and_waiting_requests_are_counted(stage: Stage, pooled: sa.Engine) -> None:
    """Of an exhausted pool one sees who waits, how long, and how many gave up: exactly those that raised."""
    held = [pooled.connect() for _ in range(3)]
    raised: list[BaseException] = []
    waited_s: list[float] = []

    def ask() -> None:
        begin_s = time.perf_counter()
        try:
            pooled.connect()
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
    """Waiting is seen from the side, and its duration is no shorter than what was seen and no longer than what was felt."""
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
    seen_s = time.perf_counter()
    assert until(lambda: time.perf_counter() - seen_s > 0.05)
    seen_s = time.perf_counter() - seen_s
    held.close()
    thread.join(30)
    (point,) = stage.metrics()[f"{POOL}.wait_time"]

    assert [0] == list(stage.figures(f"{POOL}.pending_requests").values())
    assert 2 == point.count
    assert seen_s <= point.max <= waited_s[0]
    engine.dispose()


def test_times_of_a_connection_are_measured(stage: Stage, pooled: sa.Engine) -> None:
    """Opening one counts once for each connection, waiting and using once for each loan."""
    for _ in range(4):
        with pooled.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    counts = {name: point.count for name, (point, *_) in stage.metrics().items() if name.endswith("_time")}

    assert {f"{POOL}.create_time": 1, f"{POOL}.wait_time": 4, f"{POOL}.use_time": 4} == counts


def test_a_raw_connection_is_counted(stage: Stage, pooled: sa.Engine) -> None:
    """Connections taken without a Connection object are the pool's as well."""
    raw = pooled.raw_connection()
    assert {"idle": 0, "used": 1} == stage.connections()
    raw.close()

    assert {"idle": 1, "used": 0} == stage.connections()


def test_the_agents_own_wrapping_survives(stage: Stage, pooled: sa.Engine) -> None:
    """What somebody wraps around ours keeps working when we are gone."""
    ours = sa.Engine.raw_connection
    calls = []

    def theirs(self: sa.Engine) -> Any:
        calls.append(self)
        return ours(self)

    sa.Engine.raw_connection = theirs  # type: ignore[method-assign]  # as another instrument may do
    try:
        instrument.uninstall()
        with pooled.connect() as connection:
            assert 1 == connection.scalar(sa.text("SELECT 1"))
        assert [pooled] == calls
    finally:
        sa.Engine.raw_connection = ours.__wrapped__  # type: ignore[attr-defined, method-assign]  # what was there first


def test_failing_to_connect_is_the_agents_own_error(stage: Stage, tmp_path: Path) -> None:
    """An unreachable database raises what it raises without us, and counts as no timeout."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/no/such/folder/orders.db")
    with pytest.raises(sa.exc.OperationalError, match="unable to open database file"):
        engine.connect()

    assert [0] == list(stage.figures(f"{POOL}.timeouts").values())
    assert [0] == list(stage.figures(f"{POOL}.pending_requests").values())
