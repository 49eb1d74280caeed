"""A request is in one place, and whoever takes it out of there decides about it."""

from otel_agent.delivery.outbox import Outbox
from otel_agent.delivery.payloads import Payload

ONE, TWO, THREE = Payload(b"one", 1), Payload(b"two", 1), Payload(b"three", 1)


def test_requests_leave_in_order() -> None:
    """The first that was put in is the first to leave, unless another was put before all; their bytes are counted."""
    outbox = Outbox()
    outbox.put(ONE)
    outbox.put(TWO)
    outbox.put(THREE, first=True)
    full_bytes = outbox.size_bytes
    left = [outbox.pop(), outbox.pop(), outbox.pop(), outbox.pop()]

    assert [THREE, ONE, TWO, None] == left
    assert (11, 0) == (full_bytes, outbox.size_bytes)
    assert outbox.is_empty()


def test_halves_go_next() -> None:
    """A settled piece makes room for its halves, and they are sent before what was behind it."""
    outbox = Outbox()
    outbox.start(ONE)
    cut = outbox.settle(ONE, TWO, THREE)
    seen = [outbox.current()]
    outbox.settle(TWO)
    seen.append(outbox.current())
    outbox.settle(THREE)

    assert cut
    assert [TWO, THREE] == seen
    assert outbox.current() is None


def test_whoever_sends_gets_back_what_was_not_sent() -> None:
    """A recall takes out the current piece and what is behind it; then nothing is under way."""
    outbox = Outbox()
    outbox.start(ONE)
    outbox.settle(ONE, TWO, THREE)

    assert [TWO, THREE] == outbox.recall()
    assert [] == outbox.recall()
    assert outbox.current() is None


def test_the_end_takes_away_what_is_under_way() -> None:
    """Whoever takes a request away decides about it; the thread that sent it learns that it is not its own any more."""
    outbox = Outbox()
    outbox.put(THREE)
    outbox.start(ONE)
    outbox.settle(ONE, TWO)
    flying = outbox.current()
    taken = outbox.close()

    assert TWO is flying
    assert [TWO, THREE] == taken
    assert not outbox.settle(TWO)
    assert [] == outbox.recall()
    assert outbox.current() is None
    assert outbox.is_closed
    assert 0 == outbox.size_bytes
