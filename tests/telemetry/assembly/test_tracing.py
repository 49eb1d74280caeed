"""Where spans come from."""

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

import otel_agent
from otel_agent.config.model import Config
from otel_agent.delivery.engine import DeliveryEngine
from otel_agent.delivery.late_engine import LateEngine
from otel_agent.delivery.settings import DeliverySettings
from otel_agent.telemetry.assembly.tracing import build_tracing
from otel_agent.testing import recorded


def engine() -> LateEngine:
    """Nobody takes anything from its queues."""
    settings = DeliverySettings()
    return LateEngine(lambda queues: DeliveryEngine(None, settings=settings, queues=queues), settings)


def test_somebody_else_s_provider_is_kept_and_feeds_our_queue() -> None:
    """It is attached to, until it is closed."""
    theirs, delivery = TracerProvider(shutdown_on_exit=False), engine()
    tracing = build_tracing(Config(), Resource({}), delivery, [], existing=theirs, records_all=False)
    theirs.get_tracer("agent").start_span("seen").end()
    assert tracing.attached is not None
    tracing.attached.close()
    theirs.get_tracer("agent").start_span("after the end").end()

    assert tracing.provider is theirs
    assert ["seen"] == [span.name for span in delivery.queues["traces"].items]


def test_without_one_ours_is_built() -> None:
    """A flush of it sends what waits."""
    delivery = engine()
    tracing = build_tracing(Config(), Resource({}), delivery, [], existing=None, records_all=False)
    tracing.provider.get_tracer("agent").start_span("seen").end()

    assert tracing.attached is None
    assert 1 == len(delivery.queues["traces"].items)
    assert tracing.provider.force_flush(30_000)
    assert 0 == len(delivery.queues["traces"].items)
    delivery.close(30)


def test_spans_of_every_interface_are_of_one_trace() -> None:
    """Through `init`: a decorator's, a block's, and those of OpenTelemetry's own tracer."""
    with recorded() as telemetry, otel_agent.span("block"), trace.get_tracer("theirs").start_as_current_span("api"):
        otel_agent.traced(len)("x")

    assert [("len", 2), ("api", 3), ("block", None)] == [(span["name"], span["parent"]) for span in telemetry.spans]
