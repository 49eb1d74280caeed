"""The terminal as a destination."""

import io
from pathlib import Path
from types import SimpleNamespace

from agent_process import run_agent
from opentelemetry.trace import SpanContext, Status, StatusCode, TraceFlags

from otel_agent.clock import ManualClock
from otel_agent.delivery.console.summary import CacheFigures
from otel_agent.telemetry.assembly.terminal import Terminal, TerminalFigures


def a_span(name: str, span_id: int, status: Status | None = None) -> SimpleNamespace:
    """A root span as the delivery thread hands it over."""
    return SimpleNamespace(
        name=name,
        context=SpanContext(span_id, span_id, is_remote=False, trace_flags=TraceFlags(1)),
        parent=None,
        start_time=0,
        end_time=2_000_000,
        status=status or Status(StatusCode.UNSET),
    )


def test_traces_are_drawn_and_everything_is_counted_at_the_end() -> None:
    """A session ends with what was seen: spans, failures, log records, points, caches."""
    stream, clock = io.StringIO(), ManualClock()
    terminal = Terminal(stream, "trader", TerminalFigures(caches=lambda: [CacheFigures("quotes", 3, 4)]), clock=clock)
    terminal.spans([a_span("trade", 1), a_span("trade", 2, Status(StatusCode.ERROR, "RiskLimitError"))])
    terminal.logs([object(), object()])
    points = SimpleNamespace(metrics=[SimpleNamespace(data=SimpleNamespace(data_points=[1, 2, 3]))])
    terminal.metrics([SimpleNamespace(resource_metrics=[SimpleNamespace(scope_metrics=[points])])])
    clock.advance(2)
    terminal.close()
    written = stream.getvalue()

    assert "RiskLimitError" in written
    assert "spans     2 in 2 traces, 1 failed" in written
    assert "logs      2 records" in written
    assert "metrics   3 points" in written
    assert "quotes: 75.0% of 4 lookups answered" in written


def test_the_last_lines_are_written_once() -> None:
    """Leaving twice, by `shutdown` and at exit, says everything once."""
    stream = io.StringIO()
    terminal = Terminal(stream, "trader")
    terminal.close()
    once = stream.getvalue()
    terminal.close()

    assert once == stream.getvalue()


def test_a_forked_child_leaves_the_terminal_to_its_parent() -> None:
    """A worker process does not write its own summary between the parent's lines."""
    stream = io.StringIO()
    terminal = Terminal(stream, "trader")
    terminal.reinit_after_fork()
    terminal.close()

    assert "" == stream.getvalue()


def test_the_terminal_shows_no_secret(tmp_path: Path) -> None:
    """What is drawn is what would leave: names and errors with the secrets taken out."""
    code = """
    import otel_agent
    with otel_agent.init("x", export="console"):
        try:
            with otel_agent.span("login"):
                raise ValueError("password=hunter2-is-long")
        except ValueError:
            pass
    """
    ended = run_agent(code, tmp_path)

    assert "login" in ended.err
    assert "hunter2" not in ended.err
