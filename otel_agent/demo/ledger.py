"""The ledger: executed orders and positions in a database."""

from dataclasses import dataclass

from sqlalchemy import Engine, Float, Integer, String, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

import otel_agent

__all__ = ["Fill", "Ledger"]


@dataclass(frozen=True, slots=True)
class Fill:
    """An order that was carried out."""

    day: str
    symbol: str
    units: int
    """Negative for a sale."""
    price: float


class LedgerTable(DeclarativeBase):
    """The tables of this ledger."""


class OrderRow(LedgerTable):
    """One executed order."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    day: Mapped[str] = mapped_column(String(10))
    symbol: Mapped[str] = mapped_column(String(16), index=True)
    units: Mapped[int] = mapped_column(Integer)
    price: Mapped[float] = mapped_column(Float)


class Ledger:
    """
    Executed orders and positions, kept in SQLite.

    Args:
        url: An SQLAlchemy URL. SQLite in memory will not do: each thread would have a ledger of its own.
    """

    def __init__(self, url: str) -> None:
        self._is_closed = False
        self._engine: Engine = create_engine(url)
        LedgerTable.metadata.create_all(self._engine)

    @otel_agent.traced
    def write(self, fill: Fill) -> None:
        """Add an executed order."""
        with Session(self._engine) as session:
            session.add(OrderRow(day=fill.day, symbol=fill.symbol, units=fill.units, price=fill.price))
            session.commit()

    @otel_agent.traced
    def position(self, symbol: str) -> int:
        """Units of a symbol held; negative when sold short."""
        with Session(self._engine) as session:
            return session.scalar(select(func.sum(OrderRow.units)).where(OrderRow.symbol == symbol)) or 0

    @otel_agent.traced
    def count(self) -> int:
        """Orders executed so far."""
        with Session(self._engine) as session:
            return session.scalar(select(func.count(OrderRow.id))) or 0

    def check(self) -> None:
        """Raise when the ledger cannot be read, unless it is closed."""
        if not self._is_closed:
            self.count()

    def close(self) -> None:
        """Close the connections."""
        self._is_closed = True
        self._engine.dispose()
