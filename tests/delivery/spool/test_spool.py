"""The spool as a whole: what is kept, what is given up, and what happens to it when disk, process or others misbehave."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from otel_agent.clock import ManualClock
from otel_agent.delivery.spool.bounds import Bounds
from otel_agent.delivery.spool.frames import HEAD_BYTES, pack
from otel_agent.delivery.spool.spool import Spool


def drained(spool: Spool, signal: str = "traces") -> list[bytes]:
    """Everything of a signal, acknowledged."""
    found = []
    while (batch := spool.next(signal)) is not None:
        found.append(batch.body)
        spool.ack(batch)
    return found


def adopted(spool: Spool) -> int:
    """Items taken over, until there is nothing more."""
    items = 0
    while found := spool.adopt():
        items += sum(number for _, number in found)
    return items


def segments(directory: Path) -> list[Path]:
    """The segment files below a directory."""
    return sorted(directory.rglob("*.seg"))


@pytest.mark.parametrize("cut", [1, 5, HEAD_BYTES, HEAD_BYTES + 3])
def test_a_torn_tail_is_passed_over(tmp_path: Path, cut: int) -> None:
    """A file whose last frame was only begun gives back the others, and can be drained to the end."""
    first = Spool(tmp_path)
    for number in range(3):
        first.append("traces", b"request %d" % number, 10)
    first.close()
    path = segments(tmp_path)[0]
    path.write_bytes(path.read_bytes()[: -len(pack(b"request 2", 10)) + cut])
    second = Spool(tmp_path)

    assert 20 == adopted(second)
    assert [b"request 0request 1"] == drained(second)
    assert [] == segments(tmp_path)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: b"foreign" * 1000,
        lambda content: b"\xf5OA1\xff\xff\xff\x7f" + content,
        lambda content: content[:20] + b"\x00" + content[21:],
        lambda content: bytes(1000) + content,
    ],
    ids=["empty", "foreign", "a huge length", "a flipped byte", "zeros"],
)
def test_a_spoilt_segment_does_not_stop_the_others(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    """Beside a file that is damaged, everything intact is delivered, and nothing is left over."""
    first = Spool(tmp_path, bounds=Bounds(max_bytes=1 << 17))
    for _ in range(4):
        first.append("traces", b"x" * 9000, 1)
    first.close()
    paths = segments(tmp_path)
    paths[1].write_bytes(spoil(paths[1].read_bytes()))
    second = Spool(tmp_path)
    adopted(second)
    found = drained(second)

    assert 3 <= sum(len(body) for body in found) // 9000 <= 4
    assert [] == segments(tmp_path)


def test_our_own_damage_is_counted(tmp_path: Path) -> None:
    """Items that the disk does not give back as they were are told as lost, exactly."""
    losses: list[tuple[str, int, str]] = []
    spool = Spool(tmp_path)
    spool.on_loss(lambda *loss: losses.append(loss))
    for _ in range(3):
        spool.append("traces", b"request", 10)
    path = segments(tmp_path)[0]
    content = bytearray(path.read_bytes())
    content[HEAD_BYTES + 8] ^= 1
    path.write_bytes(content)
    batches = []
    while (batch := spool.next("traces")) is not None:
        batches.append(batch)
        spool.ack(batch)

    assert 30 == sum(batch.items for batch in batches) + sum(loss[1] for loss in losses)
    assert [("traces", 10, "spool_damaged")] == losses


@pytest.mark.parametrize("spoil", [b"", b"junk", bytes(12), b"\xff" * 12], ids=["empty", "short", "zero", "beyond"])
def test_a_cursor_is_only_advice(tmp_path: Path, spoil: bytes) -> None:
    """A cursor that is wrong has the segment sent again and never skipped."""
    first = Spool(tmp_path, level="journal")
    for _ in range(3):
        first.append("traces", b"x" * 500_000, 1)
    batch = first.next("traces")
    assert batch is not None
    first.ack(batch)
    first.close()
    cursor = next(tmp_path.rglob("*.ack"))
    right = Spool(tmp_path)
    left = adopted(right)
    right.close()
    cursor.write_bytes(spoil)
    wrong = Spool(tmp_path)

    assert 1 == left
    assert 3 == adopted(wrong)


def test_a_spool_touches_nothing_before_it_is_used(tmp_path: Path) -> None:
    """Making one, asking it and closing it leaves no directory behind."""
    spool = Spool(tmp_path / "new")
    spool.next("traces")
    spool.tend()
    spool.adopt()
    spool.close()

    assert not (tmp_path / "new").exists()


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    """Directories are 0700 and files 0600, whatever the process's mask."""
    before = os.umask(0)
    try:
        spool = Spool(tmp_path / "spool")
        spool.append("traces", b"request", 1)
        batch = spool.next("traces")
        assert batch is not None
        spool.quarantine("traces", b"request", "refused")
    finally:
        os.umask(before)
    modes = {
        stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "spool").rglob("*") if path.is_file()
    } | {stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "spool", *(tmp_path / "spool").rglob("*")] if path.is_dir()}  # fmt: skip

    assert {0o700, 0o600} == modes


def test_nothing_is_left_when_all_is_sent(tmp_path: Path) -> None:
    """A drained spool takes no room on the disk, not even a directory per process."""
    spool = Spool(tmp_path)
    spool.append("traces", b"request", 1)
    drained(spool)
    spool.close()

    assert [] == list(tmp_path.rglob("*.seg"))
    assert [] == list(spool.directory.iterdir())


def test_a_directory_that_others_can_write_is_refused(tmp_path: Path) -> None:
    """Where others could put files or read secrets, nothing is kept, and the trouble is said."""
    spool = Spool(tmp_path, service="s")
    spool.directory.mkdir()
    spool.directory.chmod(0o777)
    kept = spool.append("traces", b"request", 1)

    assert not kept
    assert "others may write" in (spool.trouble() or "")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """A service's directory that is a link to elsewhere is refused."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    spool = Spool(tmp_path, service="s")
    spool.directory.symlink_to(elsewhere)

    assert not spool.append("traces", b"request", 1)
    assert [] == list(elsewhere.iterdir())


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    """Names that are not of our pattern are neither read nor removed."""
    first = Spool(tmp_path)
    first.append("traces", b"request", 1)
    first.close()
    home = segments(tmp_path)[0].parent
    (home / "notes.seg").write_text("mine")
    (first.directory / "README").write_text("mine")
    second = Spool(tmp_path)
    adopted(second)
    drained(second)
    second.close()

    assert "mine" == (home / "notes.seg").read_text()
    assert "mine" == (first.directory / "README").read_text()


def test_a_forked_child_lets_the_parents_locks_go(tmp_path: Path) -> None:
    """A child that lives longer does not keep what its dead parent left from being taken over."""
    program = """
import os, sys, time
from otel_agent.delivery.spool.spool import Spool
spool = Spool(sys.argv[1])
spool.append("traces", b"parent", 1)
spool.hold_for_fork()
if os.fork() == 0:
    spool.reinit_after_fork()
    spool.append("traces", b"child", 1)
    print("ready", flush=True)
    time.sleep(30)
os._exit(0)
"""
    child = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        assert "ready" == child.stdout.readline().strip()
        child.wait(20)
        spool = Spool(tmp_path)
        items = adopted(spool)

        assert 1 == items
        assert [b"parent"] == drained(spool)
    finally:
        for path in tmp_path.rglob("owner"):
            pid = int(path.parent.name.split("-")[1])
            if pid != child.pid:
                os.kill(pid, 9)
        child.stdout.close()


def test_the_disk_may_fail(tmp_path: Path) -> None:
    """A disk with a limit takes what fits; then nothing is raised, the trouble is said, and what was kept comes back."""
    program = """
import resource, sys
from otel_agent.delivery.spool.spool import Spool
spool = Spool(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
kept = sum(spool.append("traces", b"x" * 999, 1) for _ in range(200))
items = 0
while (batch := spool.next("traces")) is not None:
    items += batch.items
    spool.ack(batch)
print(kept, items, spool.trouble())
"""
    run = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True
    )
    kept, items, trouble = run.stdout.split(maxsplit=2)

    assert 90 < int(kept) < 110
    assert kept == items
    assert "File too large" in trouble
    assert 1 == len(run.stderr.splitlines())


def test_a_full_disk_is_not_filled_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the floor of free disk nothing is kept."""
    spool = Spool(tmp_path, bounds=Bounds(min_free_bytes=1 << 62))

    assert not spool.append("traces", b"request", 1)
    assert "nearly full" in (spool.trouble() or "")


def test_a_disk_that_recovers_is_used_again(tmp_path: Path) -> None:
    """Half a minute after a failure it is tried again."""
    clock = ManualClock()
    (tmp_path / "spool").write_text("in the way")
    spool = Spool(tmp_path / "spool", clock=clock)
    first = spool.append("traces", b"request", 1)
    (tmp_path / "spool").unlink()
    second = spool.append("traces", b"request", 1)
    clock.advance(31)
    third = spool.append("traces", b"request", 1)

    assert (False, False, True) == (first, second, third)
    assert spool.trouble() is None


def test_old_telemetry_is_given_up(tmp_path: Path) -> None:
    """What is older than the limit goes, also when the wall clock jumps only what is really old."""
    losses: list[Any] = []
    clock = ManualClock()
    spool = Spool(tmp_path, bounds=Bounds(max_age_s=100), clock=clock)
    spool.on_loss(lambda *loss: losses.append(loss))
    spool.append("traces", b"request", 7)
    clock.jump_wall(86_400)
    spool.tend()
    jumped = list(losses)
    clock.advance(101)
    spool.tend()

    assert [] == jumped
    assert [("traces", 7, "spool_age")] == losses
    assert 0 == spool.size_bytes


def test_a_flood_of_logs_does_not_push_out_traces(tmp_path: Path) -> None:
    """The signal furthest above its share gives way."""
    losses: dict[str, int] = {}
    spool = Spool(tmp_path, bounds=Bounds(max_bytes=1 << 17))
    spool.on_loss(lambda signal, items, _: losses.__setitem__(signal, losses.get(signal, 0) + items))
    for _ in range(10):
        spool.append("traces", b"x" * 5000, 1)
    for _ in range(200):
        spool.append("logs", b"x" * 5000, 1)

    assert {"logs"} == set(losses)
    assert spool.size_bytes <= 1 << 17


def test_a_signal_handler_in_the_middle_of_a_write_does_not_wait_for_itself(tmp_path: Path) -> None:
    """A second write from within a write is answered with no, at once."""
    spool = Spool(tmp_path)
    answers = []
    write = spool._write

    def interrupted(*arguments: Any) -> None:
        answers.append(spool.append("traces", b"from the handler", 1))
        write(*arguments)

    spool._write = interrupted  # type: ignore[method-assign,assignment]  # interrupted on purpose
    answers.append(spool.append("traces", b"outer", 1))

    assert [False, True] == answers
    assert spool.trouble() is None  # waiting would have ended with a lock that is kept too long
