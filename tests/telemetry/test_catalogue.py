"""What is emitted is exactly what is catalogued."""

import asyncio
import gc
from collections.abc import Iterator

import pytest
from sqlalchemy import QueuePool, create_engine, text
from waiting import until

import otel_agent
from otel_agent import catalog
from otel_agent.testing import Recorded, recorded

CONDITIONAL = {
    "system.paging.utilization": "a host without swap has none",
    "system.paging.usage": "a host without swap has none",
    "db.client.connection.timeouts": "no connection was waited for in vain",
    "db.client.connection.pending_requests": "nobody waits for a connection",
    "otel_agent.delivery.dropped": "nothing was dropped",
    "otel_agent.failures": "nothing of ours failed",
    "agent.findings": "there is nothing to be made better",
    "cpython.gc.uncollectable_objects": "there are none",
}
"""Metrics that have no point in an agent that is well, and why."""


@pytest.fixture(scope="module")
def emitted() -> Iterator[Recorded]:
    """An agent that uses everything once, measured in detail."""
    config = {
        "metrics": {"collect_interval_s": 0.1, "interval_s": 0.1, "detail": True},
        "alerts": {"rules": [{"exception": {"name": "Breach", "type": "ValueError"}}]},
    }
    with recorded(config=config, instrument=["sqlalchemy"]) as telemetry:
        engine = create_engine("sqlite://", poolclass=QueuePool)

        @otel_agent.health_check("ledger", interval_s=0.1)
        def check() -> None:
            """Content."""

        @otel_agent.cached(maxsize=2, name="quotes")
        def quote(symbol: str) -> int:
            return len(symbol)

        @otel_agent.traced
        def decide() -> None:
            for symbol in ("A", "B", "C"):
                quote(symbol)
            with engine.connect() as connection:
                connection.execute(text("SELECT 1")).all()

        async def wait() -> None:
            await asyncio.sleep(0.1)

        decide()
        asyncio.run(wait())
        gc.collect()
        until(lambda: "agent.health.check.duration" in telemetry.metrics)
        yield telemetry
        engine.dispose()


def test_nothing_is_emitted_that_is_not_catalogued(emitted: Recorded) -> None:
    """Every metric an agent sends is described in the reference."""
    assert set() == set(emitted.metrics) - set(catalog.METRICS)


def test_everything_catalogued_is_emitted(emitted: Recorded) -> None:
    """Every metric of the reference is sent by an agent that uses everything, but for those that tell of trouble."""
    assert set() == set(catalog.METRICS) - set(emitted.metrics) - set(CONDITIONAL)


def test_points_carry_the_attributes_that_are_catalogued(emitted: Recorded) -> None:
    """Each attribute of each point is named for its metric."""
    unknown = {
        (name, key)
        for name, points in emitted.metrics.items()
        for attributes, _ in points
        for key in attributes
        if key not in {a.name for a in (*catalog.METRICS[name].attributes, *catalog.METRICS[name].detail_attributes)}
    }

    assert set() == unknown
