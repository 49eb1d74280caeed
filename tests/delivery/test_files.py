"""What is written is written whole, or not at all."""

import os
from pathlib import Path

import pytest

from otel_agent.delivery.files import append_all, write_all


def in_pieces(monkeypatch: pytest.MonkeyPatch, most: int, room: int = 1 << 30) -> None:
    """Let the system take so many bytes at a time, and so many in all."""
    write, left = os.write, [room]

    def some(fd: int, content: bytes | memoryview) -> int:
        if not left[0]:
            raise OSError(28, "No space left on device")
        taken = write(fd, bytes(content)[: min(most, left[0])])
        left[0] -= taken
        return taken

    monkeypatch.setattr(os, "write", some)


def test_everything_is_written_though_the_system_takes_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short writes go on where the last one ended."""
    path = tmp_path / "file"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT)
    in_pieces(monkeypatch, 3)
    write_all(fd, b"0123456789")
    os.close(fd)

    assert b"0123456789" == path.read_bytes()


def test_what_does_not_fit_leaves_no_part_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fills up in the middle of an append raises, and the file is as it was."""
    path = tmp_path / "file"
    path.write_bytes(b"before")
    fd = os.open(path, os.O_WRONLY | os.O_APPEND)
    in_pieces(monkeypatch, 3, room=5)
    with pytest.raises(OSError, match="No space"):
        append_all(fd, b"0123456789", 6)
    os.close(fd)

    assert b"before" == path.read_bytes()
