"""
The same metrics sent to a real Prometheus over OTLP and kept by the agent: the same series, labels and values.

Needs a Prometheus 3, whose receiver takes OTLP; Debian's has none.
"""

import json
import re
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource

from otel_agent.alerts.promql.evaluation import Context, evaluate
from otel_agent.alerts.promql.parsing import parse
from otel_agent.catalog import METRICS
from otel_agent.catalog.records import InstrumentKind
from otel_agent.processors.series_writer import SeriesWriter
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.labels import NAME
from otel_agent.series.store import Store

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
CONFIG = """
global: {}
otlp: {translation_strategy: UnderscoreEscapingWithSuffixes}
storage: {tsdb: {out_of_order_time_window: 30m}}
"""


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[str]:
    """Address of a Prometheus that takes OTLP."""
    program = shutil.which("prometheus", path=str(ROOT / "build")) or shutil.which("prometheus")
    if program is None:
        pytest.skip("needs Prometheus 3")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    if "version 2." in version.stdout + version.stderr:
        pytest.skip("needs Prometheus 3; this one is older and takes no OTLP")
    (tmp_path / "prometheus.yml").write_text(CONFIG)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    process = subprocess.Popen(
        [
            *(program, f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data"),
            *(f"--web.listen-address={address.removeprefix('http://')}", "--web.enable-otlp-receiver"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline_s = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"{address}/-/ready").close()
            break
        except OSError:
            assert time.monotonic() < deadline_s
            time.sleep(0.1)
    yield address
    process.terminate()
    process.wait(20)


def query(address: str, expression: str, at_s: float) -> dict[str, float]:
    """Values of Prometheus, by labels."""
    text = urllib.parse.urlencode({"query": expression, "time": f"{at_s:.3f}"})
    with urllib.request.urlopen(f"{address}/api/v1/query?{text}") as answer:
        found = json.load(answer)["data"]["result"]
    return {
        json.dumps(one["metric"], sort_keys=True): float(
            one["value"][1] if "value" in one else one["histogram"][1]["count"]
        )
        for one in found
    }


def ours(store: Store, expression: str, at_s: float) -> dict[str, float]:
    """Our values, by labels."""
    return {
        json.dumps(labels.as_dict(), sort_keys=True): value.count
        if isinstance(value, NativeHistogram)
        else float(value)
        for labels, value in evaluate(parse(expression), Context(store, round(at_s * 1000)))
    }


def test_every_catalogued_metric_is_the_same_series_in_both(prometheus: str) -> None:
    """Names, labels and values of all metrics of the catalogue, and quantiles of native histograms, are Prometheus's."""
    reader = InMemoryMetricReader()
    exponential = [metric.name for metric in METRICS.values() if metric.kind is InstrumentKind.EXPONENTIAL_HISTOGRAM]
    views = [View(instrument_name=name, aggregation=ExponentialBucketHistogramAggregation()) for name in exponential]
    resource = Resource({"service.name": "trader", "service.namespace": "desk", "service.instance.id": "i-1"})
    provider = MeterProvider([reader], resource, views=views, shutdown_on_exit=False)
    meter = provider.get_meter("test")
    store = Store()
    judgement = SeriesWriter(store, is_birth_counted=False)
    instruments = {}
    for metric in METRICS.values():
        make = {
            InstrumentKind.COUNTER: meter.create_counter,
            InstrumentKind.UP_DOWN_COUNTER: meter.create_up_down_counter,
            InstrumentKind.GAUGE: meter.create_gauge,
        }.get(metric.kind, meter.create_histogram)
        instruments[metric.name] = make(metric.name, metric.unit)
    for step in range(5):
        for number, (name, instrument) in enumerate(instruments.items()):
            attributes = {attribute.name: "x" for attribute in METRICS[name].attributes} | {"2nd": number, "_a.b": True}
            for amount in (0.25 * (number + 1), 0.01 * (step + 1)):
                for method in ("add", "set", "record"):
                    if hasattr(instrument, method):
                        getattr(instrument, method)(amount, attributes)
        data = reader.get_metrics_data()
        assert data is not None
        judgement.on_collect(data)
        body = encode_metrics(data).SerializeToString()
        request = urllib.request.Request(
            f"{prometheus}/api/v1/otlp/v1/metrics", body, {"Content-Type": "application/x-protobuf"}
        )
        urllib.request.urlopen(request).close()
        time.sleep(0.3)
    at_s = max(series.points.last_ms for series in store) / 1000 + 0.05
    classic = {series.labels.get(NAME) for series in store if not isinstance(series.points.window(0, 1).values, list)}
    native = {series.labels.get(NAME) for series in store} - classic
    beside = {f"{name}{suffix}" for name in native for suffix in ("_sum", "_count")}
    different = []
    for name in sorted((classic | native) - beside):
        expected, actual = query(prometheus, name, at_s), ours(store, name, at_s)
        if expected.keys() != actual.keys() or any(abs(expected[key] - actual[key]) > 1e-9 for key in expected):
            different.append((name, expected, actual))
    for name in native:
        for expression in (
            *(f"histogram_quantile({share}, {name})" for share in (0, 0.1, 0.5, 0.9, 0.99, 1)),
            f"histogram_count({name})",
            f"histogram_avg({name})",
            f"histogram_fraction(0.1, 5, {name})",
            f"histogram_count(increase({name}[1m]))",
            f"histogram_quantile(0.7, rate({name}[1m]))",
            f"histogram_count(sum by (job) ({name}))",
        ):
            expected, actual = query(prometheus, expression, at_s), ours(store, expression, at_s)
            values = [list(one.values()) for one in (expected, actual)]
            if expected.keys() != actual.keys() or values[0] != pytest.approx(values[1], rel=1e-9):
                different.append((expression, expected, actual))
    listed = re.sub(r"\s+", " ", str(different))

    assert len(native) == len(exponential)
    assert not different, listed[:3000]
