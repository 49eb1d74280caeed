"""The real servers of the end-to-end tests, each with the configuration that is shipped, on free loopback ports."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from real_programs import ROOT, Server, free_ports, get_json, program
from waiting import until

from otel_agent.cli.collector.composition import find, read_base, render


class Collector(Server):
    """`build/otelcol-agent` with the base and any backends, as `otel-agent collector config` composes them."""

    def __init__(
        self,
        folder: Path,
        *backends: str,
        options: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
        flags: Sequence[str] = (),
        contrib: bool = False,
    ) -> None:
        grpc, http, health, metrics = free_ports(4)
        folder.mkdir(parents=True, exist_ok=True)
        configuration = folder / "collector.yaml"
        chosen = [read_base(), *find("option", options), *find("backend", backends)]
        configuration.write_text(render(chosen, "the end-to-end tests", contrib=contrib))
        self.grpc = f"http://127.0.0.1:{grpc}"
        self.http = f"http://127.0.0.1:{http}"
        self.metrics_url = f"http://127.0.0.1:{metrics}/metrics"
        self.file = folder / "telemetry.jsonl"
        super().__init__(
            "collector",
            [program("otelcol-agent"), f"--config={configuration}", *flags],
            folder,
            f"http://127.0.0.1:{health}",
            {
                "OTELCOL_GRPC_PORT": str(grpc),
                "OTELCOL_HTTP_PORT": str(http),
                "OTELCOL_HEALTH_PORT": str(health),
                "OTELCOL_METRICS_PORT": str(metrics),
                "OTELCOL_STATE_DIRECTORY": str(folder / "state"),
                "OTELCOL_SPAN_METRICS_INTERVAL": "1s",
                "OTELCOL_FILE": str(self.file),
                **(environ or {}),
            },
        )

    def own_metric(self, name: str) -> float:
        """The sum of all series of one of its own metrics; 0 when there is none."""
        with urllib.request.urlopen(self.metrics_url, timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{name}{{", f"{name} ")))

    def filed(self, signal: str) -> list[dict[str, Any]]:
        """What the backend `file` wrote of one signal: "resourceSpans", "resourceMetrics" or "resourceLogs"."""
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        whole = [line for line in lines if line.endswith("}")]
        return [one for line in whole for one in json.loads(line).get(signal, [])]

    def filed_spans(self) -> list[dict[str, Any]]:
        """Every span the backend `file` wrote."""
        scopes = [scope for one in self.filed("resourceSpans") for scope in one["scopeSpans"]]
        return [span for scope in scopes for span in scope["spans"]]

    def filed_logs(self, service: str, instance: str | None = None) -> list[dict[str, Any]]:
        """Every log record of a service, or of one instance of it, that the backend `file` wrote."""
        found = []
        for one in self.filed("resourceLogs"):
            about = attributes(one["resource"])
            if about.get("service.name") == service and instance in (None, about.get("service.instance.id")):
                found += [record for scope in one["scopeLogs"] for record in scope["logRecords"]]
        return found


class Jaeger(Server):
    """A real Jaeger with the shipped configuration, read through its query interface."""

    def __init__(self, folder: Path, prometheus_url: str) -> None:
        otlp, query, query_grpc, health = free_ports(4)
        folder.mkdir(parents=True, exist_ok=True)
        self.endpoint = f"127.0.0.1:{otlp}"
        self.url = f"http://127.0.0.1:{query}"
        super().__init__(
            "jaeger",
            [program("jaeger"), "--config", str(ROOT / "docker" / "jaeger" / "jaeger.yaml")],
            folder,
            f"{self.url}/api/v3/services",
            {
                "JAEGER_BIND": "127.0.0.1",
                "JAEGER_OTLP_PORT": str(otlp),
                "JAEGER_QUERY_PORT": str(query),
                "JAEGER_QUERY_GRPC_PORT": str(query_grpc),
                "JAEGER_HEALTH_PORT": str(health),
                "JAEGER_STORE": str(folder / "store"),
                "PROMETHEUS_URL": prometheus_url,
                "OTEL_TRACES_SAMPLER": "always_off",
            },
        )

    def services(self) -> list[str]:
        """Names of the services it knows."""
        found: list[str] = get_json(f"{self.url}/api/v3/services").get("services") or []
        return found

    def spans(self, service: str, instance: str | None = None, *, limit: int = 5000) -> list[dict[str, Any]]:
        """Every span of a service, or of one instance of it, as OTLP JSON."""
        now = datetime.now(UTC)
        parameters = {
            "query.service_name": service,
            "query.start_time_min": _rfc3339(now - timedelta(hours=6)),
            "query.start_time_max": _rfc3339(now + timedelta(minutes=5)),
            "query.num_traces": str(limit),
        }
        try:
            answer = get_json(f"{self.url}/api/v3/traces", **parameters)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return []
            raise
        resources = [
            one
            for one in answer["result"].get("resourceSpans", [])
            if instance in (None, attributes(one["resource"]).get("service.instance.id"))
        ]
        return [span for one in resources for scope in one["scopeSpans"] for span in scope["spans"]]


class Prometheus(Server):
    """A real Prometheus with the shipped configuration and rules, read through its query interface."""

    def __init__(self, folder: Path, *flags: str) -> None:
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        self.endpoint = f"{self.url}/api/v1/otlp"
        (folder / "rules").mkdir(parents=True)
        shutil.copy(ROOT / "docker" / "prometheus" / "prometheus.yml", folder)
        for rules in (
            ROOT / "otel_agent" / "alerts" / "defaults.yml",
            *(ROOT / "docker/prometheus/rules").glob("*.yml"),
        ):
            shutil.copy(rules, folder / "rules")
        super().__init__(
            "prometheus",
            [
                program("prometheus"),
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address=127.0.0.1:{port}",
                "--web.enable-otlp-receiver",
                "--enable-feature=exemplar-storage",
                *flags,
            ],
            folder,
            f"{self.url}/-/ready",
        )

    def point_at(self, **targets: str) -> None:
        """Name the servers of this test where the composition names its own: collector="127.0.0.1:1234"."""
        path = self._folder / "prometheus.yml"
        text = path.read_text().replace("scrape_interval: 15s", "scrape_interval: 1s")
        for name, target in targets.items():
            text = re.sub(rf"{name}:\d+", target, text)
        path.write_text(text)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """What an expression gives now."""
        answer = get_json(f"{self.url}/api/v1/query", query=expression)
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def wait_for(self, expression: str) -> list[dict[str, Any]]:
        """What an expression gives as soon as it gives anything."""
        return until(lambda: self.query(expression))

    def exemplars(self, expression: str) -> list[dict[str, Any]]:
        """Exemplars of the last hours."""
        now_s = time.time()
        answer = get_json(
            f"{self.url}/api/v1/query_exemplars", query=expression, start=str(now_s - 21_600), end=str(now_s + 300)
        )
        return [one for series in answer["data"] for one in series["exemplars"]]


class VictoriaLogs(Server):
    """A real VictoriaLogs, read through its query interface."""

    def __init__(self, folder: Path) -> None:
        (port,) = free_ports(1)
        folder.mkdir(parents=True, exist_ok=True)
        self.url = f"http://127.0.0.1:{port}"
        self.endpoint = f"{self.url}/insert/opentelemetry/v1/logs"
        super().__init__(
            "victorialogs",
            [program("victoria-logs"), f"-httpListenAddr=127.0.0.1:{port}", f"-storageDataPath={folder}/data"],
            folder,
            f"{self.url}/health",
        )

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Records, or rows of figures, that a LogsQL expression gives."""
        words = urllib.parse.urlencode({"query": expression, "limit": "1000"})
        with urllib.request.urlopen(f"{self.url}/select/logsql/query?{words}", timeout=20) as answer:
            return [json.loads(line) for line in answer.read().splitlines()]


class Alertmanager(Server):
    """A real Alertmanager with the shipped configuration."""

    def __init__(self, folder: Path) -> None:
        (port,) = free_ports(1)
        folder.mkdir(parents=True, exist_ok=True)
        self.url = f"http://127.0.0.1:{port}"
        super().__init__(
            "alertmanager",
            [
                program("prometheus-alertmanager", "alertmanager"),
                f"--config.file={ROOT}/docker/alertmanager/alertmanager.yml",
                f"--storage.path={folder}/data",
                f"--web.listen-address=127.0.0.1:{port}",
                "--cluster.listen-address=",
            ],
            folder,
            f"{self.url}/-/ready",
        )

    def alerts(self) -> list[dict[str, Any]]:
        """Alerts it shows."""
        found: list[dict[str, Any]] = get_json(f"{self.url}/api/v2/alerts")
        return found


@dataclass(frozen=True)
class Backends:
    """The whole way out: a collector that writes to Jaeger, to Prometheus and to a file."""

    collector: Collector
    jaeger: Jaeger
    prometheus: Prometheus
    alertmanager: Alertmanager


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def attributes(span: Mapping[str, Any]) -> dict[str, Any]:
    """A span's or record's attributes as a plain dictionary."""
    return {one["key"]: next(iter(one["value"].values()), None) for one in span.get("attributes", [])}


class Listener(Server):
    """A server that is ready once somebody can connect to its port and say a word."""

    port: int
    greeting: tuple[bytes, bytes] = (b"", b"")
    """What is said to it, and how its answer begins; nothing when it answers in a protocol of its own."""

    def _is_ready_or_over(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            return True
        said, expected = self.greeting
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
                connection.sendall(said)
                return not expected or connection.recv(16).startswith(expected)
        except OSError:
            return False


class Kafka(Listener):
    """A broker that speaks Kafka's protocol and keeps everything in memory: kfake, of franz-go."""

    def __init__(self, folder: Path) -> None:
        (self.port,) = free_ports(1)
        folder.mkdir(parents=True, exist_ok=True)
        self.endpoint = f"127.0.0.1:{self.port}"
        super().__init__("kafka", [program("kafka-in-memory"), str(self.port)], folder, self.endpoint)


class Redis(Listener):
    """A real Redis that keeps nothing on the disk."""

    greeting = (b"PING\r\n", b"+PONG")

    def __init__(self, folder: Path) -> None:
        (self.port,) = free_ports(1)
        folder.mkdir(parents=True, exist_ok=True)
        self.url = f"redis://127.0.0.1:{self.port}"
        command = [
            installed("redis-server"),
            "--bind",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--save",
            "",
            "--dir",
            str(folder),
        ]
        super().__init__("redis", command, folder, self.url)


def installed(name: str) -> str:
    """A program of Debian's package of the same name; installed in CI where it is missing, tried three times."""
    for _ in range(3):
        if shutil.which(name) is not None or not os.environ.get("CI"):
            break
        subprocess.run(["apt-get", "install", "-y", "-qq", name], check=False, timeout=300, stdout=subprocess.DEVNULL)
    return program(name)
