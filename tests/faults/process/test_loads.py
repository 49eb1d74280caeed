"""Whole agents in outages, bursts and floods of attribute sets (rows 12, 23, 24, 41): nothing is lost, and memory has a bound."""

from pathlib import Path
from typing import Any

import pytest
from faulted import Faulted, trial
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest


def points(faulted: Faulted, name: str) -> list[list[Any]]:
    """Of every collection that arrived, the points of one sum."""
    return [
        list(metric.sum.data_points)
        for request in faulted.server._decoded("metrics", ExportMetricsServiceRequest)
        for resource in request.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == name
    ]


@pytest.mark.parametrize(
    "outage_s", [3, pytest.param(15, marks=pytest.mark.slow), pytest.param(40, marks=pytest.mark.slow)]
)
def test_row_12_an_outage(outage_s: int, tmp_path: Path) -> None:
    """At 50 spans a second an outage loses nothing, doubles one request at most, and is worth three lines."""
    code = f"""
    init()
    rate(0.5)
    line("down")
    rate({outage_s})
    line("up")
    rate(0.5)
    until(lambda: flush(10))
    say(dropped=dropped())
    """
    with trial(tmp_path) as faulted:
        with faulted.begin(code) as agent:
            agent.wait_for_line("down")
            faulted.server.stop()
            agent.wait_for_line("up")
            faulted.server.start()
            ended = agent.end()

        assert '"flushed": true' in ended.out
        assert '"dropped": 0' in ended.out
        assert 50 * (outage_s + 1) == faulted.spans
        assert faulted.duplicates <= 50
        assert len(ended.err.splitlines()) <= 3, ended.err


@pytest.mark.parametrize(
    ("number", "mode"),
    [pytest.param(50_000, "ok", id="row 23"), pytest.param(20_000, "slow:0.5", id="row 24", marks=pytest.mark.slow)],
)
def test_rows_23_and_24_more_than_the_receiver_can_take(number: int, mode: str, tmp_path: Path) -> None:
    """
    A burst of six times what memory holds, and a receiver at half a second a request, lose nothing; who makes the spans hardly
    feels it.
    """
    code = f"""
    def p99_us(calls):
        took_ns = []
        for _ in range(calls):
            start_ns = time.perf_counter_ns()
            work(0)
            took_ns.append(time.perf_counter_ns() - start_ns)
        return sorted(took_ns)[calls * 99 // 100] / 1e3

    init(config={{"queue": {{"spans": 8192}}}})
    p99_us(2000)
    until(lambda: flush(10))
    say(alone_us=min(p99_us(1000) for _ in range(3)))
    start_s = time.monotonic()
    bursts = []
    for _ in range({number} // 500):  # two seconds for 50,000: what a disk can take beside memory
        bursts.append(p99_us(500))
        time.sleep(0.02)
    say(burst_us=sorted(bursts)[len(bursts) * 9 // 10], burst_s=time.monotonic() - start_s)
    until(lambda: flush(30))
    say(dropped=dropped())
    """
    with trial(tmp_path, mode=mode) as faulted:
        run = faulted.run(code)

        assert (True, 0) == (run["flushed"], run["dropped"]), run
        assert (number + 5000, 0) == (faulted.spans, faulted.duplicates)
        assert run["burst_us"] < max(3 * run["alone_us"], 300)
        assert len(run.lines) <= 3, run.lines


def test_row_41_attribute_sets_without_end(tmp_path: Path) -> None:
    """Two hundred thousand attribute sets on one counter take no more memory than two thousand, and the sum is whole."""
    code = """
    import psutil
    init()
    counter = metrics.get_meter("agent").create_counter("orders")
    for number in range(3000):
        counter.add(1, {"user": number})
    flush(10)
    before = psutil.Process().memory_info().rss
    for number in range(3000, 200_000):
        counter.add(1, {"user": number})
    flush(10)
    say(grown_mib=(psutil.Process().memory_info().rss - before) / 2**20)
    """
    with trial(tmp_path) as faulted:
        run = faulted.run(code)
        last = points(faulted, "orders")[-1]

        assert 0 == run.status, run
        assert run["grown_mib"] < 30
        assert len(last) <= 2001
        assert 200_000 == sum(point.as_int for point in last)
        assert any(each.key == "otel.metric.overflow" for point in last for each in point.attributes)
