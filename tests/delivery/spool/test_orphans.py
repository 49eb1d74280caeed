"""A fork pool that works through an outage leaves a directory for every worker: they cost no descriptors without bound."""

import os
from pathlib import Path

from otel_agent.delivery.spool.orphans import MAX_DIRECTORIES
from otel_agent.delivery.spool.spool import Spool


def leave(directory: Path, number: int) -> None:
    """What so many processes left that are gone."""
    for each in range(number):
        spool = Spool(directory, service="trader")
        assert spool.append("traces", b"%d" % each, 1)
        spool.close()


def descriptors() -> int:
    """How many this process has."""
    return len(os.listdir("/proc/self/fd"))


def test_only_so_many_are_held_at_a_time(tmp_path: Path) -> None:
    """Everything is taken over in the end, in parts, with a bounded number of files open."""
    number = 3 * MAX_DIRECTORIES
    leave(tmp_path, number)
    before = descriptors()
    spool = Spool(tmp_path, service="trader")
    bodies: list[bytes] = []
    most = 0
    while len(bodies) < number:
        while spool.adopt():
            most = max(most, descriptors() - before)
        is_crowded = spool.is_crowded()
        found = spool.next("traces")
        assert found is not None, (len(bodies), is_crowded)
        while found is not None:
            bodies.append(found.body)
            spool.ack(found)
            found = spool.next("traces")
    spool.close()

    assert {b"%d" % each for each in range(number)} == set(bodies)
    assert number == len(bodies)
    assert most <= 7 * MAX_DIRECTORIES
