"""Spans that are open at the end of the process."""

import threading
from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest

from otel_agent.instruments.automatic.pending_spans import CallSite, PendingSpan
from otel_agent.recording.open_spans import INTERRUPTED, end_open_spans
from otel_agent.recording.provider import TracerProvider


def made() -> tuple[Any, Any, deque[Any]]:
    """A provider, a tracer of it, and what has ended."""
    queue = SimpleNamespace(items=deque(), limit=1 << 20, overflow=None)
    provider = TracerProvider(shutdown_on_exit=False, queue=queue)
    return provider, provider.get_tracer("tests"), queue.items


def test_open_spans_end_with_a_mark() -> None:
    """What has ended before is left alone, what belongs to another provider too; a second time there is nothing to do."""
    provider, tracer, items = made()
    _, foreign_tracer, foreign = made()
    other = foreign_tracer.start_span("foreign")
    tracer.start_span("ended").end()
    with tracer.start_as_current_span("root"):
        inner = tracer.start_span("inner")

        assert 2 == end_open_spans(provider)
        assert 0 == end_open_spans(provider)
    inner.set_attribute("late", 1)

    assert [("ended", None), ("inner", True), ("root", True)] == sorted(
        (span.name, span.attributes.get(INTERRUPTED)) for span in items
    )
    assert not foreign
    assert other.is_recording()


def test_nobody_elses_objects_are_taken_hold_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tuple that another thread is making stays its own: with a second reference to it, `tuple(…)` raises SystemError."""
    provider, tracer, _ = made()
    spans = [tracer.start_span("open"), tracer.start_span("open", attributes={"a": 1})]
    monkeypatch.setattr("gc.get_objects", lambda: pytest.fail("all objects were asked for"))

    assert len(spans) == end_open_spans(provider)


def test_open_spans_of_other_threads_end_too() -> None:
    """Whoever goes on working finds its span ended, and sends it no second time."""
    provider, tracer, items = made()
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        with tracer.start_as_current_span("work"):
            begun.set()
            go_on.wait(10)

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait(10)
    end_open_spans(provider)
    go_on.set()
    thread.join(10)

    assert [("work", True)] == [(span.name, span.attributes[INTERRUPTED]) for span in items]


def test_calls_that_are_pending_become_spans() -> None:
    """A call that was running at the end matters, however short it was; one that is over does not."""
    provider, tracer, items = made()
    site = CallSite("loop", {}, 10**12, tracer)
    over = site.begin()
    over.leave()
    over.finish(None)
    pending = site.begin()
    try:
        assert 1 == end_open_spans(provider, (PendingSpan,))
        assert 0 == end_open_spans(provider, (PendingSpan,))
    finally:
        pending.leave()
        pending.finish(None)

    assert [("loop", True)] == [(span.name, span.attributes[INTERRUPTED]) for span in items]


def test_a_span_that_cannot_be_ended_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """A failure is said and the others are ended."""
    provider, tracer, items = made()

    class Odd:
        def interrupt(self, attribute: str, ended_ns: int) -> bool:
            raise RuntimeError

        def __init__(self) -> None:
            self.itself = [self]

    odd = Odd()
    span = tracer.start_span("a")

    assert 1 == end_open_spans(provider, (Odd,))
    assert "could not be ended" in caplog.text
    assert (odd.itself, [span]) == ([odd], list(items))
