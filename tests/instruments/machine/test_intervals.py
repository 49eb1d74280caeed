"""Rates are over a tick, however often somebody asks."""

import os

import pytest

from otel_agent.instruments.machine.intervals import LatestReading, busy_ratio
from otel_agent.instruments.machine.readings import HostReading, MemoryReading


def reading(at_s: float, *, user_s: float = 0.0, idle_s: float = 0.0) -> HostReading:
    """The host as a test wants it."""
    memory = MemoryReading(1000, 600, 100, 0, 0, 0, 0)
    return HostReading(at_s, {"user": user_s, "idle": idle_s}, memory)


def test_the_cpu_share_is_that_of_the_last_tick() -> None:
    """However often a reading is asked for within a tick, the share is over the tick."""
    now_s = [0.0]
    readings = iter([reading(0, user_s=0, idle_s=0), reading(1, user_s=1, idle_s=3), reading(2, user_s=3, idle_s=5)])
    latest = LatestReading(lambda: next(readings), 1.0, lambda: now_s[0])
    first = [latest.get() for _ in range(3)]
    now_s[0] = 1.0
    second = [latest.get() for _ in range(3)]
    now_s[0] = 1.5
    third = latest.get()

    assert 1 == len({id(now) for now, _ in first})
    assert [None] * 3 == [before for _, before in first]
    assert 1 == len({id(now) for now, _ in second})
    assert second[0] == third


@pytest.mark.parametrize(
    ("after", "ratio"),
    [
        ({"user": 2.0, "idle": 3.0}, 0.25),
        ({"user": 1.0, "idle": 1.0, "iowait": 5.0}, 0.0),
        ({"user": 9.0, "idle": 0.0}, 1.0),
        ({"user": 1.0, "idle": 0.0}, None),
    ],
    ids=["some", "waiting for disks", "all", "no time"],
)
def test_a_cpu_is_busy_when_it_is_not_idle(after: dict[str, float], ratio: float | None) -> None:
    """Waiting for a disk is idle, and without time there is no share."""
    assert ratio == busy_ratio({"user": 1.0, "idle": 0.0}, after)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_has_no_reading_before_its_own() -> None:
    """The parent's readings are not the child's, and a lock that was held at the fork holds nobody up."""
    latest = LatestReading(os.getpid, 3600.0)
    latest.get()
    receive, send = os.pipe()
    latest._lock.acquire()
    pid = os.fork()
    if pid == 0:
        os.write(send, repr(latest.get() == (os.getpid(), None)).encode())
        os._exit(0)
    latest._lock.release()
    os.waitpid(pid, 0)
    said = os.read(receive, 100)
    os.close(receive)
    os.close(send)

    assert b"True" == said
