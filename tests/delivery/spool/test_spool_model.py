"""The spool against a list: whatever is appended, sent, crashed, corrupted and taken over, the list says what must be there."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from otel_agent.delivery.settings import SIGNALS
from otel_agent.delivery.spool.bounds import Bounds
from otel_agent.delivery.spool.frames import pack
from otel_agent.delivery.spool.spool import Spool

BOUNDS = Bounds(max_bytes=1 << 17, min_free_bytes=0)
"""Segments of 16 KiB."""


class SpoolMachine(RuleBasedStateMachine):
    """
    Requests are numbered. The model is a list per signal of the numbers that must come back, in order; a request that was
    handed out and not acknowledged before a crash may come back, and one that was acknowledged must not, except when the
    process died before its cursor was written, which this machine does not do (see the crash points).
    """

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="spool-model-"))
        self.model: dict[str, list[int]] = {signal: [] for signal in SIGNALS}
        self.count = 0
        self.spool = self.opened()

    def opened(self) -> Spool:
        """A spool as a new process would have it."""
        spool = Spool(self.directory, bounds=BOUNDS)
        spool.on_loss(self.on_loss)
        return spool

    def on_loss(self, signal: str, items: int, reason: str) -> None:
        """Whatever is given up is the oldest, and counted exactly."""
        gone, self.model[signal] = self.model[signal][:items], self.model[signal][items:]
        assert items == len(gone), (signal, items, reason)

    @rule(signal=st.sampled_from(SIGNALS), size=st.sampled_from([0, 10, 3_000, 17_000]))
    def append(self, signal: str, size: int) -> None:
        """Keep one request."""
        self.count += 1
        body = b"#%08d" % self.count + b"." * size
        self.model[signal].append(self.count)
        kept = self.spool.append(signal, body, 1)
        assert kept

    @rule(signal=st.sampled_from(SIGNALS), is_delivered=st.booleans())
    def send(self, signal: str, is_delivered: bool) -> None:
        """Take the oldest, and acknowledge them or not."""
        batch = self.spool.next(signal)
        if batch is None:
            assert [] == self.model[signal]
            return
        numbers = [int(part[:8]) for part in batch.body.split(b"#")[1:]]
        assert numbers == self.model[signal][: len(numbers)]
        assert batch.items == len(numbers)
        if is_delivered:
            self.model[signal] = self.model[signal][len(numbers) :]
            self.spool.ack(batch)
        else:
            self.spool.release(batch)

    @rule(gently=st.booleans())
    def restart(self, gently: bool) -> None:
        """The process ends, in order or not, and another takes over what it left."""
        if gently:
            self.spool.close()
        else:
            die(self.spool)
        self.spool = self.opened()
        found = dict.fromkeys(SIGNALS, 0)
        while adopted := self.spool.adopt():
            for signal, items in adopted:
                found[signal] += items
        assert found == {signal: len(numbers) for signal, numbers in self.model.items()}

    @rule(signal=st.sampled_from(SIGNALS))
    def tear(self, signal: str) -> None:
        """A crash in the middle of a write leaves half a frame at the end of the newest segment."""
        self.spool.close()
        segments = sorted(self.directory.rglob(f"{signal}-*.seg"))
        if segments:
            with segments[-1].open("ab") as file:
                file.write(pack(b"#99999999", 1)[:-3])
        self.spool = self.opened()
        while self.spool.adopt():
            pass

    @rule()
    def tend(self) -> None:
        """Look after it."""
        self.spool.tend()

    @invariant()
    def bounded(self) -> None:
        """It never takes more room than it may, and says how much it takes."""
        files = sum(path.stat().st_size for path in self.directory.rglob("*.seg"))
        assert self.spool.size_bytes == files
        assert files <= BOUNDS.max_bytes

    def teardown(self) -> None:
        """Everything that must come back does."""
        try:
            for signal in SIGNALS:
                while self.model[signal]:
                    self.send(signal, is_delivered=True)
                assert self.spool.next(signal) is None
            self.spool.close()
            assert [] == list(self.directory.rglob("*.seg"))
        finally:
            shutil.rmtree(self.directory)


def die(spool: Spool) -> None:
    """What the end of a process does to a spool: files are closed and locks are gone, and nothing is tidied up."""
    spool._segments.forget()
    spool._orphans.forget()
    if spool._own is not None:
        spool._own.forget()


def test_the_spool_is_a_list() -> None:
    """Every request kept comes back once, in order, over restarts, crashes and torn tails, within the bounds."""
    run_state_machine_as_test(SpoolMachine, settings=settings(max_examples=60, stateful_step_count=25, deadline=None))


@pytest.mark.slow
def test_the_spool_is_a_list_for_long() -> None:
    """The same, over many more and longer histories."""
    run_state_machine_as_test(SpoolMachine, settings=settings(max_examples=1500, stateful_step_count=60, deadline=None))
