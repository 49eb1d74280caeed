"""
A worker nobody prepared: asyncio, threads, pools, standard logging, and no word of OpenTelemetry.

`main` is all its starter calls. What it prints is compared with and without `otel_agent.init`.
"""

import asyncio
import logging
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

logger = logging.getLogger("worker")


def main() -> None:
    """Set logging up as programs do, work, and say what came of it."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s", stream=sys.stdout)
    print("total", asyncio.run(work()))


async def work() -> int:
    """One round: tasks, a thread, a pool, a hot function."""
    results = list(await asyncio.gather(fetch("a"), fetch("b")))
    results.append(await asyncio.to_thread(crunch, 3))
    with ThreadPoolExecutor(2) as pool:
        results += pool.map(score, [1, 2])
    thread = threading.Thread(target=report, args=(sum(results),))
    thread.start()
    thread.join()
    return sum(results) + sum(tiny(number) for number in range(5_000))


async def fetch(name: str) -> int:
    """Something awaited."""
    await asyncio.sleep(0.01)
    logger.info("fetched %s", name)
    return len(name)


def crunch(number: int) -> int:
    """Something slow, in another thread."""
    pause(0.01)
    logger.warning("crunched %d", number)
    return number * number


def score(number: int) -> int:
    """A job of a pool."""
    pause(0.005)
    return number


def report(total: int) -> None:
    """The body of a thread."""
    pause(0.005)
    logger.info("reported %d", total)


def pause(seconds: float) -> None:
    """Wait."""
    threading.Event().wait(seconds)


def tiny(number: int) -> int:
    """Called thousands of times in no time."""
    return number & 1
