"""What others left is taken over now and then, and what the disk loses is counted where it was."""

from pathlib import Path

from telemetry_items import spans

from otel_agent.clock import ManualClock
from otel_agent.delivery.accounting import SignalAccount
from otel_agent.delivery.settings import SIGNALS
from otel_agent.delivery.spool.bounds import Bounds
from otel_agent.delivery.spool.spool import Spool
from otel_agent.delivery.spool_upkeep import ADOPT_INTERVAL_S, SpoolUpkeep
from otel_agent.delivery.wire import encode_spans


class Kept:
    """A spool with accounts and their upkeep, and a clock turned by hand."""

    def __init__(self, directory: Path, bounds: Bounds | None = None) -> None:
        self.clock = ManualClock()
        self.spool = Spool(directory, bounds=bounds or Bounds(min_free_bytes=0), clock=self.clock)
        self.accounts = {signal: SignalAccount() for signal in SIGNALS}
        self.upkeep = SpoolUpkeep(self.spool, self.accounts, self.clock)

    def traces(self) -> tuple[int, int]:
        """Spans accepted and spooled."""
        found = self.accounts["traces"].snapshot(0, {})
        return found["accepted"], found["spooled"]


def leave_behind(directory: Path, number: int) -> None:
    """What a process that has ended leaves on the disk."""
    spool = Spool(directory, bounds=Bounds(min_free_bytes=0))
    assert spool.append("traces", encode_spans(spans(number)), number)
    spool.close()


def test_what_others_left_is_taken_over_at_once_and_then_seldom(tmp_path: Path) -> None:
    """The first look takes over what there is; after one that found nothing the next is ten seconds later."""
    leave_behind(tmp_path, 3)
    kept = Kept(tmp_path)
    kept.upkeep.look_after()
    first = kept.traces()
    kept.upkeep.look_after()
    leave_behind(tmp_path, 2)
    kept.clock.advance(ADOPT_INTERVAL_S / 2)
    kept.upkeep.look_after()
    early = kept.traces()
    kept.clock.advance(ADOPT_INTERVAL_S)
    kept.upkeep.look_after()
    late = kept.traces()
    kept.spool.close()

    assert [(3, 3), (3, 3), (5, 5)] == [first, early, late]


def test_what_grew_too_old_is_counted_as_lost(tmp_path: Path) -> None:
    """A loss is noted by the spool and counted when the upkeep settles; a child leaves it to its parent."""
    kept = Kept(tmp_path, Bounds(min_free_bytes=0, max_age_s=60))
    account = kept.accounts["traces"]
    account.take(3)
    assert kept.spool.append("traces", encode_spans(spans(3)), 3)
    account.spool(3)
    kept.clock.advance(120)
    kept.spool.tend()
    noted = kept.traces()
    kept.upkeep.settle()
    found = account.snapshot(0, {})
    kept.spool.close()

    assert (3, 3) == noted
    assert (0, {"spool_age": 3}) == (found["spooled"], found["dropped"])


def test_a_child_leaves_losses_to_its_parent(tmp_path: Path) -> None:
    """After a fork nothing is counted that was lost before it."""
    kept = Kept(tmp_path, Bounds(min_free_bytes=0, max_age_s=60))
    assert kept.spool.append("traces", encode_spans(spans(3)), 3)
    kept.clock.advance(120)
    kept.spool.tend()
    kept.upkeep.reinit_after_fork()
    kept.upkeep.settle()
    kept.spool.close()

    assert {} == kept.accounts["traces"].snapshot(0, {})["dropped"]
