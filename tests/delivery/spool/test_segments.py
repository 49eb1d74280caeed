"""One segment file: appended to, read from the front, acknowledged, removed."""

from pathlib import Path

import pytest

from otel_agent.delivery.spool.frames import pack
from otel_agent.delivery.spool.segments import Segment


def created(path: Path, *payloads: bytes) -> Segment:
    """A segment with a frame of one item for each payload."""
    segment = Segment(path, 0.0)
    segment.create()
    for payload in payloads:
        segment.append(pack(payload, 1), 1)
    return segment


def test_what_was_appended_is_read_from_the_front(tmp_path: Path) -> None:
    """Reading begins at the cursor, takes no more than asked for, and leaves everything where it is."""
    segment = created(tmp_path / "a.seg", b"one", b"two")
    one, two = pack(b"one", 1), pack(b"two", 1)
    whole, part = segment.read(1000), segment.read(4)
    segment.acknowledge(len(one), 1)
    rest = segment.read(1000)
    segment.close()

    assert (one + two, one[:4], two) == (whole, part, rest)
    assert (1, False) == (segment.items, segment.is_finished)


def test_another_process_goes_on_at_the_cursor(tmp_path: Path) -> None:
    """Loading counts what is behind the cursor, and a segment that was acknowledged to its end is finished."""
    segment = created(tmp_path / "a.seg", b"one", b"two")
    segment.acknowledge(len(pack(b"one", 1)), 1)
    segment.close()
    loaded = Segment(tmp_path / "a.seg", 0.0)
    loaded.load()
    before = loaded.items, loaded.is_finished
    loaded.acknowledge(loaded.size_bytes, 1)
    loaded.close()

    assert ((1, False), (0, True)) == (before, (loaded.items, loaded.is_finished))


def test_removing_takes_the_cursor_along(tmp_path: Path) -> None:
    """Nothing of a removed segment is left, and closing it once more is harmless."""
    segment = created(tmp_path / "a.seg", b"one")
    segment.acknowledge(segment.size_bytes, 1)
    segment.remove()
    segment.close()

    assert [] == list(tmp_path.iterdir())
    assert not segment.is_held


def test_a_segment_is_clean_once_the_disk_has_it(tmp_path: Path) -> None:
    """What was appended makes it dirty until it is synchronised."""
    segment = created(tmp_path / "a.seg", b"one")
    before = segment.is_dirty
    segment.sync()
    segment.close()

    assert (True, False) == (before, segment.is_dirty)


def test_a_failing_disk_raises(tmp_path: Path) -> None:
    """A file that is in the way, or not there, is an error of the system for the spool to decide about."""
    created(tmp_path / "a.seg").close()
    with pytest.raises(FileExistsError):
        Segment(tmp_path / "a.seg", 0.0).create()
    with pytest.raises(FileNotFoundError):
        Segment(tmp_path / "b.seg", 0.0).load()
