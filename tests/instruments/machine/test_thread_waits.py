"""What threads wait for, seen from another thread."""

import threading
import time
from collections.abc import Callable

from otel_agent.insight.findings import Sighting
from otel_agent.instruments.machine.thread_waits import ThreadWaits

PAUSE_S = 0.001


def found(wait: Callable[[threading.Event], object], looks: int = 60) -> set[str]:
    """Rules that are found while a thread waits."""
    sightings: list[Sighting] = []
    waits, done = ThreadWaits(sightings.append), threading.Event()
    thread = threading.Thread(target=wait, args=(done,))
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


def waiting(done: threading.Event) -> None:
    done.wait()


def test_a_loop_that_asks_again_and_again_is_found() -> None:
    """A thread that waits for an event is not."""
    assert {"busy_polling"} == found(polling)
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
