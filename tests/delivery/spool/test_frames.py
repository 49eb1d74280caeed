"""What lies in a segment file comes back, whatever happened to the rest of the file."""

from hypothesis import given, settings
from hypothesis import strategies as st

from otel_agent.delivery.spool.frames import BATCH, HEAD_BYTES, MAX_PAYLOAD_BYTES, RECORD, pack, scan

PAYLOADS = st.lists(st.tuples(st.binary(max_size=60), st.integers(0, 9), st.sampled_from([BATCH, RECORD])), max_size=6)


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


def test_a_frame_knows_its_places() -> None:
    """Head, payload and end of a frame are places in the bytes, also behind a beginning that is passed over."""
    content = pack(b"first", 1) + pack(b"second", 2)
    (frame,) = scan(content, len(pack(b"first", 1)))

    assert (frame.start + HEAD_BYTES, len(content)) == (frame.content, frame.end)
    assert b"second" == content[frame.content : frame.end]


def test_an_impossible_length_is_damage() -> None:
    """A head that promises more than any request may have is not waited for."""
    damaged = b"\xf5OA1" + (MAX_PAYLOAD_BYTES + 1).to_bytes(4, "little") + bytes(9)

    assert [b"whole"] == [
        (damaged + pack(b"whole", 1))[frame.content : frame.end] for frame in scan(damaged + pack(b"whole", 1))
    ]
