"""The ledger keeps orders and knows positions."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from otel_agent.demo.ledger import Fill, Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger in a file of its own."""
    made = Ledger(f"sqlite:///{tmp_path}/orders.db")
    yield made
    made.close()


def test_a_position_is_the_sum_of_its_orders(ledger: Ledger) -> None:
    """What was bought less what was sold, for each symbol."""
    for fill in (Fill("d", "EUR", 10, 1.0), Fill("d", "EUR", -4, 1.1), Fill("d", "WTI", -3, 70.0)):
        ledger.write(fill)

    assert (6, -3, 0) == tuple(ledger.position(symbol) for symbol in ("EUR", "WTI", "GBP"))
    assert 3 == ledger.count()


def test_a_ledger_that_cannot_be_read_is_unhealthy_until_it_is_closed(ledger: Ledger, tmp_path: Path) -> None:
    """Its check raises what the database raises; at the end of a replay there is nothing to check."""
    ledger.check()
    ledger.close()
    (tmp_path / "orders.db").write_bytes(b"")
    ledger.check()
    broken = Ledger(f"sqlite:///{tmp_path}/broken.db")
    (tmp_path / "broken.db").unlink()
    broken._engine.dispose()

    with pytest.raises(OperationalError):
        broken.check()
    broken.close()
