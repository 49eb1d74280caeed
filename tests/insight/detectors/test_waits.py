"""Waiting for locks, and asking again and again."""

import dis
import threading
import time
from types import CodeType
from typing import Any

import pytest

from otel_agent.insight.detectors.waits import WaitLooks, kind_of_wait


def guarded(lock: Any) -> None:
    with lock:
        time.sleep(1)


def polling(done: Any) -> None:
    while not done.is_set():
        time.sleep(0.001)


def spinning(done: Any) -> None:
    while not done["now"]:
        pass


def pacing(ticks: list[int]) -> None:
    for _ in ticks:
        time.sleep(0.001)


def kinds(code: CodeType) -> set[str]:
    found = (kind_of_wait(code, each.offset) for each in dis.get_instructions(code))
    return {each[0] for each in found if each is not None}


@pytest.mark.parametrize(("function", "kind"), [(guarded, "lock"), (polling, "poll"), (spinning, "spin")])
def test_what_a_thread_waits_for_is_read_from_its_code(function: Any, kind: str) -> None:
    """A loop over a number of items is no polling."""
    assert kind in kinds(function.__code__)
    assert {"poll", "spin"}.isdisjoint(kinds(pacing.__code__))


def looks(kind: str, count: int, every: int = 1) -> list[str]:
    waits, found = WaitLooks(), []
    ident = threading.get_ident()
    for number in range(count):
        seen = [(ident, guarded.__code__, 3, kind, 0.001)] if number % every == 0 else []
        found += list(waits.look(seen, [ident], 100 + number / 10, 0.1))
    return [sighting.rule for sighting in found]


def test_a_place_is_found_when_threads_are_seen_there_often() -> None:
    """A lock in a tenth of the time, a loop that asks in nearly all of it."""
    assert "lock_wait" in looks("lock", 40)
    assert "busy_polling" in looks("poll", 40)
    assert [] == looks("lock", 8) + looks("lock", 400, every=20) + looks("poll", 60, every=2)
