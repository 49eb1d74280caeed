"""Between the agent and a slow disk: bounded, counted, never waiting, and over in time."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from otel_agent.guard import shared
from otel_agent.logs.queue import LogQueue

TIMEOUT_S = 20.0


class Disk:
    """An output that can be stopped, and can fail."""

    name = "/var/log/agent.log"

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.entered = threading.Event()
        self.error: Exception | None = None
        self.forks = self.closes = 0

    def write(self, lines: Sequence[str]) -> int:
        """Take lines, when nothing is in the way."""
        self.entered.set()
        assert self.go_on.wait(TIMEOUT_S)
        if self.error is not None:
            raise self.error
        self.lines += lines
        return len(lines)

    def reinit_after_fork(self) -> None:
        """Count forks."""
        self.forks += 1

    def close(self) -> None:
        """Count ends."""
        self.closes += 1


@pytest.fixture
def disk() -> Iterator[Disk]:
    """One that answers."""
    made = Disk()
    yield made
    made.go_on.set()


def build(disk: Disk, *, limit: int = 100, form: Callable[[str], str] = "{}\n".format) -> LogQueue:
    """A queue whose entries are texts."""
    return LogQueue(disk, form, lambda batch: [entry.replace("secret", "*") for entry in batch], limit=limit)


def put(queue: LogQueue, *entries: str) -> None:
    """What the bridge does, in line."""
    sink = queue.sink
    for entry in entries:
        if len(sink.items) < sink.limit:
            sink.items.append(entry)
        else:
            sink.overflow(entry)


def test_entries_are_redacted_formatted_and_written_in_order(disk: Disk) -> None:
    """What a producer appended stands on the disk after a flush."""
    queue = build(disk)
    queue.start()
    put(queue, "a", "secret b", "c")

    assert queue.flush(TIMEOUT_S)
    assert ["a\n", "* b\n", "c\n"] == disk.lines
    assert {"accepted": 3, "queued": 0, "written": 3, "dropped": {}} == queue.counts()
    assert queue.close(TIMEOUT_S)


def test_a_stalled_disk_costs_producers_nothing_and_deadlines_hold(disk: Disk) -> None:
    """While a write hangs, appending goes on, what does not fit is counted exactly, and flush and close give up in time."""
    queue = build(disk, limit=10)
    queue.start()
    disk.go_on.clear()
    put(queue, "first")
    assert disk.entered.wait(TIMEOUT_S)
    put(queue, *map(str, range(25)))

    assert not queue.flush(0.05)
    assert not queue.close(0.05)
    assert {"accepted": 26, "queued": 11, "written": 0, "dropped": {"queue_full": 15}} == queue.counts()
    disk.go_on.set()
    assert queue.close(TIMEOUT_S)
    assert 11 == len(disk.lines)
    put(queue, "late")
    assert {"accepted": 27, "queued": 0, "written": 11, "dropped": {"queue_full": 15, "closed": 1}} == queue.counts()


def test_a_disk_that_fails_is_counted_and_comes_back(disk: Disk) -> None:
    """Lines that could not be written are dropped and counted; the next ones are written."""
    queue = build(disk)
    queue.start()
    before = shared.counts().get("logs.write.agent.log", 0)
    disk.error = OSError("No space left on device")
    put(queue, "lost")
    assert queue.flush(TIMEOUT_S)
    disk.error = None
    put(queue, "kept")

    assert queue.close(TIMEOUT_S)
    assert ["kept\n"] == disk.lines
    assert {"accepted": 2, "queued": 0, "written": 1, "dropped": {"write_failed": 1}} == queue.counts()
    assert before + 1 == shared.counts()["logs.write.agent.log"]


def test_a_record_that_cannot_be_formatted_costs_no_other(disk: Disk) -> None:
    """Its neighbours are written; it is counted as dropped."""

    def form(entry: str) -> str:
        if entry == "bad":
            raise ValueError(entry)
        return entry

    queue = build(disk, form=form)
    put(queue, "a", "bad", "b")

    assert queue.flush(TIMEOUT_S)
    assert ["a", "b"] == disk.lines
    assert {"write_failed": 1} == queue.counts()["dropped"]


def test_a_flush_before_the_start_starts(disk: Disk) -> None:
    """What was logged early is written, and a stalled disk stalls a thread of ours, not the caller."""
    queue = build(disk)
    disk.go_on.clear()
    put(queue, "a")

    assert not queue.flush(0.05)
    disk.go_on.set()
    assert queue.flush(TIMEOUT_S)
    assert ["a\n"] == disk.lines
    assert queue.close(TIMEOUT_S)


def test_where_no_thread_can_be_started_flush_writes_itself(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the interpreter's end nothing is lost."""
    queue = build(disk)
    put(queue, "a")

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert queue.flush(TIMEOUT_S)
    assert ["a\n"] == disk.lines


def test_close_is_safe_before_start_and_twice(disk: Disk) -> None:
    """Whatever the order, what waits is written."""
    queue = build(disk)
    put(queue, "a")

    assert queue.close(TIMEOUT_S)
    assert queue.close(TIMEOUT_S)
    queue.start()
    assert ["a\n"] == disk.lines


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_writes_its_own_records_only(disk: Disk) -> None:
    """What waited in the parent is not written twice; the child's thread runs, whatever the parent's was doing."""
    queue = build(disk)
    queue.start()
    disk.go_on.clear()
    put(queue, "parent")
    assert disk.entered.wait(TIMEOUT_S)
    put(queue, "waits")
    child = os.fork()
    if not child:
        status = 1
        try:
            disk.go_on = threading.Event()
            disk.go_on.set()
            queue.reinit_after_fork()
            put(queue, "child")
            is_done = queue.flush(TIMEOUT_S)
            expected = {"accepted": 1, "queued": 0, "written": 1, "dropped": {}}
            status = 0 if is_done and disk.lines == ["child\n"] and queue.counts() == expected else 2
        finally:
            os._exit(status)

    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    disk.go_on.set()
    assert queue.close(TIMEOUT_S)
    assert ["parent\n", "waits\n"] == disk.lines


def test_the_thread_says_whose_it_is(disk: Disk) -> None:
    """A list of threads tells which output each writes."""
    queue = build(disk)
    queue.start()
    names = [thread.name for thread in threading.enumerate()]

    assert "otel-agent-logs-agent.log" in names
    assert queue.close(TIMEOUT_S)
