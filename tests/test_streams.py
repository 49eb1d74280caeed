"""Standard streams as programs leave them."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agent_process import run_agent
from otlp_server import OtlpServer

from otel_agent.streams import descriptor, is_terminal, write


class Window:
    """A stream that can only be written to."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)


class Broken:
    """A stream that raises whatever it is asked."""

    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError(name)


def closed() -> io.StringIO:
    """A stream that was closed."""
    stream = io.StringIO()
    stream.close()
    return stream


class Odd(Window):
    """A stream whose answers are of no use."""

    def isatty(self) -> str:
        return "perhaps"

    def fileno(self) -> str:
        return "none"


@pytest.mark.parametrize("made", [lambda: None, Window, Broken, closed, Odd])
def test_what_cannot_tell_is_no_terminal_and_has_no_descriptor(made: Callable[[], Any]) -> None:
    """Whatever a stream lacks or raises is an answer, never an exception."""
    stream = made()

    assert (False, None) == (is_terminal(stream), descriptor(stream))


def test_a_pseudo_terminal_is_one() -> None:
    """A terminal says yes, and has its descriptor."""
    main, other = os.openpty()
    with open(other, "w") as stream:
        assert (True, other) == (is_terminal(stream), descriptor(stream))
    os.close(main)


def test_what_has_only_write_is_written_to() -> None:
    """A stream need not be flushed; one that is gone takes nothing."""
    window = Window()

    assert [True, False, False, False] == [write(each, "a\n") for each in (window, None, Broken(), closed())]
    assert "a\n" == window.text


PROGRAM = """
import io, sys

class Window:
    def write(self, text):
        return len(text)

class Broken:
    def __getattr__(self, name):
        raise ZeroDivisionError(name)

closed = io.StringIO()
closed.close()
real = sys.stderr
sys.stderr = {stream}
import logging
import otel_agent
telemetry = otel_agent.init("x", config={{"logs": {{"console": "text"}}}}, {more})
with otel_agent.span("work") as span:
    logging.getLogger("trader").warning("heard")
telemetry.flush(20)
print(span.get_span_context().is_valid, telemetry.status()["delivery"]["traces"]["accepted"])
telemetry.shutdown()
sys.stderr = real
"""


@pytest.mark.parametrize("stream", ["Window()", "Broken()", "closed", "None", "io.StringIO()"])
@pytest.mark.parametrize("more", ["", "export='console'"])
def test_telemetry_starts_whatever_standard_error_is(stream: str, more: str, tmp_path: Path) -> None:
    """No exception, no line, and the span is recorded; also where the tree is drawn on that very stream."""
    ended = run_agent(PROGRAM.format(stream=stream, more=more), tmp_path)

    assert (0, "True 1\n", "") == (ended.status, ended.out, ended.err)


def test_telemetry_is_sent_from_a_process_without_standard_streams(tmp_path: Path) -> None:
    """A daemon has closed all three; its spans arrive."""
    code = """
    import os
    for number in range(3):
        os.close(number)
    import sys
    sys.stdin = sys.stdout = sys.stderr = None
    import otel_agent
    with otel_agent.init("x"), otel_agent.span("work"):
        pass
    """
    with OtlpServer() as server:
        ended = run_agent(code, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)

        assert (0, ["work"]) == (ended.status, [name for _, _, name in server.spans])
