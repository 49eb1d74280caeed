"""The terminal: bytes go to the descriptor itself, colours to those who understand them."""

import io
import os
import sys
import threading
from pathlib import Path

import pytest
from waiting import until

from otel_agent.logs.console import Console, shows_colours


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_are_for_terminals_that_want_them(environ: dict[str, str], expected: bool) -> None:
    """NO_COLOR and a dumb terminal say no."""
    assert expected is shows_colours(Terminal(), environ)


def test_what_is_no_terminal_shows_no_colours() -> None:
    """A file, a stream that is closed, one that has never heard of terminals, and none at all."""
    closed = Terminal()
    closed.isatty = lambda: closed.getvalue() != ""  # type: ignore[method-assign]
    closed.close()

    assert not any(shows_colours(stream, {}) for stream in (io.StringIO(), closed, object(), None))  # type: ignore[arg-type]


def test_lines_go_to_the_descriptor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Python's stream holds back is not waited for, and halves of surrogate pairs are written out."""
    with (tmp_path / "err").open("w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        stream.write("held back")

        assert 2 == Console().write(["é\n", "\udcff\n"])
        assert "é\n\\udcff\n" == (tmp_path / "err").read_text()


def test_a_stream_without_a_descriptor_is_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook's, or a test's; where there is none at all, nothing is written and nothing raised."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)

    assert 2 == Console().write(["a\n", "b\n"])
    assert "a\nb\n" == stream.getvalue()
    monkeypatch.setattr(sys, "stderr", None)
    assert 0 == Console().write(["a\n"])


def test_a_descriptor_that_takes_nothing_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full pipe in non-blocking mode gets the rest when somebody reads it."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    os.set_blocking(read, False)
    lines = ["x" * 1_000 + "\n"] * 500
    with open(read, "rb", buffering=0) as reader, open(write, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        written: list[int] = []
        thread = threading.Thread(target=lambda: written.append(Console().write(lines)))
        thread.start()
        found = bytearray()

        def all_read() -> bool:
            found.extend(reader.read(1 << 16) or b"")
            return len(found) == 500 * 1_001

        assert until(all_read)
        thread.join(60)

    assert [500] == written
