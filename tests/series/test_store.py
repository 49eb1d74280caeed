"""Series are found by their labels, and there are never too many."""

import threading

from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.labels import Labels
from otel_agent.series.matchers import Matcher, MatchType
from otel_agent.series.store import Store


def names(store: Store, *matchers: Matcher) -> list[str]:
    """The series found, as text."""
    return sorted(map(repr, (found.labels for found in store.select(matchers))))


def test_series_are_found_by_every_kind_of_condition() -> None:
    """Equality, inequality and anchored patterns select as in Prometheus; a missing label counts as empty."""
    store = Store()
    for labels in ({"a": "x"}, {"a": "xy"}, {}):
        store.append({"__name__": "m", **labels}, 1, 1.0)
    name = Matcher("__name__", MatchType.EQUAL, "m")

    assert ['m{a="x"}'] == names(store, name, Matcher("a", MatchType.EQUAL, "x"))
    assert ["m", 'm{a="xy"}'] == names(store, name, Matcher("a", MatchType.NOT_EQUAL, "x"))
    assert ['m{a="x"}'] == names(store, name, Matcher("a", MatchType.PATTERN, "x|z"))
    assert ["m", 'm{a="xy"}'] == names(
        store, Matcher("__name__", MatchType.PATTERN, "m.*"), Matcher("a", MatchType.NOT_PATTERN, "x")
    )


def test_a_series_too_many_is_counted_and_refused() -> None:
    """Over its bound the store takes points of known series only, and says how often it refused."""
    store = Store(series_limit=2)
    taken = [store.append({"__name__": "m", "a": str(i % 3)}, i, 1.0) for i in range(6)]

    assert ([True, True, False, True, True, False], 2, 2) == (taken, len(store), store.overflow_count)


def test_a_forgotten_series_makes_room() -> None:
    """A series can be forgotten, and another begun in its place."""
    store = Store(series_limit=1)
    store.append({"__name__": "old"}, 1, 1.0)
    store.remove(Labels({"__name__": "old"}))

    assert store.append({"__name__": "new"}, 3, 1.0)
    assert [] == names(store, Matcher("__name__", MatchType.EQUAL, "old"))
    assert ["new"] == names(store, Matcher("__name__", MatchType.PATTERN, ".*"))


def test_numbers_and_histograms_do_not_mix() -> None:
    """A series keeps the kind of points it began with."""
    store = Store()
    store.append({"__name__": "m"}, 1, NativeHistogram(0, 1.0, 1.0, positive={1: 1.0}))

    assert not store.append({"__name__": "m"}, 2, 1.0)


def test_readers_and_the_writer_do_not_disturb_each_other() -> None:
    """While one thread appends, every window another one reads is whole: as many values as times, in order."""
    store = Store(fine_limit=50)
    labels = Labels({"__name__": "m"})
    store.append(labels, 0, 0.0)
    series = store.select([Matcher("__name__", MatchType.EQUAL, "m")])[0]
    broken: list[object] = []
    is_done = threading.Event()

    def read() -> None:
        while not is_done.is_set():
            with store.lock:
                window = series.points.window(0, 1 << 60)
            if list(window.times_ms) != [int(value) for value in window.values]:  # type: ignore[arg-type]
                broken.append(window)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(1, 20_000):
        store.append(labels, number, float(number))
    is_done.set()
    reader.join()

    assert [] == broken


def test_there_is_room_for_what_rules_read_by_name() -> None:
    """However many series others have filled the store with, and still within a bound."""
    store = Store(series_limit=3)
    store.want({"app_depth"})
    for number in range(5):
        store.append({"__name__": "noise", "n": str(number)}, 1000, 1.0)

    assert store.append({"__name__": "app_depth"}, 1000, 1.0)
    assert not store.append({"__name__": "other"}, 1000, 1.0)
    assert 4 == len(store)
