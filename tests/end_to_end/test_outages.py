"""An outage stays where it is: the backend that is away, the restart, the gateway; what was acknowledged is there afterwards."""

import os
import time
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from real_programs import free_ports, started
from real_servers import Collector, Kafka, Prometheus, attributes
from waiting import until

pytestmark = pytest.mark.e2e


def spans(name: str, *, count: int = 1, size: int = 0, trace: bytes | None = None) -> bytes:
    """A request with some spans of one trace, each with so many characters beside."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "case"
    scope = resource.scope_spans.add()
    trace = trace or os.urandom(16)
    for _ in range(count):
        now_ns = time.time_ns()
        span = scope.spans.add(trace_id=trace, span_id=os.urandom(8), name=name, kind=1, start_time_unix_nano=now_ns)
        span.end_time_unix_nano = now_ns + 1_000_000
        span.attributes.add(key="pad").value.string_value = os.urandom(size // 2).hex()
    wire: bytes = request.SerializeToString()
    return wire


def logs(body: str, size: int) -> bytes:
    """A request with one log record of some size."""
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=time.time_ns())
    record.body.string_value = body
    record.attributes.add(key="pad").value.string_value = os.urandom(size // 2).hex()
    wire: bytes = request.SerializeToString()
    return wire


def post(collector: Collector, signal: str, body: bytes) -> int:
    """What the receiver answers."""
    headers = {"content-type": "application/x-protobuf"}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(f"{collector.http}/v1/{signal}", body, headers), timeout=30
        ) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_backend_that_is_away_costs_itself_alone(tmp_path: Path) -> None:
    """With the queue of one backend full, agents are answered 200, the other backend has each item once, and losses are counted."""
    (nobody,) = free_ports(1)
    environ = {"BACKEND_ENDPOINT": f"http://127.0.0.1:{nobody}", "OTELCOL_QUEUE_BYTES": "1100000"}
    collector = Collector(tmp_path, "file", "otlp-http", environ=environ)
    with started(collector):
        answers = Counter(post(collector, "traces", spans(f"order-{n}", count=4, size=40_000)) for n in range(12))
        answers += Counter(post(collector, "logs", logs(f"line {n}", 160_000)) for n in range(12))
        until(lambda: len(collector.filed_spans()) >= 48)
        until(lambda: len(collector.filed("resourceLogs")) >= 12)
        lost = [
            collector.own_metric(f"otelcol_exporter_enqueue_failed_{what}_total") for what in ("spans", "log_records")
        ]
        until(lambda: sum(calls(collector).values()) >= 48)
    copies = Counter(span["spanId"] for span in collector.filed_spans())

    assert {200: 24} == answers
    assert ({1}, 48) == (set(copies.values()), len(copies))
    assert 12 == len(collector.filed("resourceLogs"))
    assert all(lost), lost
    assert 48 == sum(calls(collector).values())
    assert "Lost for this backend alone" in collector.log.read_text()


def calls(collector: Collector) -> dict[tuple[str, str], int]:
    """Calls by series and start, as the collector counted them."""
    found: dict[tuple[str, str], int] = {}
    for resource in collector.filed("resourceMetrics"):
        for scope in resource["scopeMetrics"]:
            for metric in scope["metrics"]:
                for point in metric["sum"]["dataPoints"] if metric["name"] == "traces.span.metrics.calls" else ():
                    key = (str(sorted(attributes(point).items())), point["startTimeUnixNano"])
                    found[key] = max(found.get(key, 0), int(point["asInt"]))
    return found


def test_spans_are_counted_over_a_restart(tmp_path: Path) -> None:
    """What arrived before an ordinary stop is counted, although the interval was not over; and the file takes it whole."""
    collector = Collector(tmp_path, "file", environ={"OTELCOL_SPAN_METRICS_INTERVAL": "60s"})
    with started(collector):
        statuses = [post(collector, "traces", spans(f"fill-{n}", count=10)) for n in range(4)]
        collector.stop()
        collector.start()
        statuses += [post(collector, "traces", spans("after", count=2))]

    assert [200] * 5 == statuses
    assert 42 == sum(calls(collector).values())
    assert 42 == len(collector.filed_spans())
    assert "panic" not in collector.log.read_text()


def test_remote_write_keeps_its_queue_on_disk(tmp_path: Path) -> None:
    """Metrics taken while the receiver is away arrive after the collector was killed and started again."""
    prometheus = Prometheus(tmp_path / "prometheus", "--web.enable-remote-write-receiver")
    environ = {"PROMETHEUS_REMOTE_WRITE_URL": f"{prometheus.url}/api/v1/write"}
    collector = Collector(tmp_path / "collector", "prometheus-remote-write", environ=environ)
    with started(collector):
        assert 200 == post(collector, "traces", spans("kept"))
        log = tmp_path / "collector" / "state" / "remote-write"
        until(lambda: any(path.stat().st_size for path in log.rglob("0*")))
        collector.stop(kill=True)
        collector.start()
        with started(prometheus):
            found = prometheus.wait_for('max_over_time(traces_span_metrics_calls_total{span_name="kept"}[1h])')

    assert found


def test_two_gateways_sample_whole_traces(tmp_path: Path) -> None:
    """A tier in front hands each trace to one of two gateways, which keep or drop it whole; each span is measured once."""
    environ = {"OTELCOL_TAIL_WAIT": "2s", "OTELCOL_TAIL_PERCENT": "50", "OTELCOL_TAIL_SLOW_MS": "60000"}
    gateways = [
        Collector(tmp_path / name, "file", options=["tail-sampling"], environ=environ) for name in ("first", "second")
    ]
    names = ",".join(gateway.grpc.removeprefix("http://") for gateway in gateways)
    front = Collector(tmp_path / "front", "gateways", options=["unmeasured"], environ={"GATEWAYS": names})
    traces = [os.urandom(16) for _ in range(40)]
    with started(gateways[0]), started(gateways[1]), started(front):
        for part in ("begin", "middle", "end"):
            for trace in traces:
                assert 200 == post(front, "traces", spans(part, trace=trace))

        def measured() -> int:
            return sum(sum(calls(gateway).values()) for gateway in gateways)

        until(lambda: measured() >= 120)
        sampled = "otelcol_processor_tail_sampling_global_count_traces_sampled_total"
        until(lambda: all(gateway.own_metric(sampled) for gateway in gateways))
        until(lambda: sum(len(gateway.filed_spans()) for gateway in gateways) % 3 == 0)
        kept = [Counter(span["traceId"] for span in gateway.filed_spans()) for gateway in gateways]
    kept = [Counter(span["traceId"] for span in gateway.filed_spans()) for gateway in gateways]

    assert 120 == measured()
    assert {3} == set(kept[0].values()) | set(kept[1].values()), "a trace is whole or absent"
    assert not kept[0].keys() & kept[1].keys()
    assert 0 < len(kept[0]) + len(kept[1]) < 40


def test_kafka_between_two_tiers(tmp_path: Path) -> None:
    """Spans and records pass a broker, while the tier behind it is away and over its kill; none is lost."""
    broker = Kafka(tmp_path / "broker")
    environ = {"KAFKA_BROKERS": broker.endpoint}
    front = Collector(tmp_path / "front", "kafka", options=["unmeasured"], environ=environ)
    behind = Collector(tmp_path / "behind", "file", options=["kafka-in"], environ=environ)
    traces = [os.urandom(16) for _ in range(20)]

    def arrived() -> Counter[str]:
        return Counter(span["spanId"] for span in behind.filed_spans())

    with started(broker), started(front):
        statuses = [post(front, "traces", spans("before", count=2, trace=trace)) for trace in traces]
        statuses += [post(front, "logs", logs(f"line {number}", 100)) for number in range(20)]
        until(lambda: front.own_metric("otelcol_exporter_sent_spans_total") >= 40)
        with started(behind):
            until(lambda: len(arrived()) >= 40)
            until(lambda: len(behind.filed("resourceLogs")) >= 20)
            behind.stop(kill=True)
            statuses += [post(front, "traces", spans("after", count=2, trace=trace)) for trace in traces]
            behind.start()
            until(lambda: len(arrived()) >= 80)

    assert {200} == set(statuses)
    assert 80 == len(arrived())
    assert {trace.hex() for trace in traces} == {span["traceId"] for span in behind.filed_spans()}
