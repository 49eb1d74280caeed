"""What threads wait for, seen from another thread."""

import threading
import time
from collections.abc import Callable

from otel_agent.insight.findings import Sighting
from otel_agent.instruments.machine.thread_waits import ThreadWaits

PAUSE_S = 0.001


def found(wait: Callable[[threading.Event], object], looks: int = 60, *, has_loop: bool = False) -> set[str]:
    """Rules that are found while a thread waits."""
    sightings: list[Sighting] = []
    done = threading.Event()
    thread = threading.Thread(target=wait, args=(done,))
    waits = ThreadWaits(sightings.append, lambda: {thread.ident or 0} if has_loop else ())
    thread.start()
    try:
        for _ in range(looks):
            waits.look()
            time.sleep(0.03)
    finally:
        done.set()
        thread.join()
    return {sighting.rule for sighting in sightings if __file__ in sighting.place}


def polling(done: threading.Event) -> None:
    while not done.is_set():
        time.sleep(PAUSE_S)


def polling_with_a_constant(done: threading.Event) -> None:
    while True:
        if done.is_set():
            break
        time.sleep(0.005)


def waiting(done: threading.Event) -> None:
    done.wait()


def test_a_loop_that_asks_again_and_again_is_found() -> None:
    """A thread that waits for an event is not."""
    assert {"busy_polling"} == found(polling)
    assert {"busy_polling"} == found(polling_with_a_constant)
    assert set() == found(waiting)


def test_a_lock_that_is_held_is_found_where_it_is_waited_for() -> None:
    """At the `with`."""
    lock = threading.Lock()

    def guarded(_: threading.Event) -> None:
        with lock:
            pass

    lock.acquire()
    threading.Timer(1.6, lock.release).start()

    assert {"lock_wait"} == found(guarded)


def test_a_thread_that_runs_an_event_loop_is_left_to_those_who_look_at_loops() -> None:
    """A line is found once."""
    assert set() == found(polling, 40, has_loop=True)
