"""Caches keep what was loaded, load once, and say how well they do."""

import asyncio
import copy
import functools
import gc
import inspect
import os
import pickle
import threading
import time
from collections.abc import Iterator
from typing import Any

import cachetools
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from otel_agent import catalog, guard
from otel_agent.instruments.caches import watching
from otel_agent.instruments.caches.adapters import watch_cache
from otel_agent.instruments.caches.cached import CacheInfo, cached
from otel_agent.instruments.caches.watching import CacheRegistry, Figures

LONG_S = 20.0


class Collector:
    """What the SDK's own reader collects of all caches."""

    def __init__(self) -> None:
        self.reader = InMemoryMetricReader()
        self.provider = MeterProvider([self.reader], shutdown_on_exit=False)
        self.handle = watching.install(self.provider.get_meter("otel_agent.instruments"))

    def metrics(self) -> dict[str, Any]:
        data = self.reader.get_metrics_data()
        return {
            metric.name: metric
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def of(self, cache: str) -> dict[str, Any]:
        """Values of one cache by metric, and by result or reason where there is one."""
        found = {}
        for name, metric in self.metrics().items():
            for point in metric.data.data_points:
                attributes = dict(point.attributes)
                if attributes.pop("agent.cache.name") == cache:
                    found[" ".join([name.removeprefix("agent.cache."), *attributes.values()])] = point.value
        return found


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A fresh provider with the caches' metrics."""
    made = Collector()
    yield made
    made.handle.close()
    made.provider.shutdown()


def test_seven_lookups_with_four_hits_export_four_three_and_four_sevenths(collector: Collector) -> None:
    """Counts and ratio are exact."""

    @cached(maxsize=10, name="seven")
    def double(number: int) -> int:
        return 2 * number

    assert "hit_ratio" not in collector.of("seven")
    assert [2, 4, 6, 2, 4, 6, 2] == [double(number) for number in (1, 2, 3, 1, 2, 3, 1)]
    found = collector.of("seven")

    assert (4, 3, 4 / 7) == (found["requests hit"], found["requests miss"], found["hit_ratio"])
    assert (3, 10) == (found["entry.count"], found["entry.limit"])
    assert CacheInfo(4, 3, 10, 3) == double.cache_info()


def test_what_is_emitted_is_what_is_catalogued(collector: Collector) -> None:
    """Names, units, descriptions and attributes come from the catalogue."""

    @cached(name="catalogued")
    def double(number: int) -> int:
        return 2 * number

    double(1)
    emitted = collector.metrics()

    assert {metric.name for metric in catalog.GROUPS["Caches"]} == set(emitted)
    for name, metric in emitted.items():
        record = catalog.METRICS[name]
        assert (record.unit, record.description) == (metric.unit, metric.description)
        for point in metric.data.data_points:
            assert {each.name for each in record.attributes} == set(point.attributes)


def test_fifty_threads_on_a_cold_key_load_once() -> None:
    """Whoever asks while a load is under way waits for it."""
    loads: list[int] = []
    release = threading.Event()

    @cached()
    def slow(number: int) -> int:
        loads.append(number)
        release.wait(LONG_S)
        return -number

    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(slow(7))) for _ in range(50)]
    for thread in threads:
        thread.start()
    release.set()
    for thread in threads:
        thread.join(LONG_S)

    assert ([7], [-7] * 50) == (loads, answers)


def test_fifty_tasks_on_a_cold_key_load_once() -> None:
    """Coroutine functions are loaded once as well, without blocking the loop."""
    loads: list[int] = []

    @cached()
    async def slow(number: int) -> int:
        loads.append(number)
        await asyncio.sleep(0.01)
        return -number

    async def agent() -> list[int]:
        return await asyncio.gather(*(slow(7) for _ in range(50)))

    assert inspect.iscoroutinefunction(slow)
    assert [-7] * 50 == asyncio.run(agent())
    assert [7] == loads


def test_loops_of_two_threads_share_a_load() -> None:
    """One load for a key at a time, also across event loops."""
    loads: list[int] = []
    ready = threading.Barrier(2)

    @cached()
    async def slow(number: int) -> int:
        loads.append(number)
        await asyncio.sleep(0.1)
        return -number

    async def agent(answers: list[int]) -> None:
        ready.wait(LONG_S)
        answers.append(await slow(7))

    answers: list[int] = []
    threads = [threading.Thread(target=lambda: asyncio.run(agent(answers))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_S)

    assert ([7], [-7, -7]) == (loads, answers)


def test_a_failing_load_reaches_all_who_wait_and_is_not_kept() -> None:
    """Nothing is cached on failure: the next call loads again."""
    loads: list[int] = []
    release = threading.Event()

    @cached()
    def failing(number: int) -> int:
        loads.append(number)
        release.wait(LONG_S)
        raise ValueError(number)

    errors: list[str] = []

    def ask() -> None:
        with pytest.raises(ValueError, match="7") as caught:
            failing(7)
        errors.append(str(caught.value))

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    end_s = time.monotonic() + LONG_S
    while failing.cache_info().misses < 10 and time.monotonic() < end_s:
        time.sleep(0.001)
    release.set()
    for thread in threads:
        thread.join(LONG_S)
    before = len(loads)
    ask()

    assert ["7"] * 11 == errors
    assert before + 1 == len(loads)
    assert 0 == failing.cache_info().currsize


def test_a_cancelled_loader_does_not_poison_those_who_wait() -> None:
    """One of them loads instead."""
    loads: list[int] = []

    @cached()
    async def slow(number: int) -> int:
        loads.append(number)
        await asyncio.sleep(0.05)
        return -number

    async def agent() -> list[int]:
        first = asyncio.create_task(slow(7))
        await asyncio.sleep(0)
        others = [asyncio.create_task(slow(7)) for _ in range(5)]
        await asyncio.sleep(0.01)
        first.cancel()
        return await asyncio.gather(*others)

    assert [-7] * 5 == asyncio.run(agent())
    assert [7, 7] == loads


def test_a_cancelled_waiter_disturbs_nobody() -> None:
    """The load goes on for the others."""

    @cached()
    async def slow(number: int) -> int:
        await asyncio.sleep(0.03)
        return -number

    async def agent() -> list[Any]:
        tasks = [asyncio.create_task(slow(7)) for _ in range(3)]
        await asyncio.sleep(0.01)
        tasks[1].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, second, third = asyncio.run(agent())

    assert (-7, -7) == (first, third)
    assert isinstance(second, asyncio.CancelledError)


def test_a_loader_that_exits_does_not_take_others_along() -> None:
    """`sys.exit` in one thread is that thread's affair."""
    entered, release = threading.Event(), threading.Event()
    loads: list[int] = []

    @cached()
    def load(number: int) -> int:
        loads.append(number)
        if len(loads) == 1:
            entered.set()
            release.wait(LONG_S)
            raise SystemExit(1)
        return -number

    def ask_first() -> None:
        with pytest.raises(SystemExit):
            load(7)

    answers: list[int] = []
    first = threading.Thread(target=ask_first)
    first.start()
    entered.wait(LONG_S)
    second = threading.Thread(target=lambda: answers.append(load(7)))
    second.start()
    release.set()
    first.join(LONG_S)
    second.join(LONG_S)

    assert [-7] == answers


def test_a_function_may_call_itself() -> None:
    """Recursion over other keys is cached, over the same key it is the function's own affair."""

    @cached(maxsize=None)
    def fibonacci(number: int) -> int:
        return number if number < 2 else fibonacci(number - 1) + fibonacci(number - 2)

    seen: list[int] = []

    @cached()
    def again(number: int) -> int:
        seen.append(number)
        return again(number) if len(seen) < 3 else 5

    assert 12586269025 == fibonacci(50)
    assert 5 == again(1)


def test_entries_expire(collector: Collector) -> None:
    """After its time a result is loaded again, and leaves memory when measured."""
    loads: list[int] = []

    @cached(ttl_s=0.02, name="expiring")
    def load(number: int) -> int:
        loads.append(number)
        return number

    load(1)
    end_s = time.monotonic() + LONG_S
    while collector.of("expiring")["entry.count"] and time.monotonic() < end_s:
        time.sleep(0.005)
    load(1)

    assert [1, 1] == loads
    assert 1 == collector.of("expiring")["evictions expired"]


def test_evictions_are_told_apart(collector: Collector) -> None:
    """No room and removal by name are different reasons, and there is never more than the limit."""

    @cached(maxsize=2, name="small")
    def load(number: int) -> int:
        return number

    for number in range(5):
        load(number)
        assert load.cache_info().currsize <= 2
    load.cache_clear()
    found = collector.of("small")

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


def test_keys_are_made_by_the_given_function() -> None:
    """What does not matter for the result can be left out of the key."""
    loads: list[str] = []

    @cached(key=str.lower)
    def quote(symbol: str) -> str:
        loads.append(symbol)
        return symbol

    assert ["EUR", "EUR"] == [quote("EUR"), quote("eur")]
    assert ["EUR"] == loads


def test_none_is_a_result() -> None:
    """A function that answers `None` is not asked again."""
    loads: list[int] = []

    @cached()
    def nothing(number: int) -> None:
        loads.append(number)

    nothing(1)
    nothing(1)

    assert [1] == loads


def test_arguments_that_cannot_be_keys_go_to_the_function() -> None:
    """A list as an argument is a missed chance, not an error of the agent."""

    @cached()
    def total(numbers: list[int]) -> int:
        return sum(numbers)

    before = sum(count for kind, count in guard.shared.counts().items() if kind.startswith("cache.key."))

    assert 6 == total([1, 2, 3])
    assert before + 1 == sum(count for kind, count in guard.shared.counts().items() if kind.startswith("cache.key."))


class Market:
    """Has methods that are cached."""

    def __init__(self, factor: int) -> None:
        self.factor = factor
        self.loads = 0

    __hash__ = None  # type: ignore[assignment]  # like a data class that compares by value

    @cached(maxsize=2)
    def price(self, symbol: str) -> int:
        """Documented."""
        self.loads += 1
        return self.factor * len(symbol)

    @cached()
    async def later(self, symbol: str) -> int:
        self.loads += 1
        return self.factor * len(symbol)


def test_methods_are_cached_for_each_instance() -> None:
    """Instances do not share entries, need no hash, and are not kept alive."""
    one, ten = Market(1), Market(10)

    assert [3, 30, 3] == [one.price("EUR"), ten.price("EUR"), one.price("EUR")]
    assert [30, 30] == [asyncio.run(ten.later("EUR")) for _ in range(2)]
    assert (1, 2) == (one.loads, ten.loads)
    assert "Documented." == Market.price.__doc__
    before = Market.price.cache_info()  # type: ignore[attr-defined]  # as functools
    del one, ten
    gc.collect()
    after = Market.price.cache_info()  # type: ignore[attr-defined]  # as functools
    assert (2, 0) == (before.currsize, after.currsize)
    assert before.hits == after.hits == 1


def test_functools_caches_are_watched(collector: Collector) -> None:
    """Counts equal `cache_info()`, clearing never makes a counter fall, and the end of the cache does not take its counts away."""

    @functools.lru_cache(maxsize=8)
    def double(number: int) -> int:
        return 2 * number

    assert double is watch_cache(double, name="functools")
    for number in (1, 1, 2):
        double(number)
    first = collector.of("functools")
    double.cache_clear()
    double(1)
    second = collector.of("functools")

    assert (1, 2, 2, 8) == tuple(first[key] for key in ("requests hit", "requests miss", "entry.count", "entry.limit"))
    assert (1, 3) == (second["requests hit"], second["requests miss"])
    del double
    gc.collect()
    assert {"requests hit": 1, "requests miss": 3, "hit_ratio": 0.25} == collector.of("functools")


def test_cachetools_caches_are_watched(collector: Collector) -> None:
    """A bare cache counts from now on, stays what it is, and can be copied and pickled."""
    cache: cachetools.TTLCache[str, int] = cachetools.TTLCache(maxsize=2, ttl=60)
    watch_cache(cache, name="bare")
    watch_cache(cache, name="bare")
    for number, key in enumerate("abc"):
        cache[key] = number
    assert (2, None) == (cache.get("c"), cache.get("a"))
    with pytest.raises(KeyError):
        cache["a"]
    found = collector.of("bare")

    assert isinstance(cache, cachetools.TTLCache)
    assert (1, 2, 2, 2, 1) == tuple(
        found[key] for key in ("requests hit", "requests miss", "entry.count", "entry.limit", "evictions capacity")
    )
    assert cachetools.TTLCache is type(pickle.loads(pickle.dumps(cache)))
    assert {"b": 1, "c": 2} == dict(copy.copy(cache))


def test_a_cache_that_makes_missing_values_behaves_as_before(collector: Collector) -> None:
    """Asking with `get` makes no value, a value that was made is a miss, and a copy counts nothing."""

    class Squares(cachetools.LRUCache[int, int]):
        def __missing__(self, key: int) -> int:
            self[key] = key * key
            return key * key

    cache = watch_cache(Squares(8), name="squares")
    assert (None, 0) == (cache.get(3), len(cache))
    assert (16, 16, 16) == (cache[4], cache[4], cache.get(4))
    twin = copy.copy(cache)
    assert (Squares, 16) == (type(twin), twin[4])

    found = collector.of("squares")

    assert (2, 2) == (found["requests hit"], found["requests miss"])


def test_functions_under_other_caches_are_watched(collector: Collector) -> None:
    """Functions under cachetools and cachebox are counted by these."""
    cachebox = pytest.importorskip("cachebox")
    with_tools = watch_cache(cachetools.cached(cachetools.LRUCache(4), info=True)(abs), name="tools")
    with_box = watch_cache(cachebox.cached(cachebox.LRUCache(4))(abs), name="box")
    for function in (with_tools, with_box):
        for number in (1, 1, 2):
            function(number)

    assert (1, 2) == tuple(collector.of("tools")[key] for key in ("requests hit", "requests miss"))
    assert (1, 2, 2, 4) == tuple(
        collector.of("box")[key] for key in ("requests hit", "requests miss", "entry.count", "entry.limit")
    )


def test_objects_that_count_are_watched(collector: Collector) -> None:
    """Anything with hits and misses will do."""

    class Redis:
        hits = 3

        def misses(self) -> int:
            return 1

    cache = watch_cache(Redis(), name="redis")

    assert 0.75 == collector.of("redis")["hit_ratio"]
    assert cache.hits == 3


def test_what_is_no_cache_is_given_back() -> None:
    """A mistake costs a line, never an exception."""
    before = guard.shared.counts().get("cache.watch", 0)

    assert 5 == watch_cache(5)
    assert before + 1 == guard.shared.counts()["cache.watch"]


def test_a_name_taken_gets_a_number() -> None:
    """Two caches never share a series."""
    caches = CacheRegistry()
    names = [caches.add("quotes", lambda: Figures(0, 0)) for _ in range(3)]

    assert ["quotes", "quotes-2", "quotes-3"] == names


def test_a_decorated_function_can_be_renamed(collector: Collector) -> None:
    """`watch_cache` on a function of ours gives its cache another name."""

    @cached(name="old")
    def double(number: int) -> int:
        return 2 * number

    double(1)
    watch_cache(double, name="new")

    assert {} == collector.of("old")
    assert 1 == collector.of("new")["requests miss"]


def test_the_ratio_is_that_of_the_last_minute() -> None:
    """An old success does not hide a fresh failure, and no lookup is not a ratio of zero."""
    now_s = [0.0]
    figures = [Figures(0, 0)]
    caches = CacheRegistry(lambda: now_s[0])
    caches.add("quotes", lambda: figures[0])
    (watched,) = caches.each()
    ratios = []
    for at_s, hits, misses in ((1, 90, 10), (30, 90, 10), (62, 90, 20), (200, 90, 20)):
        now_s[0], figures[0] = float(at_s), Figures(hits, misses)
        ratios.append(watched.hit_ratio())

    assert [0.9, 0.9, 0.0, None] == ratios


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_counts_from_zero(collector: Collector) -> None:
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
        os.write(send, f"{answers} {collector.of('forked')['requests hit']}".encode())
        os._exit(0)
    os.waitpid(pid, 0)
    release.set()
    thread.join(LONG_S)
    said = os.read(receive, 100).decode()
    os.close(receive)
    os.close(send)

    assert "[-7, -7] 1" == said
