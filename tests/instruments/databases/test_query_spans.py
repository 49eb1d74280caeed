"""A query's span has the right parent, with a tracer of ours as with any other."""

import pytest
import sqlalchemy as sa
from databases import CANARY, METADATA, ORDERS, SpanQueue, Stage, create_engine, dispose
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags, use_span

from otel_agent.instruments.automatic.pending_spans import CallSite
from otel_agent.instruments.databases import sqlalchemy as instrument
from otel_agent.recording.provider import TracerProvider as OurTracerProvider


def test_spans_are_children_of_the_current_span(stage: Stage, engine: sa.Engine) -> None:
    """Times and parents are right although a span is made when its query has ended."""
    with stage.tracer.start_as_current_span("decide") as parent, engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    query, decide = stage.every_span()

    assert query.parent == parent.get_span_context()
    assert decide.start_time is not None
    assert query.start_time is not None
    assert query.end_time is not None
    assert decide.end_time is not None
    assert decide.start_time <= query.start_time <= query.end_time <= decide.end_time


def test_nothing_is_recorded_below_an_unsampled_parent(stage: Stage, engine: sa.Engine) -> None:
    """A trace that is not sampled gets no orphans, its durations count all the same."""
    unsampled = NonRecordingSpan(SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(0)))
    with use_span(unsampled), engine.connect() as connection:
        connection.execute(sa.select(ORDERS))

    assert [] == stage.spans()
    assert 1 == stage.figures("db.client.operation.duration")["orders", ":memory:", "SELECT", "SELECT orders", "sqlite"]


def test_a_remote_parent_is_left_to_the_sampler(stage: Stage, engine: sa.Engine) -> None:
    """Another process's decision is the sampler's business, not ours."""
    remote = NonRecordingSpan(SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(1)))
    with use_span(remote), engine.connect() as connection:
        connection.execute(sa.select(ORDERS))

    assert 1 == stage.spans()[0].context.trace_id


def test_a_span_that_is_not_yet_becomes_the_parent(stage: Stage, engine: sa.Engine) -> None:
    """A function that is traced because of its module gets its span when a query refers to it."""
    pending = CallSite("decide", {}, min_duration_ns=10**15, tracer=stage.tracer).begin()
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    pending.leave()
    pending.finish(None)
    query, decide = stage.every_span()

    assert "decide" == decide.name
    assert query.parent is not None
    assert query.parent.span_id == decide.context.span_id


def test_our_own_tracer_provider_makes_the_same_spans() -> None:
    """With light spans of ours the answer to every question is the SDK's."""
    queue = SpanQueue()
    provider = OurTracerProvider(shutdown_on_exit=False, queue=queue)
    tracer = provider.get_tracer("tests")
    assert "instrumented" == instrument.install(provider, NoOpMeterProvider(), slow_s=0.5)
    engine = create_engine()
    with tracer.start_as_current_span("decide"), engine.connect() as connection:
        METADATA.create_all(connection)
        connection.execute(ORDERS.insert(), [{"symbol": "a"}, {"symbol": CANARY}])
        with pytest.raises(sa.exc.IntegrityError):
            connection.execute(ORDERS.insert(), {"symbol": CANARY})
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    instrument.uninstall()
    dispose()
    spans = {span.name: span for span in queue.items}

    assert spans["decide"].context.span_id == spans["BATCH INSERT orders"].parent.span_id
    assert 2 == spans["BATCH INSERT orders"].attributes["db.operation.batch.size"]
    assert "INSERT INTO orders (symbol) VALUES (?)" == spans["INSERT orders"].attributes["db.query.text"]
    assert "sqlite3.IntegrityError" == spans["INSERT orders"].attributes["error.type"]
    assert (StatusCode.ERROR, SpanKind.CLIENT) == (
        spans["INSERT orders"].status.status_code,
        spans["INSERT orders"].kind,
    )
    assert spans["SELECT"].parent is None
    provider.shutdown()


def test_an_unsampled_trace_of_our_own_provider_is_left_out() -> None:
    """Nothing reaches the queue when the sampler says no."""
    provider = OurTracerProvider(ALWAYS_OFF, shutdown_on_exit=False)
    assert "instrumented" == instrument.install(provider, NoOpMeterProvider())
    with provider.get_tracer("tests").start_as_current_span("decide") as parent:
        with create_engine().connect() as connection:
            assert 1 == connection.scalar(sa.text("SELECT 1"))
        assert not parent.is_recording()
    instrument.uninstall()
    dispose()
    provider.shutdown()
