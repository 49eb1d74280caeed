"""Calls and listeners beside the monitor, which may hang without holding anybody up."""

import threading

from otel_agent.health.background_calls import CachedCall, ListenerQueue


def test_a_call_that_hangs_is_not_made_again() -> None:
    """One thread, and the newest result there is."""
    release, calls = threading.Event(), threading.Semaphore(0)

    def slow() -> int:
        calls.release()
        release.wait(20)
        return 7

    latest = CachedCall("slow", slow, "too slow")

    assert [None, None, None] == [latest.refresh(), latest.refresh_and_take(), latest.refresh_and_take()]
    assert calls.acquire(timeout=10)
    assert not calls.acquire(timeout=0.05)

    release.set()

    assert latest.wait(10)
    assert 7 == latest.refresh_and_take()


def test_a_result_is_taken_once() -> None:
    """A reading that hangs must not count again and again."""
    release = threading.Event()
    answers = iter([1, 2])

    def read() -> int:
        answer = next(answers)
        if answer == 2:
            release.wait(20)
        return answer

    latest = CachedCall("readings", read, "no reading")
    latest.refresh_and_take()
    latest.wait(10)

    assert [1, None, None] == [latest.refresh_and_take(), latest.refresh_and_take(), latest.refresh_and_take()]
    assert 1 == latest.refresh()
    release.set()


def test_a_listener_hears_everything_in_order_also_when_it_fails() -> None:
    """One that raises loses that message only."""
    heard: list[int] = []

    def listen(number: int) -> None:
        if number == 3:
            raise ValueError("odd")
        heard.append(number)

    told = ListenerQueue("changes", listen)
    for number in range(6):
        told.put(number)
    told.wait(10)
    told.resume()
    told.wait(10)

    assert [0, 1, 2, 4, 5] == heard


def test_a_listener_that_hangs_is_given_up_on_at_a_bound() -> None:
    """The newest changes are kept, and the monitor never waits."""
    release, heard = threading.Event(), []

    def listen(number: int) -> None:
        release.wait(20)
        heard.append(number)

    told = ListenerQueue("changes", listen)
    for number in range(1000):
        told.put(number)
    release.set()
    told.wait(10)

    assert 999 == heard[-1]
    assert len(heard) <= 258
