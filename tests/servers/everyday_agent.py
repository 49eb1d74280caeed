"""
An agent as people have it, with default settings: functions, failures, a cache, a database with a pool, an event loop, logs.
One query fails in each turn.

Run as a program: it works and sends its metrics as often as the first argument says, with a second between.
"""

import asyncio
import contextlib
import gc
import logging
import sys
import time

import sqlalchemy

import otel_agent

ENGINE = sqlalchemy.create_engine(
    "sqlite://", poolclass=sqlalchemy.pool.QueuePool, connect_args={"check_same_thread": False}
)


class NoQuoteError(Exception):
    """Nothing is quoted."""


@otel_agent.cached(maxsize=4, name="quotes")
def quote(symbol: str) -> int:
    """A price, looked up once."""
    return len(symbol)


@otel_agent.traced
def decide(number: int) -> int:
    """A decision, which fails now and then."""
    with ENGINE.begin() as connection:
        connection.execute(sqlalchemy.text("SELECT count(*) FROM orders")).all()
    if number % 5 == 0:
        logging.getLogger("desk").warning("nothing is quoted for %s", number)
        message = "none"
        raise NoQuoteError(message)
    return quote(f"S{number % 3}")


async def work(numbers: range) -> None:
    """Some decisions, with the event loop between."""
    for number in numbers:
        try:
            decide(number)
        except NoQuoteError:
            logging.getLogger("desk").exception("no quote")
        await asyncio.sleep(0.02)


def main() -> None:
    """Work in turns."""
    telemetry = otel_agent.init("desk")
    with ENGINE.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE orders (id INTEGER)"))

    async def turns() -> None:
        for turn in range(int(sys.argv[1])):
            began_s = time.monotonic()
            await work(range(turn * 20, turn * 20 + 20))
            with contextlib.suppress(sqlalchemy.exc.OperationalError), ENGINE.begin() as connection:
                connection.execute(sqlalchemy.text("SELECT count(*) FROM nowhere"))
            gc.collect()
            telemetry.flush(5)
            await asyncio.sleep(max(0.0, 1 - (time.monotonic() - began_s)))

    asyncio.run(turns())
    telemetry.shutdown()


if __name__ == "__main__":
    main()
