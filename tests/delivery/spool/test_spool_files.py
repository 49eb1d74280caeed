"""What lies in a segment file comes back, whatever happened to the rest of the file."""

import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_agent.delivery.spool.bounds import Bounds, most_above_share
from otel_agent.delivery.spool.directories import (
    adopt_home,
    default_directory,
    make_home,
    prepare,
    service_directory,
)
from otel_agent.delivery.spool.frames import BATCH, HEAD_BYTES, RECORD, pack, scan
from otel_agent.delivery.spool.spool import Spool

PAYLOADS = st.lists(st.tuples(st.binary(max_size=60), st.integers(0, 9), st.sampled_from([BATCH, RECORD])), max_size=6)


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


@given(PAYLOADS)
def test_frames_come_back(payloads: list[tuple[bytes, int, int]]) -> None:
    """Payload, number of items and kind of every frame are read as they were written."""
    content = b"".join(pack(*payload) for payload in payloads)
    found = [(content[frame.content : frame.end], frame.items, frame.kind) for frame in scan(content)]

    assert payloads == found


@given(PAYLOADS, st.binary(max_size=80), st.integers(0, 400))
def test_what_is_damaged_costs_nothing_else(payloads: list[tuple[bytes, int, int]], junk: bytes, place: int) -> None:
    """Bytes pushed in anywhere destroy the frame they are in and no other."""
    content = b"".join(pack(*payload) for payload in payloads)
    place = min(place, len(content))
    damaged = content[:place] + junk + content[place:]
    found = [damaged[frame.content : frame.end] for frame in scan(damaged)]
    whole = [frame for frame in scan(content) if frame.end <= place or frame.start >= place]

    assert [content[frame.content : frame.end] for frame in whole] == [
        body for body in found if body in {payload[0] for payload in payloads}
    ][: len(whole)] or not junk
    assert len(found) >= len(whole)


@given(st.binary(max_size=300))
def test_any_bytes_are_scanned(content: bytes) -> None:
    """A foreign file holds no frames and raises nothing."""
    assert all(frame.end <= len(content) for frame in scan(content))


@given(PAYLOADS.filter(bool), st.data())
@settings(max_examples=60)
def test_a_flipped_bit_costs_one_frame(payloads: list[tuple[bytes, int, int]], data: st.DataObject) -> None:
    """All frames but the one with the flipped bit are read."""
    content = bytearray(b"".join(pack(*payload) for payload in payloads))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= 1 << data.draw(st.integers(0, 7))
    found = list(scan(bytes(content)))

    assert len(payloads) - 1 == len(found)


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
    began_s = time.monotonic()
    adopted(second)
    found = drained(second)

    assert 3 <= sum(len(body) for body in found) // 9000 <= 4
    assert [] == segments(tmp_path)
    assert time.monotonic() - began_s < 1


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


def test_no_two_services_share_a_directory(tmp_path: Path) -> None:
    """Names that look alike on a disk are told apart; the strangest name is one."""
    names = ["a b", "a_b", "a/b", "../a", "", "ü" * 300, "\udcff"]
    found = {service_directory(tmp_path, name) for name in names}

    assert len(names) == len(found)
    assert all(path.parent == tmp_path and len(path.name) < 60 for path in found)


def test_the_default_directory_is_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """XDG's state directory, or the one below the home; a relative one does not count."""
    assert Path("/x/otel-agent/spool") == default_directory({"XDG_STATE_HOME": "/x", "HOME": "/h"})
    assert Path("/h/.local/state/otel-agent/spool") == default_directory({"XDG_STATE_HOME": "x", "HOME": "/h"})
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    assert default_directory({}) is None


def test_a_living_process_keeps_what_is_its_own(tmp_path: Path) -> None:
    """A directory is not taken over while its owner lives, and is the moment it is gone."""
    prepare(tmp_path / "service")
    home = make_home(tmp_path / "service", 1)
    (home.path / "traces-00000001.seg").write_bytes(b"")

    assert adopt_home(home.path) is None
    home.release()
    taken = adopt_home(home.path)
    assert taken is not None
    taken.release()


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
    from otel_agent.clock import ManualClock

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
    from otel_agent.clock import ManualClock

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
    assert ["logs", "metrics", "traces"] == most_above_share({"traces": 10, "logs": 10, "metrics": 5})
    assert spool.size_bytes <= 1 << 17


def test_the_quarantine_is_bounded(tmp_path: Path) -> None:
    """Of refused records only the newest are kept."""
    spool = Spool(tmp_path)
    for number in range(120):
        spool.quarantine("logs", b"request", f"refused {number}")

    assert 100 == len(list(tmp_path.rglob("*.txt")))
    assert 100 == len(list(tmp_path.rglob("*.pb")))
    assert "refused 119" in {path.read_text() for path in tmp_path.rglob("*.txt")}


def test_a_signal_handler_in_the_middle_of_a_write_does_not_wait_for_itself(tmp_path: Path) -> None:
    """A second write from within a write is answered with no, at once."""
    spool = Spool(tmp_path)
    answers = []
    write = spool._write

    def interrupted(*arguments: Any) -> None:
        answers.append(spool.append("traces", b"from the handler", 1))
        write(*arguments)

    spool._write = interrupted  # type: ignore[method-assign,assignment]  # interrupted on purpose
    began_s = time.monotonic()
    answers.append(spool.append("traces", b"outer", 1))

    assert [False, True] == answers
    assert time.monotonic() - began_s < 0.5
