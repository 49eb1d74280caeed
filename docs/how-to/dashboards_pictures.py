"""
Pictures of the page "Dashboards, in pictures", drawn of what a real Prometheus, Jaeger and VictoriaLogs answer about the demo.

    python docs/how-to/dashboards_pictures.py              sixteen minutes: runs the demo, asks, draws
    python docs/how-to/dashboards_pictures.py ANSWERS      draws anew what was answered then, in build/dashboards-answers.json

The demo runs with default settings, two trading days a second, into the collector with the shipped configuration; then every panel's
own question is asked as Grafana asks it, over the last quarter of an hour. Grafana is not run: where panels are, their titles,
units, colours and thresholds are read from its dashboards, and drawn by `dashboards_drawing.py`. Needs `make e2e`'s programs.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "tests" / "servers"), str(Path(__file__).parent)]

from dashboards import BOARDS, filled  # noqa: E402 - where the tests keep them
from dashboards_drawing import dashboard, trace  # noqa: E402 - beside this file
from real_programs import get_json, started  # noqa: E402 - as above
from real_servers import Collector, Jaeger, Prometheus, VictoriaLogs  # noqa: E402 - as above

HERE = Path(__file__).parent
ANSWERS = ROOT / "build" / "dashboards-answers.json"
SERVICE = "trading-agent"
MINUTES = 15
STEP_S = 15


def ask() -> dict[str, Any]:
    """Run the demo and ask every question of every dashboard."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prometheus, logs = Prometheus(folder / "prometheus"), VictoriaLogs(folder / "logs")
        jaeger = Jaeger(folder / "jaeger", prometheus.url)
        collector = Collector(
            folder / "collector",
            *("jaeger", "prometheus", "victorialogs"),
            environ={
                "JAEGER_ENDPOINT": jaeger.endpoint,
                "PROMETHEUS_ENDPOINT": prometheus.endpoint,
                "VICTORIALOGS_ENDPOINT": logs.endpoint,
            },
        )
        prometheus.point_at(collector=collector.metrics_url.removeprefix("http://").removesuffix("/metrics"))
        environ = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
        command = [
            sys.executable,
            "-m",
            "otel_agent",
            "demo",
            "--forever",
            "--speed",
            "2",
            "--endpoint",
            collector.http,
        ]
        with started(prometheus), started(logs), started(jaeger), started(collector):
            demo = subprocess.Popen(  # noqa: S603 - this Python
                command, cwd=folder, env={**environ, "HOME": name}, stdout=subprocess.DEVNULL
            )
            try:
                time.sleep(60 * (MINUTES + 1))
                return answers(prometheus, jaeger, logs)
            finally:
                demo.terminate()
                demo.wait(30)


def answers(prometheus: Prometheus, jaeger: Jaeger, logs: VictoriaLogs) -> dict[str, Any]:
    """What every panel's questions give, by dashboard and panel; and spans of Jaeger."""
    end_s = time.time()
    begin_s = end_s - 60 * MINUTES

    def answer(target: dict[str, Any]) -> Any:
        kind, asks = target["datasource"]["type"], filled(target.get("expr", ""), SERVICE)
        if kind == "jaeger":
            return [span for span in jaeger.spans(SERVICE) if span.get("status", {}).get("code") == 2]  # noqa: PLR2004
        if kind != "prometheus":
            return logs.query(asks if "| stats" not in asks else asks.replace("by (", f"by (_time:{STEP_S}s, "))
        if target["instant"]:
            return prometheus.query(asks)
        return get_json(
            f"{prometheus.url}/api/v1/query_range", query=asks, start=str(begin_s), end=str(end_s), step=str(STEP_S)
        )["data"]["result"]

    return {
        "begin_s": begin_s,
        "end_s": end_s,
        "boards": {
            name: [[answer(target) for target in panel.get("targets", [])] for panel in board["panels"]]
            for name, board in BOARDS.items()
        },
        "spans": jaeger.spans(SERVICE, limit=40),
    }


def main() -> None:
    """Ask, keep what was answered, draw."""
    if len(sys.argv) > 1:
        found = json.loads(Path(sys.argv[1]).read_text())
    else:
        found = ask()
        ANSWERS.write_text(json.dumps(found))
    for name, board in BOARDS.items():
        picture = dashboard(board, found["boards"][name], (found["begin_s"], found["end_s"]))
        (HERE / f"dashboards-{name}.svg").write_text(picture)
    (HERE / "dashboards-trace.svg").write_text(trace(found["spans"]))


if __name__ == "__main__":
    main()
