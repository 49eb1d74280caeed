"""Directories of the spool: whose they are, and who may take them over."""

import os
from pathlib import Path

import pytest

from otel_agent.delivery.spool.directories import (
    OWNER,
    adopt_directory,
    default_directory,
    make_private_directory,
    make_process_directory,
    process_directories,
    remove_unfinished,
    segment_signal,
    service_directory,
)


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
    make_private_directory(tmp_path / "service")
    home = make_process_directory(tmp_path / "service", 1)
    (home.path / "traces-00000001.seg").write_bytes(b"")

    assert adopt_directory(home.path) is None
    home.release()
    taken = adopt_directory(home.path)
    assert taken is not None
    taken.release()


def test_segments_are_numbered_and_known_by_their_names(tmp_path: Path) -> None:
    """Paths of new segments follow each other, and only names of the pattern are segments, oldest first."""
    made = make_process_directory(tmp_path, 1)
    paths = [made.new_segment(signal) for signal in ("traces", "logs", "traces")]
    for path in paths:
        path.write_bytes(b"")
    (made.path / "traces-1.seg").write_bytes(b"")
    found = made.segments()
    made.release()

    assert [("logs", paths[1]), ("traces", paths[0]), ("traces", paths[2])] == found
    assert ["traces", None, None] == [segment_signal(name) for name in (paths[0].name, "traces-1.seg", OWNER)]


def test_an_empty_directory_goes_with_its_owner(tmp_path: Path) -> None:
    """What has no segments is removed when it is given back, and giving it back twice is harmless."""
    made = make_process_directory(tmp_path, 1)
    (made.path / "traces-00000001.ack").write_bytes(b"")
    made.release()
    made.release()

    assert [] == list(tmp_path.iterdir())


def test_directories_are_found_oldest_first(tmp_path: Path) -> None:
    """They are in the order in which they were made, without those that are ours, and without what is none."""
    made = [make_process_directory(tmp_path, moment) for moment in (3, 1, 2)]
    (tmp_path / "quarantine").mkdir()
    found = process_directories(tmp_path, {made[2].path})

    assert [made[1].path, made[0].path] == found
    assert [] == process_directories(tmp_path / "missing", set())
    for each in made:
        each.release()


def test_what_was_never_finished_is_removed(tmp_path: Path) -> None:
    """A process that died while it made its directory leaves a hidden one; it goes when it is old enough."""
    hidden = tmp_path / f".{1:020d}-42-0a1b2c3d"
    hidden.mkdir()
    (hidden / OWNER).write_bytes(b"")
    os.utime(hidden, (100, 100))
    remove_unfinished(tmp_path, 50)
    before = hidden.exists()
    remove_unfinished(tmp_path, 200)

    assert (True, False) == (before, hidden.exists())


def test_a_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """Parents are made too; a file in its place, and a parent that is open to all, are refused."""
    make_private_directory(tmp_path / "a" / "b")
    (tmp_path / "file").write_text("")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)

    assert [0o700, 0o700] == [(tmp_path / path).stat().st_mode & 0o777 for path in ("a", "a/b")]
    with pytest.raises(NotADirectoryError):
        make_private_directory(tmp_path / "file")
    with pytest.raises(PermissionError, match="open to all"):
        make_private_directory(tmp_path / "open" / "mine")
