"""How much the spool may hold, and what goes first."""

import pytest

from otel_agent.delivery.spool.bounds import Bounds, most_above_share


def test_the_greediest_signal_goes_first() -> None:
    """It is the one that uses most of its own share, not the one that uses most."""
    assert ["logs", "metrics", "traces"] == most_above_share({"traces": 10, "logs": 10, "metrics": 5})


@pytest.mark.parametrize(("max_bytes", "segment_bytes"), [(1 << 16, 1 << 13), (1 << 20, 1 << 17), (1 << 30, 4 << 20)])
def test_a_segment_is_a_small_part_of_the_whole(max_bytes: int, segment_bytes: int) -> None:
    """Giving one up is no great loss: an eighth of everything, and not more than 4 MiB."""
    assert segment_bytes == Bounds(max_bytes=max_bytes).segment_bytes


@pytest.mark.parametrize(
    ("wanted", "disk_bytes", "floor_bytes"),
    [(None, 1 << 30, (1 << 30) // 20), (None, 1 << 40, 512 << 20), (7, 1 << 40, 7), (0, 1 << 40, 0)],
)
def test_some_of_the_disk_stays_free(wanted: int | None, disk_bytes: int, floor_bytes: int) -> None:
    """A twentieth of a small disk, 512 MiB of a large one, or as much as was asked for."""
    assert floor_bytes == Bounds(min_free_bytes=wanted).floor_bytes(disk_bytes)
