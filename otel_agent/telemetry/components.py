"""
In which order parts start, and how each closes and follows a fork. The last one started is closed first.

    health, terminal, logs, delivery, spans, logging │ insight, instruments │ alerting, metrics
    answers to the last      saves the data            feed it        the last collection and messages, first to end
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from otel_agent.instruments.automatic.pending_spans import PendingSpan
from otel_agent.late_imports import late_module
from otel_agent.lifecycle.components import Component
from otel_agent.logs.bridge import BridgeHandler
from otel_agent.logs.dispatch import install_bridge
from otel_agent.providers.resource import renewed
from otel_agent.recording.open_spans import end_open_spans
from otel_agent.telemetry.parts import Parts

if TYPE_CHECKING:
    from otel_agent.processors import series_writer
else:
    series_writer = late_module("otel_agent.processors.series_writer")  # for agents with rules, and their children

__all__ = ["start"]

_SHARE = 0.25
"""Share of the time of the end that the last messages and the last findings may take each; the rest is delivery's."""

_LAST_COLLECTION_SHARE = 0.5
"""Share of that time for the last collection: in a short program, on a busy machine, it is the first."""


def start(parts: Parts, instruments: Component) -> None:
    """
    Start everything in order.

    Args:
        parts: Everything the telemetry consists of, built.
        instruments: What feeds all this; closed after the last collection.

    Raises:
        LifecycleError: Something cannot be started; what had been is stopped again.
    """
    parts.lifecycle.on_drain(parts.health.drain)
    for component in _components(parts, instruments):
        parts.lifecycle.add(component)
    parts.lifecycle.start()


def _components(parts: Parts, instruments: Component) -> Iterator[Component]:
    share_s = parts.lifecycle.shutdown_timeout_s * _SHARE
    last_collection_s = parts.lifecycle.shutdown_timeout_s * _LAST_COLLECTION_SHARE
    health, terminal, outputs, engine = parts.health, parts.terminal, parts.logs.outputs, parts.engine
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
    yield Component("span processors", close=lambda _: _end_processors(parts), at_most_s=share_s)
    yield Component("spans", close=lambda _: _end_spans(parts), reinit_after_fork=lambda: _renew_resource(parts))
    if parts.logs.bridge is not None:
        yield _bridging(parts.logs.bridge, is_last_resort=outputs.has_console)
    insight = parts.insight
    yield Component(
        "insight", insight.start, close=insight.close, at_most_s=share_s, reinit_after_fork=insight.reinit_after_fork
    )
    yield instruments
    alerting, reader = parts.alerting, parts.metering.reader
    if alerting is not None:
        yield Component(
            "alerting",
            alerting.start,
            lambda timeout_s: alerting.close(timeout_s, engine.look_at_waiting),
            at_most_s=share_s,
            reinit_after_fork=alerting.reinit_after_fork,
        )
    if parts.recent_past is not None:
        yield Component("recent past", reinit_after_fork=parts.recent_past.reinit_after_fork)
    if reader is not None:
        yield Component("metrics", reader.start, reader.close, at_most_s=last_collection_s)


def _bridging(bridge: BridgeHandler, *, is_last_resort: bool) -> Component:
    removals: list[Callable[[], object]] = []

    def close(_: float) -> None:
        while removals:
            removals.pop()()

    return Component("logging", lambda: removals.append(install_bridge(bridge, is_last_resort=is_last_resort)), close)


def _end_spans(parts: Parts) -> None:
    """What is still open is sent as it is, marked; what ends later is nobody's."""
    end_open_spans(parts.tracing.provider, (PendingSpan,))
    if parts.tracing.attached is not None:
        parts.tracing.attached.close()


def _end_processors(parts: Parts) -> None:
    """Span processors that the agent has added send what they hold, as they would at the end of the SDK's provider."""
    if parts.existing.tracer_provider is None:
        parts.tracing.provider.shut_processors_down()


def _renew_resource(parts: Parts) -> None:
    """In a forked child: the resource names the child from now on. Providers of others have a resource of their own."""
    parts.resource = resource = renewed(parts.resource, parts.config.resource.attributes)
    for part in (parts.tracing.provider, parts.metering.provider, parts.metering.reader, parts.logs.provider):
        renew = getattr(part, "renew_resource", None)
        if renew is not None:
            renew(resource)
    if parts.logs.bridge is not None:
        parts.logs.bridge.renew(resource)
    if parts.alerting is not None:
        parts.alerting.span_statistics.relabel(series_writer.resource_labels(resource.attributes))
