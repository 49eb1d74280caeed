"""
A process that dies at the worst moments: whatever `append` had answered for is found by the next, and at most one batch twice.

The child process kills itself with `os._exit` inside the call it was told to, before or after the call does its work.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from otel_agent.delivery.settings import SIGNALS
from otel_agent.delivery.spool.bounds import Bounds
from otel_agent.delivery.spool.spool import Spool

CHILD = """
import os, sys
from pathlib import Path
from otel_agent.delivery.spool import directories, segments, spool
from otel_agent.delivery.spool.bounds import Bounds

directory, signal, point, when, nth = sys.argv[1:]
owners = {
    "write": (segments, "append_all"), "torn write": (segments, "append_all"), "create": (segments.Segment, "create"),
    "cursor": (segments.os, "pwrite"), "unlink": (Path, "unlink"), "rename": (Path, "rename"),
    "lock": (directories.fcntl, "flock"), "sync": (segments.os, "fdatasync"), "rmdir": (Path, "rmdir"),
}
owner, name = owners[point]
original, calls = getattr(owner, name), 0

def dying(*arguments, **named):
    global calls
    calls += 1
    if calls == int(nth):
        if point == "torn write":
            os.write(arguments[0], arguments[1][: len(arguments[1]) // 2])
            os._exit(137)
        if when == "after":
            original(*arguments, **named)
        os._exit(137)
    return original(*arguments, **named)

setattr(owner, name, dying)
kept = spool.Spool(directory, level="journal", bounds=Bounds(max_bytes=1 << 17, min_free_bytes=0))
say = lambda word, body: os.write(1, b"%s %s\\n" % (word, body))
while kept.adopt():
    pass

def send():
    batch = kept.next(signal)
    if batch is None:
        return False
    for part in batch.body.split(b"#")[1:]:
        say(b"sent", b"#" + part[:8])
    kept.ack(batch)
    for part in batch.body.split(b"#")[1:]:
        say(b"acknowledged", b"#" + part[:8])
    return True

for number in range(63):
    body = b"#%08d" % number + b"." * 1500
    say(b"begun", body[:9])
    if kept.append(signal, body, 1):
        say(b"kept", body[:9])
    if number % 7 == 6:
        kept.tend()
        send()
while send():
    pass
kept.close()
say(b"end", b"")
"""

POINTS = [
    (point, when, nth)
    for point in ("write", "create", "cursor", "unlink", "rename", "lock", "sync")
    for when in ("before", "after")
    for nth in (1, 3)
    if (point, nth) not in {("rename", 3), ("lock", 3)}
] + [("torn write", "before", 1), ("torn write", "before", 9), ("rmdir", "before", 1)]


def run(directory: Path, signal: str, point: tuple[str, str, int]) -> dict[str, set[int]]:
    """What a child said about each request before it died."""
    result = subprocess.run(
        [sys.executable, "-c", CHILD, str(directory), signal, *map(str, point)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert 137 == result.returncode, result.stderr
    said: dict[str, set[int]] = {word: set() for word in ("begun", "kept", "sent", "acknowledged", "end")}
    for line in result.stdout.splitlines():
        word, _, number = line.partition(" ")
        said[word].add(int(number.removeprefix("#") or 0))
    return said


def drained(directory: Path, signal: str) -> list[int]:
    """What the next process finds and sends, and that it leaves nothing behind."""
    spool = Spool(directory, bounds=Bounds(max_bytes=1 << 17, min_free_bytes=0))
    while spool.adopt():
        pass
    found: list[int] = []
    while (batch := spool.next(signal)) is not None:
        found += [int(part[:8]) for part in batch.body.split(b"#")[1:]]
        spool.ack(batch)
    spool.close()
    return found


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point[2]}. {point[0]} {point[1]}")
@pytest.mark.parametrize("signal", [SIGNALS[0], *[pytest.param(each, marks=pytest.mark.slow) for each in SIGNALS[1:]]])
def test_nothing_kept_is_lost_wherever_it_dies(tmp_path: Path, signal: str, point: tuple[str, str, int]) -> None:
    """Kept and not acknowledged is found, in order; acknowledged is found again only when its cursor was not written yet."""
    said = run(tmp_path, signal, point)
    found = drained(tmp_path, signal)

    assert said["kept"] - said["acknowledged"] - said["sent"] <= set(found)
    assert set(found) <= said["begun"]
    assert sorted(set(found)) == found
    assert len(set(found) & said["acknowledged"]) == 0
    assert [] == list(tmp_path.rglob("*.seg"))
