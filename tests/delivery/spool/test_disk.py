"""Whether the disk takes telemetry."""

import errno
from pathlib import Path

import pytest

from otel_agent.clock import ManualClock
from otel_agent.delivery.spool.bounds import Bounds
from otel_agent.delivery.spool.disk import CHECK_FREE_BYTES, RETRY_S, DiskState

FULL = OSError(errno.ENOSPC, "No space left on device")
IMPOSSIBLE = Bounds(min_free_bytes=1 << 62)


def test_a_disk_that_failed_is_left_alone_for_a_while(tmp_path: Path) -> None:
    """Half a minute long there is trouble, which says what happened and where; then it may be tried."""
    clock = ManualClock()
    disk = DiskState(tmp_path, Bounds(), clock)
    before = disk.trouble()
    disk.fail(FULL)
    during = disk.trouble()
    clock.advance(RETRY_S + 1)

    assert before is None
    assert f"the disk takes no telemetry, which waits in memory: No space left on device: {tmp_path}" == during
    assert not disk.is_resting()
    assert disk.trouble() is None


def test_a_success_ends_the_trouble(tmp_path: Path) -> None:
    """A write that worked is worth more than half a minute."""
    disk = DiskState(tmp_path, Bounds(), ManualClock())
    disk.fail_slow()
    slow = disk.trouble()
    disk.succeed()

    assert "too slow" in (slow or "")
    assert not disk.is_resting()


def test_a_disk_that_is_nearly_full_is_not_filled(tmp_path: Path) -> None:
    """Below the floor nothing is written, also where the directory is not there yet."""
    disk = DiskState(tmp_path, IMPOSSIBLE, ManualClock())

    with pytest.raises(OSError, match="nearly full"):
        disk.check_free(1, tmp_path / "not" / "there")
    DiskState(tmp_path, Bounds(min_free_bytes=1), ManualClock()).check_free(1, tmp_path)
    DiskState(tmp_path, Bounds(min_free_bytes=0), ManualClock()).check_free(1 << 62, tmp_path)


def test_free_space_is_looked_at_for_every_megabyte(tmp_path: Path) -> None:
    """Between two looks the system is not asked, unless it is forgotten what was seen."""
    wanted = Bounds(min_free_bytes=1)
    disk = DiskState(tmp_path, wanted, ManualClock())
    disk.check_free(1, tmp_path)
    object.__setattr__(wanted, "min_free_bytes", 1 << 62)  # the disk fills up
    disk.check_free(CHECK_FREE_BYTES - 1, tmp_path)

    with pytest.raises(OSError, match="nearly full"):
        disk.check_free(1, tmp_path)
    object.__setattr__(wanted, "min_free_bytes", 1)
    disk.check_free(1, tmp_path)
    object.__setattr__(wanted, "min_free_bytes", 1 << 62)
    disk.forget_free()
    with pytest.raises(OSError, match="nearly full"):
        disk.check_free(1, tmp_path)
