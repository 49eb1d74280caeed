"""
No panel is empty, and no colour says the opposite, for an agent with default settings.

An agent with default settings works for some seconds and sends its metrics once a second; its points, and those the collector
makes from its spans, are then told to Prometheus with a minute between them, as they are sent by default.
"""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from dashboards import BOARDS, GRAFANA, filled
from real_programs import ROOT, started
from real_servers import Collector, Jaeger, Prometheus, VictoriaLogs
from waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

TARGETS = [
    pytest.param(panel, target, id=f"{name}: {panel['title']} {target['refId']}")
    for name, board in BOARDS.items()
    for panel in board["panels"]
    for target in panel.get("targets", [])
]
TURNS = 6
STRETCH = 60
"""Seconds between two points in Prometheus for one in the agent: the agents' interval."""
WELL = {
    "Failed calls by type",
    "Failures of the package itself",
    "Given up, by reason",
    "Lost for a backend",
    "Refused by a backend",
}
"""Panels about what goes wrong, of which nothing does here; this agent's calls, queries, spans and records do fail."""
WHERE_ASKED_FOR = {"Collections by generation": "cpython_gc_generation"}
"""Labels that an agent with default settings does not give."""
WITHOUT = re.compile("no rule|judges no rules|language model")
"""In descriptions: what this agent does not do, of what is empty until there is any."""


@dataclass(frozen=True)
class Shown:
    """Servers that hold what the agent sent."""

    prometheus: Prometheus
    jaeger: Jaeger
    logs: VictoriaLogs


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """The agent has worked, and everything it sent is where it is asked for."""
    folder = tmp_path_factory.mktemp("dashboards")
    prometheus, logs = Prometheus(folder / "prometheus"), VictoriaLogs(folder / "logs")
    jaeger = Jaeger(folder / "jaeger", prometheus.url)
    collector = Collector(
        folder / "collector",
        *("file", "jaeger", "victorialogs"),
        environ={"JAEGER_ENDPOINT": jaeger.endpoint, "VICTORIALOGS_ENDPOINT": logs.endpoint},
    )
    prometheus.point_at(collector=collector.metrics_url.removeprefix("http://").removesuffix("/metrics"))
    with started(prometheus), started(logs), started(jaeger), started(collector):
        environ = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
        subprocess.run(
            [sys.executable, str(ROOT / "tests" / "servers" / "everyday_agent.py"), str(TURNS)],
            env={**environ, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.http, "HOME": str(folder)},
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=100,
        )
        until(lambda: _has_counted(collector))
        tell(prometheus, collector.filed("resourceMetrics"))
        prometheus.wait_for("process_uptime_seconds")
        until(lambda: logs.query("*"))
        until(lambda: jaeger.spans("desk"))
        prometheus.wait_for("count_over_time(otelcol_exporter_queue_size[1h]) > 2")
        yield Shown(prometheus, jaeger, logs)


def _has_counted(collector: Collector) -> bool:
    """Whether spans were counted at least twice, so that a rate can be made."""
    points = [
        point
        for resource in collector.filed("resourceMetrics")
        for scope in resource["scopeMetrics"]
        for metric in scope["metrics"]
        for point in (metric["sum"]["dataPoints"] if metric["name"] == "traces.span.metrics.exceptions" else ())
    ]
    return len({point["timeUnixNano"] for point in points}) > 2


def tell(prometheus: Prometheus, resources: list[dict[str, Any]]) -> None:
    """Send points to Prometheus with their times stretched, so that the last was a moment ago."""
    text = json.dumps(resources)
    times = [int(found) for found in re.findall(r'"timeUnixNano": "(\d+)"', text)]
    last, now = max(times), time.time_ns()

    def stretched(found: re.Match[str]) -> str:
        return f'"{found[1]}": "{now - (last - int(found[2])) * STRETCH}"'

    text = re.sub(r'"(timeUnixNano|startTimeUnixNano)": "(\d+)"', stretched, text)
    for resource in json.loads(text):
        body = json.dumps({"resourceMetrics": [resource]}).encode()
        request = urllib.request.Request(
            f"{prometheus.endpoint}/v1/metrics", body, {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert 200 == answer.status


def answer(shown: Shown, target: dict[str, Any]) -> list[Any]:
    """What a panel's question gives."""
    kind = target["datasource"]["type"]
    if kind == "jaeger":
        spans = shown.jaeger.spans(filled(target["service"], "desk"))
        return [span for span in spans if span.get("status", {}).get("code") == 2]
    if kind == "prometheus":
        return [
            one
            for one in shown.prometheus.query(filled(target["expr"], "desk"))
            if (one.get("value") or [0, ""])[1] != "NaN"
        ]
    return shown.logs.query(filled(target["expr"], "desk"))


@pytest.mark.parametrize(("panel", "target"), TARGETS)
def test_no_panel_is_empty(shown: Shown, panel: dict[str, Any], target: dict[str, Any]) -> None:
    """Every question of every panel has an answer, but where its description says that none is good or none is there."""
    found = answer(shown, target)
    is_without = panel["title"] in WELL or WITHOUT.search(panel["description"])

    assert found or is_without, target


@pytest.mark.parametrize(("panel", "target"), TARGETS)
def test_legends_name_labels_that_are_there(shown: Shown, panel: dict[str, Any], target: dict[str, Any]) -> None:
    """Each label in the legend of a question has a value in an answer to it."""
    found = answer(shown, target)
    labels = [{**one, **one.get("metric", {})} for one in found]
    wanted = {*re.findall(r"{{(\w+)}}", target.get("legendFormat", ""))} - {WHERE_ASKED_FOR.get(panel["title"])}

    assert [] == [name for name in wanted if found and not any(each.get(name) for each in labels)], panel["title"]


@pytest.mark.parametrize("name", BOARDS)
def test_annotations_and_variables_are_taken(shown: Shown, name: str) -> None:
    """Prometheus understands the expressions of annotations, and knows the values of variables."""
    board = BOARDS[name]
    for annotation in board["annotations"]["list"]:
        shown.prometheus.query(filled(annotation["expr"], "desk"))
    asked = [one["query"]["query"] for one in board["templating"]["list"] if one["type"] == "query"]
    series = [filled(re.sub(r"label_values\((.*), \w+\)", r"\1", one), "desk") for one in asked]

    assert all(shown.prometheus.query(one) for one in series)


def test_a_log_record_leads_to_its_trace(shown: Shown) -> None:
    """Records of the agent are found by the trace id of a trace that Jaeger has."""
    traces = {span["traceId"] for span in shown.jaeger.spans("desk")}
    record = shown.logs.query('"service.name":desk "nothing is quoted for 5"')[0]
    found = shown.logs.query(f"trace_id:{record['trace_id']}")

    assert record["trace_id"] in traces
    assert ["nothing is quoted for 5"] == [one["_msg"] for one in found]


@pytest.fixture(scope="module")
def library() -> Path:
    """Grafana's own library and types, installed as their lock file says."""
    place = ROOT / "build" / "grafana"
    place.mkdir(parents=True, exist_ok=True)
    pins = [ROOT / "tests" / "grafana" / name for name in ("package.json", "package-lock.json")]
    if (
        any(
            (place / pin.name).read_bytes() != pin.read_bytes() if (place / pin.name).exists() else True for pin in pins
        )
        or not (place / "node_modules" / "@grafana").exists()
    ):
        for pin in pins:
            (place / pin.name).write_bytes(pin.read_bytes())
        try:
            subprocess.run(
                ["npm", "ci", "--no-audit", "--no-fund", "--silent", "--ignore-scripts"],
                cwd=place,
                check=True,
                timeout=280,
            )
        except FileNotFoundError:
            pytest.skip("needs npm")
    return place / "node_modules"


def test_every_dashboard_is_what_grafana_s_types_allow(library: Path) -> None:
    """Dashboards, and options and fields of each panel by its plugin, are of the types of the Grafana that shows them."""
    checked = subprocess.run(
        ["node", str(ROOT / "tests" / "grafana" / "schema.cjs"), str(GRAFANA / "dashboards"), str(library)],
        env={**os.environ, "NODE_PATH": str(library)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )

    assert (0, "", "") == (checked.returncode, checked.stderr, checked.stdout)


def test_colours_say_what_is_meant(library: Path) -> None:
    """Grafana's library paints failures, losses and what is down red, and what is well green, in every panel that judges."""
    judged = subprocess.run(
        ["node", str(ROOT / "tests" / "grafana" / "colours.cjs"), str(GRAFANA / "dashboards")],
        env={**os.environ, "NODE_PATH": str(library)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert 0 == judged.returncode, judged.stderr
    painted: list[dict[str, Any]] = json.loads(judged.stdout)

    def colours(piece: str) -> set[tuple[str, str]]:
        return {
            (one["zero"], one["one"])
            for one in painted
            if re.search(piece, one["asks"]) and one["mode"] == "thresholds"
        }

    assert {("red", "green")} == colours(r"^(max|min)\b.*agent_health_status")
    assert {("green", "red")} == colours(r"ALERTS|agent_alert_status")
    assert {("green", "red")} == colours(r'error_type!=""')
    assert {("green", "red")} == colours(r"^(abs\()?sum\b.*delivery_dropped|timeouts|refused|network_errors")
    assert {("green", "red")} == colours(r"utilization_ratio|queue_size|pool_name\) \(db_client_connection_count.*used")
    assert {("red", "green")} == colours(r"^min.*agent_cache_hit_ratio")
    assert all(
        one["texts"] == ["not well", "well"]
        for one in painted
        if re.search(r"^min\b.*agent_health_status", one["asks"])
    )
