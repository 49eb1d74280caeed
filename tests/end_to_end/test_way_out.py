"""Whatever speaks OTLP reaches Jaeger, Prometheus and a file through the collector, and secrets stay behind."""

import os
import sys
import time
import urllib.request
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpanExporter
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter
from opentelemetry.trace import Status, StatusCode
from real_programs import ROOT, Server, free_ports, get_json, started
from real_servers import Backends, Collector, Prometheus, attributes
from waiting import until

pytest_plugins = ["real_backends"]
pytestmark = pytest.mark.e2e


MEASURED = {
    "agent_cache_requests_total": "3",
    "system_memory_utilization_ratio": "0.25",
    "db_client_operation_duration_seconds_count": "1",
}
"""What `send_metrics` sends, by Prometheus's names."""


def send_metrics(service: str, collector: Collector) -> None:
    """A counter, a gauge and a histogram, once."""
    exporter = OTLPMetricExporter(endpoint=f"{collector.http}/v1/metrics")
    resource = Resource(
        {"service.name": service, "service.instance.id": "one", "service.version": "1.2", "os.type": "linux"}
    )
    reader = PeriodicExportingMetricReader(exporter, 3_600_000)
    provider = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
    meter = provider.get_meter("test")
    meter.create_counter("agent.cache.requests", "{request}").add(3, {"agent.cache.result": "hit"})
    meter.create_gauge("system.memory.utilization", "1").set(0.25)
    meter.create_histogram("db.client.operation.duration", "s").record(0.2)
    provider.shutdown()


class RiskLimitError(Exception):
    """A position would break a limit."""


def span_exporter(collector: Collector, protocol: str) -> SpanExporter:
    """The SDK's own exporter."""
    if protocol == "grpc":
        return GrpcSpanExporter(endpoint=collector.grpc, insecure=True)
    return HttpSpanExporter(endpoint=f"{collector.http}/v1/traces")


def send_spans(service: str, exporter: SpanExporter, names: Sequence[str] = ("leaf",), **attributes: Any) -> None:
    """A parent `root` with one child per name; the last one failed."""
    provider = TracerProvider(resource=Resource({"service.name": service}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("root"):
        for name in names:
            with tracer.start_as_current_span(name, attributes=attributes) as span:
                if name == names[-1]:
                    span.set_status(Status(StatusCode.ERROR))
    provider.shutdown()


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_spans_are_seen_in_jaeger(backends: Backends, protocol: str) -> None:
    """Spans sent by either protocol are there with their parents, attributes and statuses."""
    service = f"spans-{protocol.partition('/')[0]}"
    send_spans(service, span_exporter(backends.collector, protocol), ("first", "second"), **{"order.side": "buy"})
    found = until(lambda: backends.jaeger.spans(service), lambda spans: len(spans) == 3)
    spans = {span["name"]: span for span in found}

    assert {"root", "first", "second"} == set(spans)
    assert {spans["root"]["spanId"]} == {spans[name]["parentSpanId"] for name in ("first", "second")}
    assert {"order.side": "buy"}.items() <= attributes(spans["first"]).items()
    assert 2 == spans["second"]["status"]["code"]


def test_secrets_stay_behind(backends: Backends) -> None:
    """What looks like a secret, by its key or by its value, is stars in Jaeger; token counts are not."""
    planted = {
        "http.request.header.authorization": "Basic dXNlcjpwYXNz",
        "db.password": "hunter2",
        "note": "key AKIAABCDEFGHIJKLMNOP is mine",
        "gen_ai.usage.input_tokens": 12,
    }
    send_spans("secretive", span_exporter(backends.collector, "grpc"), ("leaf",), **planted)
    (leaf,) = until(lambda: [span for span in backends.jaeger.spans("secretive") if span["name"] == "leaf"])
    seen = attributes(leaf)

    assert {"****"} == {seen["http.request.header.authorization"], seen["db.password"]}
    assert "key **** is mine" == seen["note"]
    assert "12" == str(seen["gen_ai.usage.input_tokens"])


def test_metrics_are_seen_in_prometheus(backends: Backends) -> None:
    """Counter, gauge and histogram carry the names and labels that rules and dashboards are written for."""
    send_metrics("meter", backends.collector)
    seen = {name: backends.prometheus.wait_for(f'{name}{{job="meter"}}') for name in MEASURED}

    assert MEASURED == {name: series[0]["value"][1] for name, series in seen.items()}
    assert {
        "__name__": "agent_cache_requests_total",
        "agent_cache_result": "hit",
        "instance": "one",
        "job": "meter",
        "service_instance_id": "one",
        "service_name": "meter",
        "service_version": "1.2",
    }.items() <= seen["agent_cache_requests_total"][0]["metric"].items()
    assert "os_type" not in seen["agent_cache_requests_total"][0]["metric"]
    assert ["linux"] == [
        series["metric"]["os_type"] for series in backends.prometheus.query('target_info{job="meter"}')
    ]


def test_metrics_are_seen_through_remote_write(tmp_path: Path) -> None:
    """What takes remote write only shows the same names, with job and instance."""
    prometheus = Prometheus(tmp_path / "prometheus", "--web.enable-remote-write-receiver")
    environ = {"PROMETHEUS_REMOTE_WRITE_URL": f"{prometheus.url}/api/v1/write"}
    collector = Collector(tmp_path / "collector", "prometheus-remote-write", environ=environ)
    with started(prometheus), started(collector):
        send_metrics("writer", collector)
        seen = {name: prometheus.wait_for(f'{name}{{job="writer", instance="one"}}') for name in MEASURED}

    assert MEASURED == {name: series[0]["value"][1] for name, series in seen.items()}


def test_metrics_are_seen_on_a_page_to_be_scraped(tmp_path: Path) -> None:
    """Who may only be scraped shows the same names on a page."""
    (port,) = free_ports(1)
    collector = Collector(tmp_path, "prometheus-scrape", environ={"OTELCOL_SCRAPE_PORT": str(port)})

    def page() -> dict[str, str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return {line.partition("{")[0]: f"{float(line.rsplit(' ', 1)[1]):g}" for line in lines if 'job="shown"' in line}

    with started(collector):
        send_metrics("shown", collector)
        shown = until(page, lambda shown: MEASURED.keys() <= shown.keys())

    assert MEASURED == {name: shown[name] for name in MEASURED}


def test_prometheus_judges_the_agents_rules_and_tells_alertmanager(backends: Backends) -> None:
    """The default rules are healthy in Prometheus, and the one that always fires is seen in Alertmanager."""
    alerts = until(backends.alertmanager.alerts)
    rules = [
        rule
        for group in get_json(f"{backends.prometheus.url}/api/v1/rules")["data"]["groups"]
        for rule in group["rules"]
    ]

    assert {"Watchdog"} <= {alert["labels"]["alertname"] for alert in alerts}
    assert [] == [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] == "err"]


def test_logs_carry_trace_ids(backends: Backends) -> None:
    """A record written inside a span arrives with the ids of that span."""
    resource = Resource({"service.name": "writer"})
    tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
    loggers = LoggerProvider(resource=resource, shutdown_on_exit=False)
    loggers.add_log_record_processor(
        SimpleLogRecordProcessor(OTLPLogExporter(endpoint=f"{backends.collector.http}/v1/logs"))
    )
    with tracers.get_tracer("test").start_as_current_span("root") as span:
        loggers.get_logger("test").emit(body="bought 3", attributes={"api_key": "hunter2"}, timestamp=time.time_ns())
    loggers.shutdown()

    (record,) = until(lambda: backends.collector.filed_logs("writer"))

    assert f"{span.get_span_context().trace_id:032x}" == record["traceId"]
    assert f"{span.get_span_context().span_id:016x}" == record["spanId"]
    assert ("bought 3", "****") == (record["body"]["stringValue"], attributes(record)["api_key"])


def test_spans_are_counted_and_timed(backends: Backends) -> None:
    """The collector makes calls and durations of spans, under the names rule files ask for, with exemplars."""
    send_spans("counted", span_exporter(backends.collector, "grpc"), ("leaf", "leaf", "leaf"))
    failed = 'traces_span_metrics_calls_total{job="counted", span_name="leaf", status_code="STATUS_CODE_ERROR"}'
    calls = backends.prometheus.wait_for(f"{failed} == 3")
    bucket = 'traces_span_metrics_duration_seconds_bucket{job="counted", span_name="leaf"}'
    exemplars = until(lambda: backends.prometheus.exemplars(bucket))
    (trace,) = {span["traceId"] for span in until(lambda: backends.jaeger.spans("counted"))}

    assert 1 == len(calls)
    assert trace in {one["labels"]["trace_id"] for one in exemplars}


def test_exceptions_are_counted_by_type(backends: Backends) -> None:
    """Each exception recorded on a span counts under the short name of its type; other events do not count."""
    provider = TracerProvider(resource=Resource({"service.name": "raiser"}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(span_exporter(backends.collector, "grpc")))
    for error in (RiskLimitError(), RiskLimitError(), ValueError()):
        with provider.get_tracer("test").start_as_current_span("decide") as span:
            span.add_event("tick")
            span.record_exception(error)
    provider.shutdown()
    expression = 'sum by (job, span_name, exception_type) (traces_span_metrics_exceptions_total{job="raiser"})'
    found = until(
        lambda: backends.prometheus.query(expression),
        lambda found: ["1", "2"] == sorted(series["value"][1] for series in found),
    )

    assert {"RiskLimitError": "2", "ValueError": "1"} == {
        series["metric"]["exception_type"]: series["value"][1] for series in found
    }


def test_jaeger_shows_calls_and_errors_over_time(backends: Backends) -> None:
    """Jaeger's Monitor finds the collector's span metrics in Prometheus: names, labels and units are those it asks for."""
    send_spans("monitored", span_exporter(backends.collector, "grpc"))
    backends.prometheus.wait_for('traces_span_metrics_calls_total{job="monitored"}')

    def figures(kind: str) -> list[Any]:
        now_ms = int(time.time() * 1000)
        what = {"service": "monitored", "endTs": str(now_ms), "lookback": "60000", "step": "5000", "ratePer": "60000"}
        how = {"spanKind": "internal", "quantile": "0.95"} if kind == "latencies" else {"spanKind": "internal"}
        found: list[Any] = get_json(f"{backends.jaeger.url}/api/metrics/{kind}", **what, **how)["metrics"]
        return found

    seen = {kind: until(partial(figures, kind)) for kind in ("calls", "errors", "latencies")}

    assert {"calls": True, "errors": True, "latencies": True} == {kind: bool(found) for kind, found in seen.items()}


def test_the_collector_reports_itself(backends: Backends) -> None:
    """Prometheus scrapes the collector, whose metrics have the same names there as after OTLP."""
    send_spans("reported", span_exporter(backends.collector, "grpc"))
    accepted = until(
        lambda: backends.prometheus.query('otelcol_receiver_accepted_spans_total{job="otel-agent-collector"}')
    )
    sent = until(lambda: backends.prometheus.query("otelcol_exporter_sent_spans_total"))

    assert accepted
    assert sent


def test_no_old_name_is_used(backends: Backends) -> None:
    """The collector's log holds no word of names or settings that will go."""
    text = backends.collector.log.read_text()

    assert [] == [line for line in text.splitlines() if "deprecated" in line or "legacy inline" in line]
    assert '"level":"error"' not in text


def test_tail_sampling_keeps_what_failed(tmp_path: Path) -> None:
    """With a share of 0 for the rest, failed traces come out whole, others not at all, and all were counted."""
    options = {"OTELCOL_TAIL_WAIT": "1s", "OTELCOL_TAIL_PERCENT": "0", "OTELCOL_TAIL_SLOW_MS": "60000"}
    collector = Collector(tmp_path, "file", options=["tail-sampling"], environ=options)
    with started(collector):
        exporter = span_exporter(collector, "grpc")
        provider = TracerProvider(resource=Resource({"service.name": "sampled"}), shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        for number in range(20):
            with provider.get_tracer("test").start_as_current_span(f"root-{number}") as root:
                if number % 10 == 0:
                    root.set_status(Status(StatusCode.ERROR))
                provider.get_tracer("test").start_span(f"leaf-{number}").end()
        provider.shutdown()

        until(collector.filed_spans, lambda spans: len(spans) >= 4)
        until(lambda: collector.filed("resourceMetrics"))
        names = [span["name"] for span in collector.filed_spans()]

    assert ["leaf-0", "leaf-10", "root-0", "root-10"] == sorted(names)


def test_content_is_left_out_on_request(tmp_path: Path) -> None:
    """Prompts and answers do not pass a collector with the option no-content; counts do."""
    collector = Collector(tmp_path, "file", options=["no-content"])
    content = {
        "gen_ai.input.messages": "[...]",
        "gen_ai.system_instructions": "be good",
        "gen_ai.tool.call.arguments": "{}",
        "gen_ai.usage.input_tokens": 7,
    }
    with started(collector):
        send_spans("quiet", span_exporter(collector, "grpc"), ("chat",), **content)
        spans = until(collector.filed_spans, lambda spans: len(spans) == 2)
    chat = next(span for span in spans if span["name"] == "chat")

    assert {"gen_ai.usage.input_tokens"} == set(attributes(chat))


def test_a_backend_s_outage_loses_nothing(tmp_path: Path) -> None:
    """Spans taken while the backend is away are on disk, outlive a kill of the collector, and arrive when it is back."""
    target = Collector(tmp_path / "target", "file")
    collector = Collector(
        tmp_path / "front",
        "otlp-grpc",
        environ={"BACKEND_ENDPOINT": target.grpc.removeprefix("http://"), "BACKEND_INSECURE": "true"},
    )
    with started(collector), started(target):
        target.stop(kill=True)
        send_spans("patient", span_exporter(collector, "http/protobuf"), [f"leaf-{number}" for number in range(50)])
        until(lambda: collector.own_metric("otelcol_exporter_queue_size") > 0)
        collector.stop(kill=True)
        collector.start()
        target.start()

        spans = until(target.filed_spans, lambda spans: len(spans) >= 51)

    assert sorted(["root", *(f"leaf-{number}" for number in range(50))]) == sorted(span["name"] for span in spans)


def test_the_command_runs_the_collector(tmp_path: Path) -> None:
    """`otel-agent collector run` becomes the real collector, which takes spans, and ends well when asked to."""
    grpc, http, health, metrics = free_ports(4)
    environ = {
        "OTELCOL_GRPC_PORT": str(grpc),
        "OTELCOL_HTTP_PORT": str(http),
        "OTELCOL_HEALTH_PORT": str(health),
        "OTELCOL_METRICS_PORT": str(metrics),
        "OTELCOL_DEBUG_VERBOSITY": "detailed",
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PATH": f"{ROOT / 'build'}{os.pathsep}{os.environ['PATH']}",
    }
    command = [sys.executable, "-m", "otel_agent", "collector", "run", "--backend", "debug"]
    server = Server("command", command, tmp_path, f"http://127.0.0.1:{health}", environ)
    with started(server):
        send_spans("commanded", HttpSpanExporter(endpoint=f"http://127.0.0.1:{http}/v1/traces"))
        is_seen = until(lambda: "service.name: Str(commanded)" in server.tail(20_000))

    assert is_seen
    assert (tmp_path / "state" / "otel-agent" / "collector").is_dir()
    assert '"msg":"Shutdown complete."' in server.tail()
