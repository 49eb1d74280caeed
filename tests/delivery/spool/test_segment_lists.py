"""Segments in the order in which they are sent and given up."""

from collections.abc import Callable
from pathlib import Path

import pytest

from otel_agent.delivery.spool.frames import pack
from otel_agent.delivery.spool.segment_lists import SegmentList, SegmentLists
from otel_agent.delivery.spool.segments import Segment

FRAME = pack(b"x" * 100, 1)


@pytest.fixture
def new(tmp_path: Path) -> Callable[..., Segment]:
    """Makes segments, each with a file of its own."""
    count = 0

    def make(born_s: float = 0.0) -> Segment:
        nonlocal count
        count += 1
        segment = Segment(tmp_path / f"traces-{count:08d}.seg", born_s)
        segment.create()
        return segment

    return make


def test_what_others_left_comes_first(new: Callable[..., Segment]) -> None:
    """Segments taken over are older than our own, whenever they were found."""
    own, left = new(), new()
    segments = SegmentList()
    segments.begin(own)
    segments.append(own, FRAME, 1)
    left.append(FRAME, 1)
    segments.adopt(left)

    assert [left, own] == list(segments)
    assert left is segments.first()
    assert 2 * len(FRAME) == segments.size_bytes


def test_a_full_segment_is_closed(new: Callable[..., Segment]) -> None:
    """Where a frame would make it too large another one is begun; a first frame may be as large as it is."""
    own = new()
    segments = SegmentList()
    segments.begin(own)
    too_large = segments.writable(10_000, 150)
    segments.append(own, FRAME, 1)
    small, large = segments.writable(10, 150), segments.writable(len(FRAME), 150)

    assert (own, own, None) == (too_large, small, large)
    assert segments.writable(1, 150) is None


def test_what_is_being_sent_is_not_given_up(new: Callable[..., Segment]) -> None:
    """Neither age nor need for room takes a segment away from the sender."""
    old, young = new(1.0), new(5.0)
    segments = SegmentList()
    for each in (old, young):
        segments.begin(each)
    old.is_being_sent = True

    assert young is segments.oldest()
    assert [young] == segments.older_than(9.0)
    assert [] == segments.older_than(5.0)


def test_a_removed_segment_says_what_was_lost(new: Callable[..., Segment]) -> None:
    """The number of items comes back once, and room is made for others."""
    own = new()
    segments = SegmentList()
    segments.begin(own)
    segments.append(own, FRAME, 7)
    lost = [segments.remove(own) for _ in range(2)]

    assert ([7, 0], 0, False) == (lost, segments.size_bytes, own.path.exists())


def test_room_is_made_by_the_greediest_signal(new: Callable[..., Segment]) -> None:
    """The oldest segment of the signal furthest above its share is the first to go, unless it is being sent."""
    lists = SegmentLists()
    for signal in ("logs", "traces"):
        segment = new()
        lists[signal].begin(segment)
        lists[signal].append(segment, FRAME, 1)
    first = lists.first_to_go()
    next(iter(lists["logs"])).is_being_sent = True
    second = lists.first_to_go()

    assert first is not None
    assert second is not None
    assert ("logs", "traces") == (first[0], second[0])
    assert 2 * len(FRAME) == lists.size_bytes


def test_closing_deletes_what_is_finished(new: Callable[..., Segment]) -> None:
    """Files that were sent go, the others stay, and none is held any more."""
    lists = SegmentLists()
    sent, waiting = new(), new()
    for segment in (sent, waiting):
        lists["traces"].begin(segment)
        lists["traces"].append(segment, FRAME, 1)
    sent.acknowledge(sent.size_bytes, 1)
    directories = lists.directories()
    lists.close()

    assert {waiting.path.parent} == directories
    assert [False, True] == [segment.path.exists() for segment in (sent, waiting)]
    assert [False, False] == [segment.is_held for segment in (sent, waiting)]
