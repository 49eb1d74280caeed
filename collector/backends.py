"""
Every place telemetry can go, as a table; writes `config/backends/`, one file a backend.

    python collector/backends.py            writes the files
    python collector/backends.py --check    says whether they are as they would be written

What all backends share stands here once: the queue on disk and its size, tries without end, the batches, and `isolate`, the
processor that stands first in each backend's pipelines and lets nobody else hear of its failures.

Sources: the vendors' pages about OTLP, named beside what is theirs. What needs an account was validated and started, and not
sent to the real thing.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent / "config" / "backends"
ALL = ("traces", "metrics", "logs")
QUEUE_BYTES = "${env:OTELCOL_QUEUE_BYTES:-268435456}"
"""Room on disk for each backend and signal, in bytes; 256 MiB unless told otherwise."""
RETRIES = {"initial_interval": "1s", "max_interval": "30s", "max_elapsed_time": "0s"}
"""Tries have no end: what waits is bounded by the queue, and lost only when that is full."""
PLAIN = {"tls": {"insecure": True}}
OWN_TLS = {
    "ca_file": "${env:BACKEND_CERTIFICATE:-}",
    "cert_file": "${env:BACKEND_CLIENT_CERTIFICATE:-}",
    "key_file": "${env:BACKEND_CLIENT_KEY:-}",
}
BALANCED: Mapping[str, Any] = {
    # The queue on disk stands before the choice, so that what one gateway does not take is offered to whoever has its traces now.
    "protocol": {
        "otlp": {
            **PLAIN,
            "compression": "gzip",
            "timeout": "5s",
            "sending_queue": {"enabled": False},
            "retry_on_failure": {"enabled": False},
        }
    },
}


@dataclass(frozen=True)
class Backend:
    """One place."""

    about: str
    """First line of the file: what it is, and its signals."""
    signals: tuple[str, ...]
    """What it takes."""
    exporter: str
    """Type of the exporter."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of the exporter, beside what all have."""
    notes: tuple[str, ...] = ()
    """More lines for the head of the file."""
    processors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By type: settings of processors for its metrics."""
    extensions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By type and purpose: extensions it needs."""
    exporters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By signal: settings that differ from those of the other signals, which makes an exporter for that signal alone."""
    queue: str = "sending_queue"
    """Where the exporter has its queue: "sending_queue" on disk, or "" for one that answers at once or keeps its own."""
    queue_settings: Mapping[str, Any] = field(
        default_factory=lambda: {"flush_timeout": "1s", "min_size": 1048576, "max_size": 4194304}
    )
    """Batches; a backend whose requests are bounded has smaller ones."""


def otlp_http(
    about: str,
    signals: tuple[str, ...],
    endpoint: str,
    *notes: str,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Backend:
    """A backend that takes OTLP over HTTP."""
    where = {"endpoint": endpoint, **({"headers": dict(headers)} if headers else {})}
    return Backend(about, signals, "otlp_http", where | {"compression": "gzip"}, notes, **more)


BACKENDS: Mapping[str, Backend] = {
    "aws": Backend(
        "Amazon: traces to X-Ray, logs to CloudWatch",
        ("traces", "logs"),
        "otlp_http",
        {"compression": "gzip"},
        (
            "AWS_LOG_GROUP and AWS_LOG_STREAM must be there already, and transaction search must be on for traces.",
            "${env:AWS_ACCESS_KEY_ID} and ${env:AWS_SECRET_ACCESS_KEY} are read by the signer itself.",
            "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html",
        ),
        extensions={
            "sigv4auth/aws-traces": {"region": "${env:AWS_REGION}", "service": "xray"},
            "sigv4auth/aws-logs": {"region": "${env:AWS_REGION}", "service": "logs"},
        },
        exporters={
            "traces": {"traces_endpoint": "https://xray.${env:AWS_REGION}.amazonaws.com/v1/traces", "auth": {"authenticator": "sigv4auth/aws-traces"}},
            "logs": {
                "logs_endpoint": "https://logs.${env:AWS_REGION}.amazonaws.com/v1/logs",
                "headers": {"x-aws-log-group": "${env:AWS_LOG_GROUP:-otel-agent}", "x-aws-log-stream": "${env:AWS_LOG_STREAM:-default}"},
                "auth": {"authenticator": "sigv4auth/aws-logs"},
            },
        },
        queue_settings={"flush_timeout": "1s", "min_size": 524288, "max_size": 1000000},
    ),
    "azure": Backend(
        "Azure Monitor through the OTLP endpoints of a data collection rule: all signals",
        ALL,
        "otlp_http",
        {"headers": {"authorization": "Bearer ${env:AZURE_ACCESS_TOKEN}"}, "compression": "gzip"},
        (
            "AZURE_..._ENDPOINT are the rule's three addresses, AZURE_ACCESS_TOKEN one of Entra for https://monitor.azure.com.",
            "The token ends after an hour or so: whoever renews it starts the collector again, and the queues stay.",
            "https://learn.microsoft.com/azure/azure-monitor/containers/opentelemetry-protocol-ingestion",
        ),
        exporters={signal: {f"{signal}_endpoint": f"${{env:AZURE_{signal.upper()}_ENDPOINT}}"} for signal in ALL},
    ),
    "datadog": otlp_http(
        "Datadog through its OTLP intake: all signals; metrics as deltas, which is what it takes",
        ALL,
        "https://otlp.${env:DATADOG_SITE:-datadoghq.com}",
        "DATADOG_SITE is the site of the account: datadoghq.com, datadoghq.eu, us5.datadoghq.com.",
        "Its intake of traces is in preview: the account has to be let in.",
        "https://docs.datadoghq.com/opentelemetry/setup/otlp_ingest/",
        headers={"dd-api-key": "${env:DATADOG_API_KEY}"},
        processors={"cumulative_to_delta": {}},
    ),
    "debug": Backend(
        "The collector's own log, to see what arrives: all signals",
        ALL,
        "debug",
        {"verbosity": "${env:OTELCOL_DEBUG_VERBOSITY:-normal}"},
        ("OTELCOL_DEBUG_VERBOSITY: basic counts, normal gives a line each, detailed shows everything.",),
        queue="",
    ),
    "dynatrace": otlp_http(
        "Dynatrace: all signals; metrics as deltas, which is all it takes",
        ALL,
        "${env:DYNATRACE_ENDPOINT}",
        "DYNATRACE_ENDPOINT is https://ENVIRONMENT.live.dynatrace.com/api/v2/otlp.",
        headers={"authorization": "Api-Token ${env:DYNATRACE_TOKEN}"},
        processors={"cumulative_to_delta": {}},
    ),
    "elastic": otlp_http(
        "Elastic through its managed OTLP endpoint, or the APM server: all signals",
        ALL,
        "${env:ELASTIC_OTLP_ENDPOINT}",
        "https://www.elastic.co/docs/reference/opentelemetry/motlp",
        headers={"authorization": "ApiKey ${env:ELASTIC_API_KEY}"},
    ),
    "file": Backend(
        "A file with one OTLP JSON object a line, to keep, to carry away or to test with: all signals",
        ALL,
        "file",
        {"path": "${env:OTELCOL_FILE:-telemetry.jsonl}", "create_directory": True, "rotation": {"max_megabytes": 100, "max_backups": 10}, "flush_interval": "1s"},
        queue="",
    ),
    "gateways": Backend(
        "Other collectors that are named, each trace whole to one of them: traces and logs by trace, metrics by service",
        ALL,
        "load_balancing",
        {"resolver": {"static": {"hostnames": "${env:GATEWAYS}"}}, **BALANCED},
        ("GATEWAYS is host:port,host:port, the same list everywhere; with `--with unmeasured` spans are measured there alone.",),
        exporters={"traces": {"routing_key": "traceID"}, "metrics": {"routing_key": "service"}, "logs": {"routing_key": "traceID"}},
    ),
    "gateways-dns": Backend(
        "Other collectors behind one name, each trace whole to one of them: traces and logs by trace, metrics by service",
        ALL,
        "load_balancing",
        {"resolver": {"dns": {"hostname": "${env:GATEWAYS_NAME:-gateways}", "port": "${env:GATEWAYS_PORT:-4317}"}}, **BALANCED},
        ("GATEWAYS_NAME is a name with the address of each of them, as a headless service of Kubernetes has.",),
        exporters={"traces": {"routing_key": "traceID"}, "metrics": {"routing_key": "service"}, "logs": {"routing_key": "traceID"}},
    ),
    "gcp": otlp_http(
        "Google Cloud through its Telemetry API: all signals",
        ALL,
        "https://telemetry.googleapis.com",
        "Resources need the attribute gcp.project_id: OTEL_RESOURCE_ATTRIBUTES=gcp.project_id=PROJECT in the agents' environment.",
        "GCP_ACCESS_TOKEN is what `gcloud auth print-access-token` prints, for an hour: whoever renews it starts the collector",
        "again, and the queues stay.",
        "https://cloud.google.com/stackdriver/docs/reference/telemetry/overview",
        headers={"authorization": "Bearer ${env:GCP_ACCESS_TOKEN}", "x-goog-user-project": "${env:GCP_PROJECT}"},
    ),
    "grafana-cloud": otlp_http(
        "Grafana Cloud: all signals",
        ALL,
        "${env:GRAFANA_CLOUD_OTLP_ENDPOINT}",
        "GRAFANA_CLOUD_OTLP_ENDPOINT is https://otlp-gateway-ZONE.grafana.net/otlp; GRAFANA_CLOUD_BASIC base64 of INSTANCE:TOKEN.",
        headers={"authorization": "Basic ${env:GRAFANA_CLOUD_BASIC}"},
    ),
    "honeycomb": otlp_http(
        "Honeycomb: all signals",
        ALL,
        "${env:HONEYCOMB_ENDPOINT:-https://api.honeycomb.io}",
        headers={"x-honeycomb-team": "${env:HONEYCOMB_API_KEY}", "x-honeycomb-dataset": "${env:HONEYCOMB_METRICS_DATASET:-metrics}"},
    ),
    "jaeger": Backend(
        "Jaeger 2, which takes OTLP itself: traces",
        ("traces",),
        "otlp_grpc",
        {"endpoint": "${env:JAEGER_ENDPOINT:-jaeger:4317}", **PLAIN, "compression": "gzip"},
    ),
    "kafka": Backend(
        "Kafka, between two tiers of collectors: all signals, in topics otlp_spans, otlp_metrics and otlp_logs",
        ALL,
        "kafka",
        {
            "brokers": "${env:KAFKA_BROKERS:-kafka:9092}",
            "traces": {"topic": "otlp_spans", "encoding": "otlp_proto"},
            "metrics": {"topic": "otlp_metrics", "encoding": "otlp_proto"},
            "logs": {"topic": "otlp_logs", "encoding": "otlp_proto"},
            "partition_traces_by_id": True,
            "producer": {"compression": "zstd", "required_acks": -1},
        },
        ("Spans of a trace come to one partition, so that one collector behind it sees the whole trace; `--with kafka-in` reads them.",),
        queue_settings={"flush_timeout": "1s", "min_size": 262144, "max_size": 786432},
    ),
    "langfuse": otlp_http(
        "Langfuse, for agents that call language models: traces",
        ("traces",),
        "${env:LANGFUSE_ENDPOINT:-https://cloud.langfuse.com/api/public/otel}",
        "LANGFUSE_BASIC is base64 of PUBLIC_KEY:SECRET_KEY.",
        "https://langfuse.com/integrations/native/opentelemetry",
        headers={"authorization": "Basic ${env:LANGFUSE_BASIC}"},
    ),
    "lgtm": otlp_http(
        "The image grafana/otel-lgtm, which holds Loki, Grafana, Tempo and Prometheus, for development: all signals",
        ALL,
        "${env:LGTM_ENDPOINT:-http://lgtm:4318}",
    ),
    "loki": otlp_http("Grafana Loki 3 through its OTLP endpoint: logs", ("logs",), "${env:LOKI_ENDPOINT:-http://loki:3100/otlp}"),
    "mimir": otlp_http(
        "Grafana Mimir through its OTLP endpoint: metrics",
        ("metrics",),
        "${env:MIMIR_ENDPOINT:-http://mimir:9009/otlp}",
        headers={"X-Scope-OrgID": "${env:MIMIR_TENANT:-anonymous}"},
    ),
    "new-relic": otlp_http(
        "New Relic: all signals",
        ALL,
        "${env:NEW_RELIC_ENDPOINT:-https://otlp.nr-data.net}",
        headers={"api-key": "${env:NEW_RELIC_LICENSE_KEY}"},
    ),
    "otlp-grpc": Backend(
        "Anything that takes OTLP over gRPC, another collector for one: all signals",
        ALL,
        "otlp_grpc",
        {
            "endpoint": "${env:BACKEND_ENDPOINT}",
            "headers": "${env:BACKEND_HEADERS:-null}",
            "tls": {"insecure": "${env:BACKEND_INSECURE:-false}", **OWN_TLS},
            "compression": "gzip",
        },
        (
            "BACKEND_ENDPOINT is host:port; BACKEND_INSECURE=true leaves out TLS.",
            'BACKEND_HEADERS is a map, {"x-team": "blue"}; under `otel-agent collector run` also x-team=blue,x-org=7.',
            "BACKEND_CERTIFICATE is the file of the authority; BACKEND_CLIENT_CERTIFICATE and BACKEND_CLIENT_KEY are the client's.",
        ),
    ),
    "otlp-http": Backend(
        "Anything that takes OTLP over HTTP: all signals",
        ALL,
        "otlp_http",
        {"endpoint": "${env:BACKEND_ENDPOINT}", "headers": "${env:BACKEND_HEADERS:-null}", "tls": OWN_TLS, "compression": "gzip"},
        (
            "BACKEND_ENDPOINT is a URL without /v1/traces.",
            'BACKEND_HEADERS is a map, {"x-team": "blue"}; under `otel-agent collector run` also x-team=blue,x-org=7.',
            "BACKEND_CERTIFICATE is the file of the authority; BACKEND_CLIENT_CERTIFICATE and BACKEND_CLIENT_KEY are the client's.",
        ),
    ),
    "phoenix": otlp_http(
        "Arize Phoenix, for agents that call language models: traces",
        ("traces",),
        "${env:PHOENIX_ENDPOINT:-http://phoenix:6006}",
        headers={"x-project-name": "${env:PHOENIX_PROJECT:-otel-agent}"},
    ),
    "prometheus": otlp_http(
        "Prometheus 3 through its OTLP receiver (--web.enable-otlp-receiver): metrics",
        ("metrics",),
        "${env:PROMETHEUS_ENDPOINT:-http://prometheus:9090/api/v1/otlp}",
    ),
    "prometheus-remote-write": Backend(
        "Remote write, for Mimir, Thanos, Cortex and older Prometheus: metrics",
        ("metrics",),
        "prometheus_remote_write",
        {
            "endpoint": "${env:PROMETHEUS_REMOTE_WRITE_URL}",
            "compression": "snappy",
            "retry_on_failure": RETRIES,
            "remote_write_queue": {"enabled": True, "queue_size": 10000, "num_consumers": 1},
            "wal": {"directory": "${env:OTELCOL_STATE_DIRECTORY:-collector-state}/remote-write", "truncate_frequency": "1s"},
            "resource_to_telemetry_conversion": {"enabled": False},
            "target_info": {"enabled": True},
        },
        ("Its queue is a log on disk of its own; `prometheus` is the better choice where the receiver takes OTLP.",),
        queue="",
    ),
    "prometheus-scrape": Backend(
        "A page to be scraped by any Prometheus, for sites where nothing may be pushed: metrics",
        ("metrics",),
        "prometheus",
        {"endpoint": "${env:OTELCOL_BIND:-127.0.0.1}:${env:OTELCOL_SCRAPE_PORT:-8889}", "enable_open_metrics": True, "metric_expiration": "10m"},
        ("One collector only: two would show the same series twice.",),
        queue="",
    ),
    "signoz": otlp_http(
        "SigNoz Cloud, or SigNoz of one's own: all signals",
        ALL,
        "${env:SIGNOZ_ENDPOINT}",
        "SIGNOZ_ENDPOINT is https://ingest.REGION.signoz.cloud:443, or the address of the collector of one's own.",
        headers={"signoz-ingestion-key": "${env:SIGNOZ_INGESTION_KEY:-}"},
    ),
    "splunk": Backend(
        "Splunk Observability Cloud: traces and metrics",
        ("traces", "metrics"),
        "otlp_http",
        {
            "traces_endpoint": "https://ingest.${env:SPLUNK_REALM:-us0}.observability.splunkcloud.com/v2/trace/otlp",
            "metrics_endpoint": "https://ingest.${env:SPLUNK_REALM:-us0}.observability.splunkcloud.com/v2/datapoint/otlp",
            "headers": {"X-SF-Token": "${env:SPLUNK_ACCESS_TOKEN}"},
            "compression": "gzip",
        },
        ("https://docs.splunk.com/observability/en/gdi/opentelemetry/components/otlphttp-exporter.html",),
    ),
    "tempo": Backend(
        "Grafana Tempo: traces",
        ("traces",),
        "otlp_grpc",
        {"endpoint": "${env:TEMPO_ENDPOINT:-tempo:4317}", **PLAIN, "compression": "gzip"},
    ),
    "uptrace": otlp_http(
        "Uptrace, in the cloud or of one's own: all signals",
        ALL,
        "${env:UPTRACE_ENDPOINT:-https://api.uptrace.dev}",
        headers={"uptrace-dsn": "${env:UPTRACE_DSN}"},
    ),
    "victorialogs": Backend(
        "VictoriaLogs: logs, found by trace id",
        ("logs",),
        "otlp_http",
        {
            "logs_endpoint": "${env:VICTORIALOGS_ENDPOINT:-http://victorialogs:9428/insert/opentelemetry/v1/logs}",
            "headers": {"VL-Stream-Fields": "service.namespace,service.name,service.instance.id"},
            "compression": "gzip",
        },
        ("https://docs.victoriametrics.com/victorialogs/data-ingestion/opentelemetry/",),
    ),
    "zipkin": Backend(
        "Zipkin: traces",
        ("traces",),
        "zipkin",
        {"endpoint": "${env:ZIPKIN_ENDPOINT:-http://zipkin:9411/api/v2/spans}"},
    ),
}  # fmt: skip


def content(name: str, backend: Backend) -> dict[str, Any]:
    """
    Build the configuration fragment of a backend.

    Args:
        name: The backend's name; all that is its own is named after it.
        backend: What it is.

    Returns:
        A fragment of a collector's configuration.
    """
    exporters: dict[str, Any] = {}
    pipelines: dict[str, Any] = {}
    for signal in backend.signals:
        own = f"{backend.exporter}/{name}" + (f"-{signal}" if signal in backend.exporters else "")
        exporters.setdefault(own, {**backend.settings, **backend.exporters.get(signal, {}), **_queue(backend)})
        extra = [f"{kind}/{name}" for kind in backend.processors] if signal == "metrics" else []
        pipelines[f"{signal}/{name}"] = {
            "receivers": ["forward/out"],
            "processors": [f"isolate/{name}", *extra],
            "exporters": [own],
        }
    service: dict[str, Any] = {"pipelines": pipelines}
    parts: dict[str, Any] = {}
    if backend.extensions:
        parts["extensions"] = {kind: dict(settings) for kind, settings in backend.extensions.items()}
        service = {"extensions": list(backend.extensions), **service}
    own_processors = {f"{kind}/{name}": dict(settings) for kind, settings in backend.processors.items()}
    return parts | {"processors": {f"isolate/{name}": {}, **own_processors}, "exporters": exporters, "service": service}


def _queue(backend: Backend) -> dict[str, Any]:
    if not backend.queue:
        return {}
    queue = {
        "storage": "file_storage",
        "sizer": "bytes",
        "queue_size": QUEUE_BYTES,
        "batch": dict(backend.queue_settings),
    }
    return {"retry_on_failure": RETRIES, backend.queue: queue}


class _Dumper(yaml.SafeDumper):
    """Writes each thing out, however often it occurs."""

    def ignore_aliases(self, _: Any) -> bool:
        return True


def render(name: str, backend: Backend) -> str:
    """
    Write a backend's file.

    Args:
        name: Of the backend.
        backend: What it is.

    Returns:
        YAML under a head of comments.
    """
    head = [f"{backend.about}.", *backend.notes, "Written by collector/backends.py."]
    body = yaml.dump(content(name, backend), Dumper=_Dumper, sort_keys=False, width=140, allow_unicode=True)
    return "".join(f"# {line}\n" for line in head) + body


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Write or compare the files.

    Args:
        arguments: Of the command line.

    Returns:
        0, or 1 when `--check` found a difference.
    """
    parser = argparse.ArgumentParser(description="Writes config/backends/ from the table.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    checks = parser.parse_args(arguments).check
    wanted = {f"{name}.yaml": render(name, backend) for name, backend in BACKENDS.items()}
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yaml")}
    if checks:
        differing = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
        print("\n".join(differing), end="")
        return int(bool(differing))
    for name in there.keys() - wanted.keys():
        (FOLDER / name).unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
