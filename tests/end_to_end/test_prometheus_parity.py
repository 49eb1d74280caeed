"""
A hundred and eighteen expressions at two hundred moments each: the same answers as the real Prometheus.

The same samples go into both: two hours of counters with restarts and gaps, gauges, histograms, infinities and NaN, with
times that jitter. A Prometheus 3 in `build/` is preferred; Debian's 2.42 differs in two documented ways, which the samples
then avoid.
"""

import json
import math
import random
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from otel_agent.alerts.promql.evaluation import Context, evaluate
from otel_agent.alerts.promql.nodes import EvaluationError
from otel_agent.alerts.promql.parsing import parse
from otel_agent.series.store import Store

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
BEGIN_S = 1_700_000_000
LENGTH_S = 7_200
STEP_S = 37
MOMENTS = 200

EXPRESSIONS = """
rate(calls_total[5m])
rate(calls_total[1m])
increase(calls_total[7m])
irate(calls_total[3m])
resets(calls_total[20m])
changes(load[10m])
delta(load[9m])
deriv(load[8m])
predict_linear(load[15m], 600)
avg_over_time(load[6m])
min_over_time(load[6m])
max_over_time(load[6m])
sum_over_time(load[6m])
count_over_time(load[6m])
stddev_over_time(load[6m])
quantile_over_time(0.25, load[6m])
last_over_time(load[4m])
present_over_time(load[2m])
absent_over_time(load{zone="z1"}[90s])
absent_over_time(nothing{a="b"}[5m])
absent(load{zone="z9"})
absent(sum(nothing))
load offset 5m
rate(calls_total[5m] offset 10m)
load offset -3m
sum(rate(calls_total[5m]))
sum by (job) (rate(calls_total[5m]))
sum without (code) (rate(calls_total[5m]))
avg by (zone) (load)
min(load)
max by (zone) (load)
count by (zone) (load > 20)
group by (zone) (load)
stddev(load)
stdvar by (zone) (load)
quantile(0.9, load)
quantile by (zone) (0.3, load)
topk(2, load)
bottomk by (zone) (1, load)
sum by (job) (rate(calls_total{code="error"}[5m])) / sum by (job) (rate(calls_total[5m]))
sum by (job) (rate(calls_total{code=~"err.*"}[5m])) / on (job) sum by (job) (rate(calls_total[5m])) > 0.05
rate(calls_total[5m]) / on (job) group_left (team) owner
owner * on (job) group_right (team) rate(calls_total[5m])
load > 20
load > bool 20
20 < load
load == load
load != bool load
load and on (zone) (load > 30)
load or owner
load unless on (zone) (load > 30)
load % 7
load ^ 2
2 ^ (load / 10)
-load
(load - load) / 0
load / (load - load)
abs(load - 20)
ceil(load)
floor(load)
round(load, 0.3)
exp(load / 10)
ln(load)
clamp(load, 10, 25)
clamp_min(load, 20)
clamp_max(load, 20)
scalar(sum(load)) + vector(1)
vector(time() % 100)
histogram_quantile(0.5, rate(lat_bucket[5m]))
histogram_quantile(0.9, sum by (le) (rate(lat_bucket[5m])))
histogram_quantile(0.99, lat_bucket)
histogram_quantile(2, lat_bucket)
label_replace(load, "area", "$1-x", "zone", "z(.*)")
label_replace(load, "zone", "", "zone", "z1")
max_over_time(rate(calls_total[3m])[20m:1m])
avg_over_time(sum by (job) (load)[15m:47s])
sum_over_time((load > bool 25)[10m:30s])
quantile_over_time(0.9, abs(load - 20)[15m:1m] offset 2m)
min_over_time(odd[5m])
max_over_time(odd[5m])
sum(odd)
odd > 0
topk(1, odd)
changes(odd[10m])
load{zone!~"z1|z2"}
{__name__=~"lo.d", zone=~".*2"}
timestamp(load)
timestamp(load + 0)
time() - timestamp(load) > 5
hour() + minute() / 60
day_of_week(vector(time())) + day_of_month() * 10 + day_of_year() * 1000
month() * 100 + days_in_month() + year()
count_values("size", round(load / 10))
count_values by (zone) ("size", round(load / 10))
sort_desc(load)
label_join(load, "where", "/", "zone", "job", "nothing")
idelta(load[5m])
first_over_time(load[5m])
stdvar_over_time(load[5m])
sgn(load - 20)
sqrt(load - 20)
log2(load) + log10(load)
sin(load) + cos(load) + atan(load) + tanh(load)
asin(load / 40) + acos(load / 40)
sinh(load / 10) + cosh(load / 10) + acosh(load) + atanh(load / 100) + tan(load) + asinh(load)
deg(load) + rad(load)
load atan2 30
vector(pi())
load @ 1700003000
rate(calls_total[5m] @ 1700003000)
max_over_time(load[20m:] offset 3m)
avg_over_time(rate(calls_total[3m])[20m:])
sum(load) + sum(load @ 1700002000 offset 1m)
quantile(0.5, load / (load > bool 30 == bool 0))
quantile(1, load * Inf)
load{zone=~`z[[:digit:]]`} > 1_0
load > 0x14
sum by (zone) (load offset -1m) > 5m
""".strip().splitlines()


@dataclass
class Samples:
    """What goes into both."""

    store: Store
    openmetrics: str


def samples(*, avoids_old_ways: bool) -> Samples:
    """Two hours of every kind of series."""
    generator = random.Random(20261124)
    store = Store(fine_limit=100_000)
    families: dict[str, list[tuple[int, str]]] = {}
    base = 1e6 if avoids_old_ways else 0.0

    def put(family: str, labels: dict[str, str], value: float, time_ms: int, name: str | None = None) -> None:
        name = name or family
        store.append(
            {"__name__": name, **labels}, time_ms, value, is_counter=name.endswith(("_total", "_bucket", "_count"))
        )
        inside = ",".join(f'{key}="{text}"' for key, text in labels.items())
        text = "NaN" if math.isnan(value) else ("+Inf" if value > 0 else "-Inf") if math.isinf(value) else repr(value)
        families.setdefault(family, []).append((time_ms, f"{name}{{{inside}}} {text} {time_ms / 1000:.3f}"))

    counters: dict[tuple[str, str], float] = {}
    for job in ("a", "b", "c"):
        for code in ("ok", "error"):
            value, is_gap = base, 0
            for step in range(LENGTH_S // 15):
                # Milliseconds that are no multiple of anything, so that no sample lies on a border.
                time_ms = (BEGIN_S + step * 15) * 1000 + 137 + generator.randrange(0, 1000)
                if generator.random() < 0.006:
                    is_gap = generator.randrange(2, 40)
                if generator.random() < 0.01:
                    value = base + generator.randrange(0, 4)
                value += generator.randrange(0, 30 if code == "ok" else 3)
                is_gap -= 1
                if is_gap < 0:
                    put("calls", {"job": job, "code": code}, value, time_ms, "calls_total")
            counters[job, code] = value
        for step in range(LENGTH_S // 60):
            put("owner", {"job": job, "team": f"team-{job}"}, 1.0, (BEGIN_S + step * 60) * 1000 + 211)
    for zone in ("z1", "z2", "z3"):
        value, is_gap = 20.0, 0
        cumulative = [0.0] * 5
        for step in range(LENGTH_S // 10):
            time_ms = (BEGIN_S + step * 10) * 1000 + 53 + generator.randrange(0, 1000)
            value += generator.uniform(-2, 2)
            if generator.random() < 0.004:
                is_gap = generator.randrange(2, 50)
            is_gap -= 1
            if is_gap < 0:
                put("load", {"zone": zone, "job": "a" if zone == "z1" else "b"}, value, time_ms)
            if zone != "z3":
                for _ in range(generator.randrange(0, 9)):
                    took = generator.lognormvariate(-1, 1)
                    for i, bound in enumerate((0.1, 0.5, 1.0, 5.0, math.inf)):
                        cumulative[i] += took <= bound
                for i, le in enumerate(("0.1", "0.5", "1", "5", "+Inf")):
                    put("lat", {"zone": zone, "le": le}, cumulative[i] + base, time_ms, "lat_bucket")
    for step in range(LENGTH_S // 30):
        odd = generator.choice([1.0, 2.5, -3.0, math.nan, math.inf, -math.inf, 0.0, 1e300, 5e-300])
        put("odd", {"kind": "wild"}, odd, (BEGIN_S + step * 30) * 1000 + 511)
    kinds = {"calls": "counter", "lat": "unknown"}
    lines = []
    for family, points in families.items():
        lines.append(
            f"# TYPE {family if kinds.get(family) != 'unknown' else 'lat_bucket'} {kinds.get(family, 'gauge')}"
        )
        lines += [text for _, text in points]
    return Samples(store, "\n".join([*lines, "# EOF", ""]))


@dataclass
class Server:
    """A running Prometheus."""

    url: str
    samples: Samples

    def query_range(self, expression: str, begin_s: float) -> dict[str, dict[int, float]]:
        """All values of an expression, by labels and time in milliseconds."""
        end_s = begin_s + (MOMENTS - 1) * STEP_S
        query = urllib.parse.urlencode({"query": expression, "start": begin_s, "end": end_s, "step": STEP_S})
        with urllib.request.urlopen(f"{self.url}/api/v1/query_range?{query}") as answer:
            data = json.load(answer)["data"]
        return {
            json.dumps(series["metric"], sort_keys=True): {
                round(at * 1000): float(value) for at, value in series["values"]
            }
            for series in data["result"]
        }


def tool(name: str) -> str | None:
    """A program in build/, or on the path."""
    return shutil.which(name, path=str(ROOT / "build")) or shutil.which(name)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Prometheus that holds the samples."""
    prometheus, promtool = tool("prometheus"), tool("promtool")
    if prometheus is None or promtool is None:
        pytest.skip("needs prometheus and promtool: build them, or apt-get install prometheus")
    version = subprocess.run([prometheus, "--version"], capture_output=True, text=True, check=True)
    made = samples(avoids_old_ways="version 2." in version.stdout + version.stderr)
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "data.om").write_text(made.openmetrics)
    (folder / "prometheus.yml").write_text("global: {}\n")
    command = [promtool, "tsdb", "create-blocks-from", "openmetrics", str(folder / "data.om"), str(folder / "data")]
    subprocess.run(command, check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            *(prometheus, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"),
            *(f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=100y"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline_s = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready").close()
                break
            except OSError:
                assert time.monotonic() < deadline_s
                time.sleep(0.1)
        yield Server(f"http://127.0.0.1:{port}", made)
    finally:
        process.terminate()
        process.wait(20)


def ours(server: Server, expression: str, begin_s: float) -> dict[str, dict[int, float]]:
    """The same as `query_range`, evaluated here."""
    result: dict[str, dict[int, float]] = {}
    parsed = parse(expression)
    for step in range(MOMENTS):
        at_ms = round((begin_s + step * STEP_S) * 1000)
        for labels, value in evaluate(parsed, Context(server.samples.store, at_ms)):
            assert isinstance(value, float | int)
            result.setdefault(json.dumps(labels.as_dict(), sort_keys=True), {})[at_ms] = float(value)
    return result


def differences(expected: dict[str, dict[int, float]], actual: dict[str, dict[int, float]]) -> list[str]:
    """Where two answers differ by more than a billionth."""
    found = [f"only in one: {labels}" for labels in expected.keys() ^ actual.keys()]
    for labels in expected.keys() & actual.keys():
        for at_ms in sorted(expected[labels].keys() | actual[labels].keys()):
            left, right = expected[labels].get(at_ms), actual[labels].get(at_ms)
            if left is None or right is None:
                found.append(f"{labels} at {at_ms}: {left} and {right}")
            elif not (math.isnan(left) and math.isnan(right)) and not math.isclose(
                left, right, rel_tol=1e-9, abs_tol=1e-12
            ):
                found.append(f"{labels} at {at_ms}: {left!r} and {right!r}")
    return found


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_answers_are_prometheus_s(server: Server, expression: str) -> None:
    """At each of two hundred moments an expression has the same elements, labels and values in both."""
    begin_s = BEGIN_S + 11.777

    assert [] == differences(server.query_range(expression, begin_s), ours(server, expression, begin_s))[:5]


def test_there_are_enough_expressions() -> None:
    """At least sixty expressions at two hundred moments are compared."""
    assert len(EXPRESSIONS) >= 60
    assert MOMENTS >= 200


@pytest.mark.parametrize(
    "expression", ["load / on (job) calls_total", "sum(load) + on (zone) load + owner * on () load"]
)
def test_what_prometheus_refuses_is_refused(server: Server, expression: str) -> None:
    """A match that is not unique is an error in both, and not an answer."""
    at_s = BEGIN_S + 600.777
    query = urllib.parse.urlencode({"query": expression, "time": at_s})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server.url}/api/v1/query?{query}")
    refused.value.close()
    with pytest.raises(EvaluationError):
        evaluate(parse(expression), Context(server.samples.store, round(at_s * 1000)))
