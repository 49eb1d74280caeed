"""
In which order parts start, and how each closes and follows a fork. The last one started is closed first.

    health, terminal, logs, delivery, spans, logging │ instruments │ judge, metrics
    answers to the last      saves the data            feed it        the last collection and messages, first to end
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from otel_agent.instruments.automatic.pending_spans import PendingSpan
from otel_agent.lifecycle.components import Component
from otel_agent.logs.bridge import BridgeHandler, install_bridge
from otel_agent.recording.open_spans import end_open_spans

if TYPE_CHECKING:
    from otel_agent.telemetry.parts import Parts

__all__ = ["components"]

_SHARE = 0.25
"""Of the time of the end, what the last collection and the last messages may take each; the rest is delivery's."""


def components(parts: "Parts", instruments: Component) -> Iterator[Component]:
    """
    The components of a lifecycle, in the order in which they start.

    Args:
        parts: Built.
        instruments: What feeds them.
    """
    share_s = parts.lifecycle.shutdown_timeout_s * _SHARE
    health, terminal, outputs, engine = parts.health, parts.terminal, parts.outputs, parts.engine
    yield Component(
        "health",
        lambda: health.start(strict=parts.config.strict, is_watching=False),
        health.close,
        reinit_after_fork=health.reinit_after_fork,
    )
    if terminal is not None:
        yield Component("terminal", close=lambda _: terminal.close(), reinit_after_fork=terminal.reinit_after_fork)
    yield Component("logs", outputs.start, outputs.close, reinit_after_fork=outputs.reinit_after_fork)
    yield Component("errors", reinit_after_fork=parts.errors.reinit_after_fork)
    yield Component(
        "delivery",
        engine.start,
        engine.close,
        hurry=engine.hurry,
        saves_data=True,
        hold_for_fork=engine.hold_for_fork,
        go_on_after_fork=engine.go_on_after_fork,
        reinit_after_fork=engine.reinit_after_fork,
    )
    if parts.tail is not None:
        yield Component("tail", reinit_after_fork=parts.tail.reinit_after_fork)
    yield Component("spans", close=lambda _: _end_spans(parts), reinit_after_fork=parts.renew_resource)
    if parts.bridge is not None:
        yield _bridging(parts.bridge, is_last_resort=outputs.has_console)
    yield instruments
    judging, reader = parts.judging, parts.reader
    if judging is not None:
        yield Component(
            "judge", judging.start, judging.close, at_most_s=share_s, reinit_after_fork=judging.reinit_after_fork
        )
    if reader is not None:
        yield Component("metrics", reader.start, reader.close, at_most_s=share_s)


def _bridging(bridge: BridgeHandler, *, is_last_resort: bool) -> Component:
    removals: list[Callable[[], object]] = []

    def close(_: float) -> None:
        while removals:
            removals.pop()()

    return Component("logging", lambda: removals.append(install_bridge(bridge, is_last_resort=is_last_resort)), close)


def _end_spans(parts: "Parts") -> None:
    """What is still open is sent as it is, marked; what ends later is nobody's."""
    end_open_spans(parts.tracer_provider, (PendingSpan,))
    if parts.spans is not None:
        parts.spans.close()
