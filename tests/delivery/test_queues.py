"""A queue takes what there is room for, oldest first, and counts what it turns away."""

from otel_agent.delivery.accounting import CLOSED, QUEUE_FULL
from otel_agent.delivery.queues import STRETCH, SignalQueue


def test_a_closed_queue_says_why() -> None:
    """What came while there was no room and what came after the end are told apart."""
    queue = SignalQueue(1)
    queue.overflow("item")
    queue.close()
    queue.overflow("item")
    queue.overflow("item")

    assert {QUEUE_FULL: 1, CLOSED: 2} == queue.turned_away
    assert 0 == queue.limit


def test_a_diverted_queue_holds_nothing() -> None:
    """While everything goes elsewhere nothing is queued, and what is not taken there is counted."""
    taken: list[object] = []

    def elsewhere(item: object) -> bool:
        taken.append(item)
        return len(taken) < 2

    queue = SignalQueue(1)
    queue.divert(elsewhere)
    queue.overflow("item")
    queue.overflow("another")

    assert ["item", "another"] == taken
    assert 0 == queue.limit == len(queue.items)
    assert {QUEUE_FULL: 1, CLOSED: 0} == queue.turned_away


def test_items_beyond_the_limit_overflow() -> None:
    """What is put in is held up to the limit, and what comes then is offered to the hook, then counted."""
    offered: list[object] = []

    def take(item: object) -> bool:
        offered.append(item)
        return True

    queue = SignalQueue(2)
    for item in range(3):
        queue.put(item)
    queue.on_overflow(take)
    queue.put("offered")
    queue.on_overflow(None)
    queue.put("turned away")

    assert [0, 1] == list(queue.items)
    assert ["offered"] == offered
    assert 2 == queue.turned_away[QUEUE_FULL]


def test_a_hook_may_stretch_the_queue() -> None:
    """Items are admitted past the limit, also when nothing goes through the queue any more, up to a multiple of the capacity."""
    queue = SignalQueue(2)
    queue.divert(lambda _: False)

    assert [True, True, False] == [queue.admit(item) for item in range(3)]
    assert [True, True, False] == [queue.admit(item, STRETCH) for item in range(3)]
    assert [0, 1, 0, 1] == list(queue.items)


def test_the_oldest_are_taken_first() -> None:
    """Whoever takes gets the oldest items, as many as there are and not more than wanted."""
    queue = SignalQueue(10)
    for item in range(5):
        queue.put(item)

    assert [0, 1, 2] == queue.take(3)
    assert [3, 4] == queue.take(3)
    assert [] == queue.take(3)


def test_a_queue_more_than_half_full_is_crowded() -> None:
    """Half full is not crowded; one item more is."""
    queue = SignalQueue(4)
    found = []
    for item in range(3):
        queue.put(item)
        found.append(queue.is_crowded())

    assert [False, False, True] == found


def test_a_child_begins_with_the_same_list_and_nothing_in_it() -> None:
    """Producers hold `items` itself, so a forked child empties it and does not replace it."""
    queue = SignalQueue(1)
    items = queue.items
    queue.put("parent's")
    queue.put("turned away")
    queue.reinit_after_fork()

    assert items is queue.items
    assert [] == list(items)
    assert {QUEUE_FULL: 0, CLOSED: 0} == queue.turned_away


def test_the_first_item_is_told_and_no_other() -> None:
    """It is appended like any other; whoever is told may ask for the next one."""
    queue, told = SignalQueue(2), list[int]()
    queue.tell_first(lambda: told.append(len(queue.items)))
    for item in range(3):
        queue.put(item)

    assert [0] == told
    assert [0, 1] == list(queue.items)
    assert 1 == queue.turned_away["queue_full"]

    queue.take(2)
    queue.tell_first(lambda: told.append(7))
    queue.put(3)
    assert [0, 7] == told


def test_where_items_go_elsewhere_none_is_told() -> None:
    """A journal has them at once, and after the end there is nothing to lose."""
    diverted, closed, told = SignalQueue(2), SignalQueue(2), list[int]()
    diverted.divert(lambda _: True)
    closed.close()
    for queue in (diverted, closed):
        queue.tell_first(lambda: told.append(1))
        queue.put(1)

    assert [] == told
    assert 0 == len(diverted.items) + len(closed.items)
