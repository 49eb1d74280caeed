"""Entries leave for a reason that is counted, and a forked child begins anew."""

import asyncio
import os
import threading

import pytest
from collected_metrics import CollectedMetrics
from waiting import until

from otel_agent.instruments.caches.cached import cached
from otel_agent.instruments.caches.function_cache import FunctionCache, LoaderCancelledError

LONG_S = 20.0


def test_entries_expire(caches: CollectedMetrics) -> None:
    """After its time a result is loaded again, and leaves memory when measured."""
    loads: list[int] = []

    @cached(ttl_s=0.02, name="expiring")
    def load(number: int) -> int:
        loads.append(number)
        return number

    load(1)
    assert until(lambda: not caches.of_cache("expiring")["entry.count"])
    expired = caches.of_cache("expiring")["evictions expired"]
    load(1)

    assert [1, 1] == loads
    assert 1 == expired


def test_evictions_are_told_apart(caches: CollectedMetrics) -> None:
    """No room and removal by name are different reasons, and there is never more than the limit."""

    @cached(maxsize=2, name="small")
    def load(number: int) -> int:
        return number

    for number in range(5):
        load(number)
        assert load.cache_info().currsize <= 2
    load.cache_clear()
    found = caches.of_cache("small")

    assert (3, 2, 0) == (found["evictions capacity"], found["evictions explicit"], found["evictions expired"])
    assert 0 == found["entry.count"]


def test_what_is_cleared_while_it_is_loaded_is_not_kept() -> None:
    """A load that began before the clearing may be stale."""

    @cached()
    def load(number: int) -> int:
        load.cache_clear()
        return number

    load(1)

    assert 0 == load.cache_info().currsize


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_counts_from_zero(caches: CollectedMetrics) -> None:
    """A child that was born while a load was under way is not stuck, and reports its own lookups only."""
    entered, release = threading.Event(), threading.Event()

    @cached(name="forked")
    def load(number: int) -> int:
        if number == 7 and not release.is_set():
            entered.set()
            release.wait(LONG_S)
        return -number

    load(1)
    load(1)
    thread = threading.Thread(target=load, args=(7,))
    thread.start()
    entered.wait(LONG_S)
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        release.set()
        answers = [load(7), load(7)]
        os.write(send, f"{answers} {caches.of_cache('forked')['requests hit']}".encode())
        os._exit(0)
    os.waitpid(pid, 0)
    release.set()
    thread.join(LONG_S)
    said = os.read(receive, 100).decode()
    os.close(receive)
    os.close(send)

    assert "[-7, -7] 1" == said


def test_a_load_is_joined_by_others_and_not_by_its_own_loader() -> None:
    """Who asks first loads, who asks meanwhile gets the same load, and the loader itself gets none."""
    cache = FunctionCache(10, None)
    entries = cache.shared

    is_there, load = cache.find_or_load(entries, "key", "loader")

    assert (False, "loader") == (is_there, load.loader)
    assert (False, load) == cache.find_or_load(entries, "key", "another")
    assert (False, None) == cache.find_or_load(entries, "key", "loader")
    cache.succeed(entries, "key", load, 5)
    assert (True, 5) == cache.find_or_load(entries, "key", "another")
    assert 5 == load.result.result()


def test_an_interrupted_load_asks_those_who_wait_to_load_themselves() -> None:
    """An exception of the load is theirs as well, the end of the loader's thread or task is not."""
    cache = FunctionCache(10, None)
    told = []
    for error in (ValueError("no quote"), SystemExit(1), asyncio.CancelledError()):
        _, load = cache.find_or_load(cache.shared, "key", "loader")
        cache.fail(cache.shared, "key", load, error)
        told.append(type(load.result.exception()))

    assert [ValueError, LoaderCancelledError, LoaderCancelledError] == told
    assert {} == cache.shared.in_flight


def test_a_cache_without_room_keeps_nothing() -> None:
    """`maxsize=0` loads every time and is no mistake."""
    cache = FunctionCache(0, None)
    _, load = cache.find_or_load(cache.shared, "key", "loader")
    cache.succeed(cache.shared, "key", load, 5)

    assert (5, 0) == (load.result.result(), cache.info().currsize)


def test_what_is_forgotten_while_it_is_loaded_is_not_kept() -> None:
    """The load began before; an entry that was there is counted as removed by name."""
    cache = FunctionCache(10, None)
    _, load = cache.find_or_load(cache.shared, "key", "loader")
    forgotten = [cache.forget(cache.shared, "key")]
    cache.succeed(cache.shared, "key", load, 5)
    sizes = [cache.info().currsize]
    _, load = cache.find_or_load(cache.shared, "key", "loader")
    cache.succeed(cache.shared, "key", load, 5)
    forgotten.append(cache.forget(cache.shared, "key"))
    sizes.append(cache.info().currsize)

    assert ([False, True], [0, 0]) == (forgotten, sizes)
    assert {"capacity": 0, "expired": 0, "explicit": 1} == cache.statistics().evictions


def test_an_abandoned_load_asks_those_who_wait_to_load_themselves() -> None:
    """What it gave cannot be shared."""
    cache = FunctionCache(10, None)
    _, load = cache.find_or_load(cache.shared, "key", "loader")
    cache.abandon(cache.shared, "key", load)

    assert isinstance(load.result.exception(), LoaderCancelledError)
    assert {} == cache.shared.in_flight
