"""Items are moved from place to place, and every reading of the places agrees with the law."""

import threading

from telemetry_items import law

from otel_agent.delivery.accounting import REDACTION, REJECTED, Delivery, SignalAccount, Tally


def _count(tally: Tally, times: int) -> None:
    for _ in range(times):
        tally.add()


def test_a_tally_counts_what_many_threads_add() -> None:
    """Counting needs no lock, and reading does not count."""
    tally = Tally()
    threads = [threading.Thread(target=_count, args=(tally, 2000)) for _ in range(4)]
    for thread in threads:
        thread.start()
    readings = [tally.value() for _ in range(50)]
    for thread in threads:
        thread.join()

    assert 8000 == tally.value() == tally.value()
    assert sorted(readings) == readings


def test_items_are_moved_and_never_set() -> None:
    """Each step takes items out of one place and puts them into another."""
    account = SignalAccount()
    account.take(10)
    for _ in range(7):
        account.journal()
    account.unjournal()
    account.drop_journaled(REDACTION)
    account.deliver(3)
    account.spool(4)
    account.drop(1, REJECTED)
    account.unspool(2)
    account.adopt(5)

    assert {
        "accepted": 15 + 2 + 1 + 6 + 1,
        "queued": 4 + 2,
        "delivered": 3,
        "spooled": 7 + 6,
        "dropped": {"rejected": 1, "queue_full": 1, "redaction": 1},
    } == account.snapshot(2, {"queue_full": 1, "closed": 0})


def test_what_is_lost_on_the_disk_is_dropped() -> None:
    """Items that the spool gives up leave it with a reason, and are no item less."""
    account = SignalAccount()
    account.adopt(5)
    account.lose(2, "spool_age")
    found = account.snapshot(0, {})

    assert (5, 3, {"spool_age": 2}) == (found["accepted"], found["spooled"], found["dropped"])


def test_an_account_is_clear_when_all_has_arrived() -> None:
    """What went straight onto the disk and was sent from there is nowhere any more, like what was sent at once."""
    account = SignalAccount()
    account.journal()
    account.take(2)
    before = account.is_clear()
    account.unspool(1)
    account.deliver(3)

    assert not before
    assert account.is_clear()
    assert 3 == account.snapshot(0, {})["delivered"]


def test_a_child_counts_from_zero() -> None:
    """After a reset nothing of what was counted is left."""
    account = SignalAccount()
    account.take(3)
    account.journal()
    account.drop_journaled(REDACTION)
    account.reset()

    assert account.is_clear()
    assert 0 == account.snapshot(0, {})["accepted"]
    assert {} == account.snapshot(0, {})["dropped"]


def test_a_delivery_is_the_sum_of_its_signals() -> None:
    """Numbers of all signals are added up; it is true only when the receiver has everything."""
    one, other = SignalAccount(), SignalAccount()
    one.take(3)
    one.deliver(2)
    other.take(1)
    other.deliver(1)
    by_signal = {"traces": one.snapshot(4, {"queue_full": 5}), "logs": other.snapshot(0, {})}
    found = Delivery.summed(by_signal)

    assert Delivery(delivered=3, spooled=0, dropped=5, queued=5) == found
    assert not found
    assert [] == law(found.by_signal)
    assert Delivery.summed({"logs": by_signal["logs"]})
