"""OpenTelemetry's globals: whose providers they are, and what is kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_process import run_agent
from otlp_server import OtlpServer


@pytest.fixture
def server() -> Iterator[OtlpServer]:
    """A receiver that takes everything."""
    with OtlpServer() as running:
        yield running


def test_providers_that_are_there_are_kept_and_attached_to(server: OtlpServer, tmp_path: Path) -> None:
    """What the agent has set up keeps working, and what it records is delivered here as well."""
    code = """
    from opentelemetry import metrics, trace
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    import otel_agent

    kept, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracing = TracerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(kept))
    trace.set_tracer_provider(tracing)
    metrics.set_meter_provider(MeterProvider([reader]))
    telemetry = otel_agent.init("x", instrument=False)

    @otel_agent.traced
    def mine():
        pass

    with trace.get_tracer("theirs").start_as_current_span("outer"):
        mine()
    metrics.get_meter("theirs").create_counter("orders").add(1)
    print(sorted(span.name for span in kept.get_finished_spans()), trace.get_tracer_provider() is tracing)
    print("orders" in str(reader.get_metrics_data()))
    """
    ended = run_agent(code, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)

    assert ["['mine', 'outer'] True", "True"] == ended.out.splitlines()
    assert {"mine", "outer"} == {name for _, _, name in server.spans}
    assert {"orders", "system.memory.usage"} <= set(server.metrics)


def test_telemetry_can_begin_again_in_one_process(server: OtlpServer, tmp_path: Path) -> None:
    """A notebook that shuts down and starts anew records as the first time, through every interface."""
    code = f"""
    from opentelemetry import metrics, trace
    import otel_agent

    @otel_agent.traced
    def decide():
        pass

    for name in ("first", "second"):
        with otel_agent.init(name, endpoint={server.endpoint!r}, instrument=False):
            decide()
            with trace.get_tracer("theirs").start_as_current_span(name):
                metrics.get_meter("theirs").create_counter(f"orders.{{name}}").add(1)
    """
    ended = run_agent(code, tmp_path)

    assert (0, "") == (ended.status, ended.err)
    assert ["decide", "decide", "first", "second"] == sorted(name for _, _, name in server.spans)
    assert {"orders.first", "orders.second"} <= set(server.metrics)
