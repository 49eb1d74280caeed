"""The demo, seen in a real Jaeger and a real Prometheus: its traces have their shape, its spans are counted."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from real_programs import started
from real_servers import Backends, Collector, Jaeger, Prometheus, attributes
from waiting import until

pytest_plugins = ["real_backends"]
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

DAYS = 160
PARENTS = {
    "trade_symbol": {"trade_day"},
    "decide": {"trade_symbol"},
    "order_size": {"trade_symbol"},
    "send_order": {"trade_symbol"},
    "quotes": {"trade_symbol"},
    "fetch_quote": {"quotes"},
    "size": {"order_size"},
    "position": {"order_size"},
    "place_order": {"send_order"},
    "write": {"send_order"},
    "SELECT orders": {"position", "count"},
    "INSERT orders": {"write"},
}
"""Whose child a span of the demo has to be, by short names. A quote that the cache answers is no span."""


def demo(
    folder: Path, endpoint: str, instance: str, *, days: int = DAYS, speed: float = 20, protocol: str = "http/protobuf"
) -> "subprocess.Popen[str]":
    """The demo as a user starts it, on its way."""
    folder.mkdir(parents=True, exist_ok=True)
    environ = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")} | {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
        "OTEL_RESOURCE_ATTRIBUTES": f"service.instance.id={instance}",
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder / "state"),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "otel_agent", "demo", "--days", str(days), "--speed", str(speed)],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process: "subprocess.Popen[str]", timeout_s: float = 120) -> str:
    """What the demo said, when it ended well."""
    try:
        said, _ = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate(timeout=20)
        pytest.fail(f"the demo does not end:\n{said[-3000:]}")

    assert 0 == process.returncode, said[-3000:]

    return said


def short(span: Mapping[str, Any]) -> str:
    """The last part of a function's qualified name; the whole name of anything else."""
    name = str(span["name"])
    return name if " " in name else name.rpartition(".")[2]


def days_of(spans: Sequence[Mapping[str, Any]]) -> int:
    """Different spans of whole trading days."""
    return len({span["spanId"] for span in spans if short(span) == "trade_day"})


@pytest.fixture(scope="module", params=["http/protobuf", "grpc"])
def run(
    request: pytest.FixtureRequest, backends: Backends, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[dict[str, Any]], str]:
    """One run of the demo by each protocol: its instance, its spans as Jaeger has them, and what it said."""
    protocol = str(request.param)
    instance = f"demo-{protocol.partition('/')[0]}"
    endpoint = backends.collector.grpc if protocol == "grpc" else backends.collector.http
    said = ended(demo(tmp_path_factory.mktemp("demo"), endpoint, instance, protocol=protocol))
    spans = until(lambda: backends.jaeger.spans("trading-agent", instance), lambda spans: days_of(spans) == DAYS)
    return instance, spans, said


Run = tuple[str, list[dict[str, Any]], str]


def test_every_day_is_there_once(run: Run) -> None:
    """As many spans of days as days, no span twice, and the demo says where it sent them."""
    _, spans, said = run

    assert DAYS == days_of(spans)
    assert len(spans) == len({span["spanId"] for span in spans})
    assert re.search(r"\d+ records went to http://127\.0\.0\.1:\d+\.", said)


def test_every_span_has_its_parent(run: Run) -> None:
    """Each span's parent is in the same trace, across tasks, threads and the database."""
    _, spans, _ = run
    known = {(span["traceId"], span["spanId"]) for span in spans}
    orphans = [
        span["name"]
        for span in spans
        if span.get("parentSpanId") and (span["traceId"], span["parentSpanId"]) not in known
    ]

    assert [] == orphans


def test_traces_have_the_shape_of_the_agent(run: Run) -> None:
    """Days hold symbols; symbols hold quotes, decisions and orders; database calls are children of what made them."""
    _, spans, _ = run
    names = {span["spanId"]: short(span) for span in spans}
    seen: dict[str, Counter[str | None]] = {name: Counter() for name in PARENTS}
    for span in spans:
        if short(span) in seen:
            seen[short(span)][names.get(span.get("parentSpanId", ""))] += 1

    assert PARENTS == {name: set(counts) for name, counts in seen.items()}
    assert 3 * DAYS == seen["trade_symbol"].total() == seen["decide"].total()


def test_database_calls_are_client_spans(run: Run) -> None:
    """Statements are named by what they do, carry the names of the conventions, and no value."""
    _, spans, _ = run
    inserts = [span for span in spans if span["name"] == "INSERT orders"]

    assert inserts
    assert {3} == {span["kind"] for span in inserts}
    assert all(
        {"db.system.name": "sqlite", "db.operation.name": "INSERT", "db.query.summary": "INSERT orders"}.items()
        <= attributes(span).items()
        for span in inserts
    )
    assert not any(re.search(r"'|\d{2}", attributes(span)["db.query.text"]) for span in inserts)


def test_rejected_orders_are_errors(run: Run) -> None:
    """The exchange's refusal is an error on the span of the order, with its type."""
    _, spans, _ = run
    orders = [span for span in spans if short(span) == "place_order"]
    failed = [span for span in orders if span["status"].get("code") == 2]

    assert 0 < len(failed) < len(orders)
    assert {"OrderRejectedError"} == {attributes(span)["error.type"].rpartition(".")[2] for span in failed}


def test_logs_lead_to_their_spans(run: Run, backends: Backends) -> None:
    """Each line about an order carries the trace and the span of the function that wrote it."""
    instance, spans, said = run
    functions = {(span["traceId"], span["spanId"]): short(span) for span in spans}
    orders = said.count("bought ") + said.count("sold ")

    def records() -> list[dict[str, Any]]:
        written = backends.collector.filed_logs("trading-agent", instance)
        return [one for one in written if re.match("bought|sold", one["body"]["stringValue"])]

    found = until(records, lambda found: len(found) >= orders)

    assert orders == len(found)
    assert {"send_order"} == {functions.get((one["traceId"], one["spanId"])) for one in found}


def test_the_collector_counted_every_span(run: Run, backends: Backends) -> None:
    """As many calls in Prometheus as there are spans in Jaeger: neither way out lost or repeated one."""
    instance, _, _ = run
    expression = f'sum(traces_span_metrics_calls_total{{instance="{instance}"}})'

    def counts() -> tuple[int, int]:
        (calls,) = backends.prometheus.query(expression)
        return int(calls["value"][1]), len(backends.jaeger.spans("trading-agent", instance))

    counted, shown = until(counts, lambda both: both[0] == both[1])

    assert counted == shown


def test_every_metric_has_one_agent_and_one_instance(run: Run, backends: Backends) -> None:
    """The demo's series carry job and instance, so that dashboards and rules can tell agents apart."""
    instance, _, _ = run
    (uptime,) = backends.prometheus.query(f'process_uptime_seconds{{instance="{instance}"}}')

    assert "trading-agent" == uptime["metric"]["job"]


@pytest.fixture
def way_out(tmp_path: Path) -> Any:
    """A Jaeger, and a collector before it that a test may kill."""
    prometheus = Prometheus(tmp_path / "prometheus")
    jaeger = Jaeger(tmp_path / "jaeger", prometheus.url)
    collector = Collector(tmp_path / "collector", "jaeger", environ={"JAEGER_ENDPOINT": jaeger.endpoint})
    with started(jaeger):
        yield collector, jaeger
    collector.stop()


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_a_collector_that_is_killed_and_started_again_costs_nothing(
    way_out: tuple[Collector, Jaeger], tmp_path: Path, protocol: str
) -> None:
    """Killed in the middle of the demo and back two seconds later, every day is in Jaeger."""
    collector, jaeger = way_out
    collector.start()
    endpoint = collector.grpc if protocol == "grpc" else collector.http
    process = demo(tmp_path / "demo", endpoint, "restarted", days=120, protocol=protocol)
    until(lambda: collector.own_metric("otelcol_receiver_accepted_spans_total"))
    collector.stop(kill=True)
    until(lambda: process.poll() is not None, timeout_s=2)
    collector.start()
    ended(process)
    spans = until(lambda: jaeger.spans("trading-agent", "restarted"), lambda spans: days_of(spans) == 120)

    assert 120 == days_of(spans)


def test_a_collector_that_was_never_there_gets_it_all_from_the_next_run(
    way_out: tuple[Collector, Jaeger], tmp_path: Path
) -> None:
    """Without a collector the demo ends in time; what it kept on disk is sent by the run after."""
    collector, jaeger = way_out
    ended(demo(tmp_path / "demo", collector.http, "first", days=50, speed=0))
    collector.start()
    ended(demo(tmp_path / "demo", collector.http, "second", days=5))
    spans = until(lambda: jaeger.spans("trading-agent", "first"), lambda spans: days_of(spans) == 50)

    assert 50 == days_of(spans)
    assert 5 == days_of(until(lambda: jaeger.spans("trading-agent", "second"), lambda spans: days_of(spans) == 5))
