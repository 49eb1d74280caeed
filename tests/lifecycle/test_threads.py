"""Own threads, where one can be had."""

import logging
import threading

import pytest

from otel_agent import guard
from otel_agent.guard import Guard
from otel_agent.lifecycle.threads import begin_thread


def test_a_thread_calls_what_it_is_given() -> None:
    """It is a daemon of ours, and the caller has it."""
    seen: list[tuple[str, bool, int]] = []

    def note(number: int) -> None:
        seen.append((threading.current_thread().name, threading.current_thread().daemon, number))

    thread = begin_thread("test", note, 7)
    assert thread is not None
    thread.join(60)

    assert [("otel-agent-test", True, 7)] == seen


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (RuntimeError("can't start new thread"), 1),
        (MemoryError(), 1),
        (RuntimeError("can't create new thread at interpreter shutdown"), 0),
    ],
)
def test_where_none_can_be_had_it_is_said_once(
    error: Exception, lines: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is raised, and the second time nothing is said; at the interpreter's end nothing at all."""

    def start(_: threading.Thread) -> None:
        raise error

    monkeypatch.setattr(threading.Thread, "start", start)
    monkeypatch.setattr(guard, "shared", Guard(logging.getLogger("otel_agent")))

    assert [None, None] == [begin_thread("test", print), begin_thread("other", print)]
    assert lines == len([line for line in caplog.messages if "no thread can be had" in line])
