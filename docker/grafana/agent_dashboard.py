# ruff: noqa: INP001 - a script beside the files it makes, not part of a package
"""
The dashboard of an agent, as a table of panels; writes `dashboards/agent.json` for Grafana.

    python docker/grafana/agent_dashboard.py

Names are those Prometheus shows after OTLP translation; `docs/reference/metrics.md` says what each means. The end-to-end tests
run the demo and ask every expression of every panel. A test holds the JSON and this file together.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).parent / "dashboards" / "agent.json"
PROMETHEUS = {"type": "prometheus", "uid": "${prometheus}"}
JAEGER = {"type": "jaeger", "uid": "${jaeger}"}
COLUMNS = 24
CHOSEN = 'job=~"$job", instance=~"$instance"'
"""What the variables at the top of the dashboard choose; stands in every selector of an agent's metrics."""


@dataclass(frozen=True)
class Panel:
    """One picture."""

    title: str
    """What is seen, as the answer to a question."""
    unit: str
    """Grafana's word for the unit: s, bytes, percentunit, short."""
    queries: tuple[tuple[str, str], ...]
    """PromQL and legend; `$chosen` stands for the selection, `$rate` for the window of rates."""
    kind: str = "timeseries"
    """Grafana's type of panel."""
    width: int = 8
    """In columns of 24."""
    height: int = 7
    """In rows."""
    description: str = ""
    """What to do when it looks bad."""


ROWS: tuple[tuple[str, tuple[Panel, ...]], ...] = (
    (
        "At a glance",
        (
            Panel("Calls a second", "reqps", (("sum(histogram_count(rate(agent_function_duration_seconds{$chosen}[$rate])))", "calls"),), "stat", 4, 4),
            Panel(
                "Failed calls",
                "percentunit",
                (
                    (
                        '(sum(histogram_count(rate(agent_function_duration_seconds{$chosen, error_type!=""}[$rate]))) or vector(0)) / sum(histogram_count(rate(agent_function_duration_seconds{$chosen}[$rate])))',
                        "failed",
                    ),
                ),
                *("stat", 4, 4),
            ),
            Panel("Cache hits", "percentunit", (("min by (agent_cache_name) (agent_cache_hit_ratio{$chosen})", "{{agent_cache_name}}"),), "stat", 4, 4),
            Panel("CPU of the process", "percentunit", (("sum(process_cpu_utilization_ratio{$chosen})", "CPU"),), "stat", 4, 4),
            Panel("Memory of the process", "bytes", (("sum(process_memory_usage_bytes{$chosen})", "memory"),), "stat", 4, 4),
            Panel("Lost telemetry", "short", (("sum(otel_agent_delivery_dropped_total{$chosen}) or vector(0)", "items"),), "stat", 4, 4, "0, or the reason is below and in the agent's log."),
        ),
    ),
    (
        "Functions",
        (
            Panel("Calls by function", "reqps", (("sum by (code_function_name) (histogram_count(rate(agent_function_duration_seconds{$chosen}[$rate])))", "{{code_function_name}}"),)),
            Panel(
                "Slowest percent of calls",
                "s",
                (("histogram_quantile(0.99, sum by (code_function_name) (rate(agent_function_duration_seconds{$chosen}[$rate])))", "{{code_function_name}}"),),
                description="The 99th percentile, from native histograms.",
            ),
            Panel(
                "Failures by type",
                "reqps",
                (('sum by (code_function_name, error_type) (histogram_count(rate(agent_function_duration_seconds{$chosen, error_type!=""}[$rate])))', "{{code_function_name}} {{error_type}}"),),
            ),
        ),
    ),
    (
        "Spans, as the collector counts them",
        (
            Panel("Spans by name", "reqps", (("sum by (span_name) (rate(traces_span_metrics_calls_total{$chosen}[$rate]))", "{{span_name}}"),)),
            Panel(
                "Slowest percent of spans",
                "s",
                (("histogram_quantile(0.99, sum by (le, span_name) (rate(traces_span_metrics_duration_seconds_bucket{$chosen}[$rate])))", "{{span_name}}"),),
                description="A point of light is a trace: click it to see it in Jaeger.",
            ),
            Panel("Exceptions by type", "reqps", (("sum by (span_name, exception_type) (rate(traces_span_metrics_exceptions_total{$chosen}[$rate]))", "{{exception_type}} in {{span_name}}"),)),
        ),
    ),
    (
        "Caches and databases",
        (
            Panel("Lookups by result", "reqps", (("sum by (agent_cache_name, agent_cache_result) (rate(agent_cache_requests_total{$chosen}[$rate]))", "{{agent_cache_name}} {{agent_cache_result}}"),), width=6),
            Panel(
                "Entries",
                "short",
                (
                    ("sum by (agent_cache_name) (agent_cache_entry_count{$chosen})", "{{agent_cache_name}}"),
                    ("sum by (agent_cache_name) (agent_cache_entry_limit{$chosen})", "{{agent_cache_name}} limit"),
                ),
                width=6,
            ),
            Panel("Queries", "reqps", (("sum by (db_system_name, db_operation_name) (rate(db_client_operation_duration_seconds_count{$chosen}[$rate]))", "{{db_system_name}} {{db_operation_name}}"),), width=6),
            Panel(
                "Slowest percent of queries",
                "s",
                (("histogram_quantile(0.99, sum by (le, db_operation_name) (rate(db_client_operation_duration_seconds_bucket{$chosen}[$rate])))", "{{db_operation_name}}"),),
                width=6,
            ),
        ),
    ),
    (
        "Process and runtime",
        (
            Panel("CPU", "percentunit", (("process_cpu_utilization_ratio{$chosen}", "{{instance}}"),), width=6),
            Panel("Memory", "bytes", (("process_memory_usage_bytes{$chosen}", "{{instance}}"),), width=6),
            Panel(
                "Threads and files",
                "short",
                (("process_thread_count{$chosen}", "threads {{instance}}"), ("process_unix_file_descriptor_count{$chosen}", "files {{instance}}")),
                width=6,
            ),
            Panel(
                "Delay of the event loop",
                "s",
                (("histogram_quantile(0.99, sum by (le, instance) (rate(agent_eventloop_delay_seconds_bucket{$chosen}[$rate])))", "99 % {{instance}}"),),
                width=6,
                description="How much later than asked asyncio calls back: something blocks the loop.",
            ),
            Panel("Time in garbage collection", "percentunit", (("sum by (instance) (rate(agent_gc_pause_duration_seconds_sum{$chosen}[$rate]))", "{{instance}}"),), width=6),
            Panel("Context switches", "ops", (("sum by (instance) (rate(process_context_switches_total{$chosen}[$rate]))", "{{instance}}"),), width=6),
            Panel("Up since", "s", (("process_uptime_seconds{$chosen}", "{{instance}}"),), width=6),
            Panel("Failures of the package itself", "short", (("sum by (otel_agent_failure_kind) (otel_agent_failures_total{$chosen})", "{{otel_agent_failure_kind}}"),), width=6),
        ),
    ),
    (
        "Host",
        (
            Panel("CPU of the host", "percentunit", (("max by (instance) (system_cpu_utilization_ratio{$chosen})", "{{instance}}"),), width=6),
            Panel("Memory of the host", "percentunit", (('max by (instance) (system_memory_utilization_ratio{$chosen, system_memory_state="used"})', "{{instance}}"),), width=6),
            Panel("Filesystem", "percentunit", (('max by (system_filesystem_mountpoint) (system_filesystem_utilization_ratio{$chosen, system_filesystem_state="used"})', "{{system_filesystem_mountpoint}}"),), width=6),
            Panel(
                "Disk and network",
                "Bps",
                (
                    ("sum by (disk_io_direction) (rate(system_disk_io_bytes_total{$chosen}[$rate]))", "disk {{disk_io_direction}}"),
                    ("sum by (network_io_direction) (rate(system_network_io_bytes_total{$chosen}[$rate]))", "network {{network_io_direction}}"),
                ),
                width=6,
            ),
        ),
    ),
    (
        "Alerts and health",
        (
            Panel("Alerts that fire in the agent", "short", (('max by (alert_rule_name) (agent_alert_status{$chosen, agent_alert_state="firing"})', "{{alert_rule_name}}"),), "state-timeline"),
            Panel("Health", "short", (('max by (agent_health_component) (agent_health_status{$chosen, agent_health_state="healthy"})', "{{agent_health_component}}"),), "state-timeline"),
            Panel("Alerts that fire in Prometheus", "short", (('max by (alertname, job) (ALERTS{alertstate="firing"})', "{{alertname}} {{job}}"),), "state-timeline"),
        ),
    ),
    (
        "Telemetry on its way",
        (
            Panel("Accepted and delivered", "cps", (
                ("sum by (otel_agent_signal) (rate(otel_agent_delivery_accepted_total{$chosen}[$rate]))", "{{otel_agent_signal}} accepted"),
                ("sum by (otel_agent_signal) (rate(otel_agent_delivery_delivered_total{$chosen}[$rate]))", "{{otel_agent_signal}} delivered"),
            ), width=6),
            Panel("Waiting", "short", (
                ("sum by (otel_agent_signal) (otel_agent_delivery_queued{$chosen})", "{{otel_agent_signal}} in memory"),
                ("sum by (otel_agent_signal) (otel_agent_delivery_spooled{$chosen})", "{{otel_agent_signal}} on disk"),
            ), width=6),
            Panel("Given up", "short", (("sum by (otel_agent_signal, otel_agent_drop_reason) (otel_agent_delivery_dropped_total{$chosen})", "{{otel_agent_signal}}: {{otel_agent_drop_reason}}"),), width=6),
            Panel("Through the collector", "cps", (
                ("sum(rate(otelcol_receiver_accepted_spans_total[$rate]))", "spans in"),
                ("sum by (exporter) (rate(otelcol_exporter_sent_spans_total[$rate]))", "spans to {{exporter}}"),
                ("sum by (exporter) (rate(otelcol_exporter_send_failed_spans_total[$rate]))", "failed to {{exporter}}"),
            ), width=6),
        ),
    ),
)  # fmt: skip


def build() -> dict[str, Any]:
    """
    Lay the panels out.

    Returns:
        A dashboard in Grafana's JSON model.
    """
    panels: list[dict[str, Any]] = []
    top = 0
    for title, row in ROWS:
        panels.append(
            {
                "type": "row",
                "title": title,
                "collapsed": False,
                "gridPos": {"x": 0, "y": top, "w": COLUMNS, "h": 1},
                "panels": [],
            }
        )
        top += 1
        left = height = 0
        for panel in row:
            if left + panel.width > COLUMNS:
                left, top, height = 0, top + height, 0
            panels.append(_panel(panel, left, top))
            left, height = left + panel.width, max(height, panel.height)
        top += height
    panels.append(_traces(top))
    for number, one in enumerate(panels, start=1):
        one["id"] = number
    return {
        "uid": "otel-agent",
        "title": "otel-agent: one agent",
        "description": "Functions, spans, caches, databases, process, host, alerts and the way out of agents instrumented by otel-agent.",
        "tags": ["otel-agent", "opentelemetry"],
        "schemaVersion": 41,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": "now-30m", "to": "now"},
        "timezone": "browser",
        "templating": {"list": _variables()},
        "panels": panels,
    }


def _panel(panel: Panel, left: int, top: int) -> dict[str, Any]:
    custom = (
        {"fillOpacity": 10, "lineWidth": 1, "showPoints": "auto", "spanNulls": 120_000}
        if panel.kind == "timeseries"
        else {}
    )
    options: dict[str, dict[str, Any]] = {
        "timeseries": {
            "legend": {"displayMode": "list", "placement": "bottom"},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "stat": {
            "reduceOptions": {"calcs": ["lastNotNull"]},
            "colorMode": "value",
            "graphMode": "area",
            "textMode": "auto",
        },
        "state-timeline": {
            "mergeValues": True,
            "showValue": "never",
            "legend": {"displayMode": "list", "placement": "bottom"},
        },
    }
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": PROMETHEUS,
        "gridPos": {"x": left, "y": top, "w": panel.width, "h": panel.height},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0, "custom": custom}, "overrides": []},
        "options": options[panel.kind],
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": PROMETHEUS,
                "editorMode": "code",
                "expr": expression.replace("$chosen", CHOSEN).replace("$rate", "$__rate_interval"),
                "legendFormat": legend,
                "range": True,
                "exemplar": "_bucket" in expression,
            }
            for number, (expression, legend) in enumerate(panel.queries)
        ],
    }


def _traces(top: int) -> dict[str, Any]:
    return {
        "type": "table",
        "title": "Newest traces",
        "description": "From Jaeger; a trace id opens its trace.",
        "datasource": JAEGER,
        "gridPos": {"x": 0, "y": top, "w": COLUMNS, "h": 8},
        "fieldConfig": {"defaults": {}, "overrides": []},
        "options": {"showHeader": True},
        "targets": [{"refId": "A", "datasource": JAEGER, "queryType": "search", "service": "$job", "limit": 20}],
    }


def _variables() -> list[dict[str, Any]]:
    sources = [
        {
            "type": "datasource",
            "name": kind,
            "label": kind.capitalize(),
            "query": kind,
            "current": {"text": kind.capitalize(), "value": kind},
            "hide": 2,
        }
        for kind in ("prometheus", "jaeger")
    ]
    chosen = [
        {
            "type": "query",
            "name": name,
            "label": label,
            "datasource": PROMETHEUS,
            "query": {"query": query, "refId": name, "qryType": 1},
            "definition": query,
            "refresh": 2,
            "sort": 1,
            "multi": is_multi,
            "includeAll": is_multi,
            "allValue": ".+" if is_multi else "",
        }
        for name, label, query, is_multi in (
            ("job", "Agent", "label_values(process_uptime_seconds, job)", False),
            ("instance", "Instance", 'label_values(process_uptime_seconds{job=~"$job"}, instance)', True),
        )
    ]
    return [*sources, *chosen]


def render() -> str:
    """
    Write the dashboard.

    Returns:
        JSON, as Grafana exports it.
    """
    return json.dumps(build(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(render(), encoding="utf-8")
