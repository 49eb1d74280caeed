"""The probe file: its age, its content, its absence."""

import json
import os
import threading
from pathlib import Path

import pytest

from otel_agent.clock import ManualClock
from otel_agent.health.probe_file import WRITE_S, ProbeFile, ProbeFileWriter


def test_the_age_of_the_file_is_the_time_since_the_agent_was_alive(tmp_path: Path) -> None:
    """Written again and again, it grows old only while the agent is stuck."""
    path = tmp_path / "health"
    probe = ProbeFile(path)
    ages = []
    for wall_s, is_live in [(1000, True), (1002, True), (1004, False), (1006, False), (1008, True)]:
        probe.write({"live": is_live, "at": wall_s}, is_live=is_live, wall_s=wall_s)
        ages.append(wall_s - path.stat().st_mtime)

        assert {"live": is_live, "at": wall_s} == json.loads(path.read_text())

    assert [0, 0, 2, 4, 0] == ages
    assert ["health"] == [entry.name for entry in tmp_path.iterdir()]


def test_the_file_goes_with_the_agent(tmp_path: Path) -> None:
    """Removing is safe when there is none."""
    probe = ProbeFile(tmp_path / "health")
    probe.remove()
    probe.write({}, is_live=True, wall_s=1.0)
    probe.remove()

    assert [] == list(tmp_path.iterdir())


def test_a_forked_child_leaves_its_parents_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It neither writes nor removes it."""
    path = tmp_path / "health"
    probe = ProbeFile(path)
    probe.write({"of": "parent"}, is_live=True, wall_s=1.0)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    probe.write({"of": "child"}, is_live=True, wall_s=2.0)
    probe.remove()

    assert {"of": "parent"} == json.loads(path.read_text())


def test_the_writer_writes_when_it_is_time_to(tmp_path: Path) -> None:
    """The first time at once, then once in a while, and on demand; closing takes the file away."""
    clock, path, asked = ManualClock(wall_s=1000.0), tmp_path / "health", list[float]()

    def status() -> tuple[dict[str, float], bool]:
        asked.append(clock.monotonic_s())
        return {"count": len(asked)}, True

    writer = ProbeFileWriter(str(path), status, clock)
    for _ in range(5):
        writer.tick()
        assert writer.wait(10)
        clock.advance(WRITE_S / 2)

    assert [0, WRITE_S, 2 * WRITE_S] == [at_s - asked[0] for at_s in asked]
    writer.write()
    assert writer.wait(10)
    assert {"count": 4} == json.loads(path.read_text())
    writer.close(10)
    assert not path.exists()


def test_a_disk_that_hangs_holds_nobody_up(tmp_path: Path) -> None:
    """Neither a round of the monitor nor the end waits for it; the file is left."""
    begun, release = threading.Event(), threading.Event()

    def status() -> tuple[dict[str, str], bool]:
        begun.set()
        release.wait(20)
        return {}, True

    writer = ProbeFileWriter(str(tmp_path / "health"), status, ManualClock())
    writer.tick()
    assert begun.wait(10)
    writer.write()
    writer.close(0.0)
    release.set()

    assert writer.wait(10)
    assert ["health"] == [entry.name for entry in tmp_path.iterdir()]
