"""
The terminal as a destination: traces as trees while the agent runs, a summary in a dozen lines at the end.

Called on the delivery thread with what it took from the queues.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from opentelemetry.trace import StatusCode

from otel_agent import primitives, streams
from otel_agent.clock import SYSTEM, Clock
from otel_agent.delivery.console.summary import CacheFigures, FunctionFigures, RunSummary, render
from otel_agent.delivery.console.writer import TreeWriter
from otel_agent.instruments.caches.watching import registry
from otel_agent.outgoing_texts import Redact, cleaned
from otel_agent.recording import durations

__all__ = ["Terminal", "TerminalFigures", "build_terminal"]

TRACES_COUNTED = 200_000
"""Traces told apart; more are counted as one for each batch they come in."""


@dataclass(frozen=True)
class TerminalFigures:
    """Where the summary gets its figures from: each is asked once, at the end."""

    functions: Callable[[], Sequence[FunctionFigures]] = tuple
    caches: Callable[[], Sequence[CacheFigures]] = tuple
    alerts: Callable[[], Sequence[str]] = tuple
    findings: Callable[[], Sequence[str]] = tuple
    health: Callable[[], str | None] = field(default=lambda: None)


class Terminal:
    """
    Draws traces and counts everything that passes.

    `_lock` guards the counts: the delivery thread adds to them, whoever ends the session reads them.

    Args:
        stream: Text stream to write to; usually standard error.
        service: Name of the service, shown in the summary.
        figures: What is shown of functions, caches, alerts, findings and health.
        redact: Takes secrets out of every text: a terminal is read over shoulders and kept in logs.
        clock: Its monotonic face measures the session.
    """

    def __init__(
        self,
        stream: TextIO,
        service: str,
        figures: TerminalFigures | None = None,
        redact: Redact = str,
        clock: Clock = SYSTEM,
    ) -> None:
        self._stream = stream
        self._service = service
        self._figures = figures or TerminalFigures()
        self._clock = clock
        self._begun_s = clock.monotonic_s()
        self._redact = redact
        self._writer = TreeWriter(stream, clock, redact=redact)
        self._lock = primitives.Lock()
        self._traces: set[int] = set()
        self._spans = self._errors = self._records = self._points = 0
        self._is_closed = False

    def observers(self) -> Mapping[str, Sequence[Callable[[Sequence[Any]], object]]]:
        """What the delivery engine calls, by signal."""
        return {"traces": [self.spans], "logs": [self.logs], "metrics": [self.metrics]}

    def spans(self, ended: Sequence[Any]) -> None:
        """Draw and count ended spans."""
        with self._lock:
            self._spans += len(ended)
            for span in ended:
                if len(self._traces) < TRACES_COUNTED and span.context is not None:
                    self._traces.add(span.context.trace_id)
                self._errors += span.status.status_code is StatusCode.ERROR
            self._writer.spans(ended)

    def logs(self, records: Sequence[Any]) -> None:
        """Count log records; the agent's own handlers show them."""
        with self._lock:
            self._records += len(records)

    def metrics(self, collections: Sequence[Any]) -> None:
        """Remember how many points the last collection had."""
        with self._lock:
            self._points = sum(
                len(metric.data.data_points)
                for resource in collections[-1].resource_metrics
                for scope in resource.scope_metrics
                for metric in scope.metrics
            )

    def close(self) -> None:
        """Draw what is still open and write the last lines; safe twice."""
        if self._is_closed:
            return
        self._is_closed = True
        with self._lock:
            self._writer.close()
            lines = render(cleaned(self._summary(), self._redact))
        streams.write(self._stream, "\n".join(lines) + "\n")  # or it has gone, and with it whoever would read this

    def reinit_after_fork(self) -> None:
        """Say nothing in a forked child: the terminal belongs to its parent."""
        self._lock = primitives.Lock()
        self._is_closed = True

    def _summary(self) -> RunSummary:
        figures = self._figures
        return RunSummary(
            service=self._service,
            elapsed_s=self._clock.monotonic_s() - self._begun_s,
            traces=len(self._traces),
            spans=self._spans,
            errors=self._errors,
            log_records=self._records,
            metric_points=self._points,
            functions=figures.functions(),
            caches=figures.caches(),
            alerts=figures.alerts(),
            findings=figures.findings(),
            health=figures.health(),
        )


def build_terminal(
    service: str,
    redact: Callable[[str], str],
    *,
    alerts: Callable[[], Sequence[str]],
    findings: Callable[[], Sequence[str]],
    health: Callable[[], str | None],
) -> Terminal:
    """
    Build the destination, on standard error.

    Args:
        service: Name of the service.
        redact: Takes secrets out of texts.
        alerts: A line for each alert that fires.
        findings: A line for each finding, most saving first.
        health: State of the agent; None where nothing is checked.
    """
    figures = TerminalFigures(
        functions=lambda: [FunctionFigures(*line) for line in durations.shared.figures()],
        caches=_cache_figures,
        alerts=alerts,
        findings=findings,
        health=health,
    )
    return Terminal(sys.stderr, service, figures, redact)


def _cache_figures() -> list[CacheFigures]:
    figures = [(watched.name, watched.statistics()) for watched in registry.each()]
    return [CacheFigures(name, each.hits, each.hits + each.misses) for name, each in figures]
