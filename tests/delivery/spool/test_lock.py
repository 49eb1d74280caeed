"""The spool's lock: who gets it, and who is told no."""

import threading

from otel_agent.delivery.spool.lock import SpoolLock


def holding(lock: SpoolLock) -> tuple[threading.Thread, threading.Event]:
    """Another thread that has the lock, and what lets it go."""
    is_taken, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with lock.held():
            is_taken.set()
            go_on.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    assert is_taken.wait(60)
    return thread, go_on


def test_a_thread_does_not_wait_for_itself() -> None:
    """What comes in the middle of a write, on its own thread, is told no, and nothing is slow."""
    slow: list[bool] = []
    lock = SpoolLock(lambda: slow.append(True))
    with lock.held() as outer, lock.held() as inner:
        pass
    with lock.held() as afterwards:
        pass

    assert (True, False, True) == (outer, inner, afterwards)
    assert [] == slow


def test_a_thread_does_not_wait_for_a_slow_disk() -> None:
    """A lock that another thread keeps is given up, and whoever wants to know is told."""
    slow: list[bool] = []
    lock = SpoolLock(lambda: slow.append(True))
    thread, go_on = holding(lock)
    with lock.held() as while_it_is_kept:
        pass
    go_on.set()
    thread.join()
    with lock.held() as afterwards:
        pass

    assert (False, True) == (while_it_is_kept, afterwards)
    assert [True] == slow


def test_a_fork_waits_for_a_write_and_holds_others() -> None:
    """Before a fork the lock is taken, after it given back; going on twice is harmless."""
    lock = SpoolLock(lambda: None)
    lock.hold_for_fork()
    during = lock.acquire()
    lock.go_on_after_fork()
    lock.go_on_after_fork()
    after = lock.acquire()
    lock.release()

    assert (False, True) == (during, after)


def test_a_fork_does_not_give_back_what_it_did_not_get() -> None:
    """When a write takes too long the fork goes ahead, and the lock stays with the writer."""
    lock = SpoolLock(lambda: None)
    thread, go_on = holding(lock)
    lock.hold_for_fork()
    lock.go_on_after_fork()
    is_free = lock.acquire()
    go_on.set()
    thread.join()

    assert not is_free
