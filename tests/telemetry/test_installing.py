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
    providers = telemetry.status()["providers"]
    print(providers["traces"], providers["logs"], sep="; ")
    """
    ended = run_agent(code, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)

    said = "opentelemetry.sdk.trace.TracerProvider was installed before init() and kept: it decides about sampling and resource"
    assert ["['mine', 'outer'] True", "True", f"{said}; otel_agent"] == ended.out.splitlines()
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


def test_what_was_taken_before_records_again(tmp_path: Path) -> None:
    """Tracers, meters and loggers of OpenTelemetry's API, taken at any time: whoever holds one is seen by every telemetry."""
    code = """
    import time
    import otel_agent
    from opentelemetry import metrics, trace
    from opentelemetry._logs import LogRecord, get_logger

    asked = []

    def make(name):
        meter = metrics.get_meter(name)
        meter.create_observable_gauge("g." + name, [lambda _: [metrics.Observation(len(asked))]])
        return trace.get_tracer(name), meter.create_counter("c." + name), get_logger(name)

    held, provider = {"first": make("first")}, trace.get_tracer_provider()
    for number in range(3):
        telemetry = otel_agent.init(f"run-{number}", export="file", spool=False, instrument=False,
                                    config={"export": {"file": f"{number}.jsonl"}})
        held[f"inside-{number}"] = make(f"inside-{number}")
        held[f"old-{number}"] = (provider.get_tracer("old"), *make(f"old-{number}")[1:])
        for name, (tracer, counter, logger) in held.items():
            with tracer.start_as_current_span("s." + name):
                counter.add(1)
                logger.emit(LogRecord(timestamp=time.time_ns(), body="l." + name))
        telemetry.shutdown()
        held[f"between-{number}"] = make(f"between-{number}")
        text = open(f"{number}.jsonl").read()
        names = [name for name in held if name != f"between-{number}"]
        print([kind + name for name in names for kind in ("s.", "c.", "g.", "l.") if f'"{kind}{name}"' not in text])
    """
    ended = run_agent(code, tmp_path)

    assert (0, "[]\n[]\n[]\n", "") == (ended.status, ended.out, ended.err)


def test_an_observable_instrument_that_is_made_again_is_asked_once(tmp_path: Path) -> None:
    """A library that is instrumented anew makes its instruments anew; what it has left behind is asked no longer."""
    code = """
    import otel_agent
    from opentelemetry import metrics
    from otel_agent.testing import recorded

    for number in range(3):
        with recorded() as seen:
            metrics.get_meter("lib").create_observable_counter("n", [lambda _, n=number: [metrics.Observation(10 + n)]])
            print([point["value"] for point in seen.points if point["name"] == "n"])
    """
    ended = run_agent(code, tmp_path)

    assert ["[10]", "[11]", "[12]"] == ended.out.splitlines()
