# ruff: noqa: INP001 - a script beside the files it makes, not part of a package
"""
The seven dashboards, as tables of panels; writes `dashboards/` for Grafana, and the interval of the data source.

    python docker/grafana/boards.py

Names are those Prometheus shows after OTLP translation; `docs/reference/metrics.md` says what each means. The end-to-end tests
ask every expression of every panel about an agent with default settings. A test holds the JSON and this file together.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from model import (
    EMPTY_AT_FIRST,
    EMPTY_IS_GOOD,
    FAILED_SHARE,
    FAILURES,
    FIGURE,
    FIRING,
    HIT_SHARE,
    INTERVAL_S,
    JAEGER,
    LOGS,
    LOST,
    USED_SHARE,
    WELL,
    Dashboard,
    Panel,
    Query,
    build,
)

OUTPUT = Path(__file__).parent / "dashboards"
SOURCES = Path(__file__).parent / "provisioning" / "datasources" / "otel-agent.yaml"

CALLS = "histogram_count(rate(agent_function_duration_seconds{$chosen}[$rate]))"
FAILED = 'histogram_count(rate(agent_function_duration_seconds{$chosen, error_type!=""}[$rate]))'
DURATIONS = "rate(agent_function_duration_seconds{$chosen}[$rate])"
SPANS = "rate(traces_span_metrics_duration_seconds_bucket{$chosen}[$rate])"
QUERIES = "rate(db_client_operation_duration_seconds_bucket{$chosen}[$rate])"
HEALTHY = 'agent_health_status{$chosen, agent_health_state="healthy"}'
DROPPED = "otel_agent_delivery_dropped_total{$chosen}"


def failed_share(by: str) -> str:
    """The share of calls that failed, 0 where none did."""
    return f"(sum by ({by}) ({FAILED}) or 0 * sum by ({by}) ({CALLS})) / sum by ({by}) ({CALLS})"


FLEET = Dashboard(
    "otel-agent-fleet",
    "otel-agent: all agents",
    "Every agent beside the others: calls, failures, durations, health and what was lost; a click leads to one of them.",
    (
        (
            "At a glance",
            (
                Panel("Agents", "short", (Query("count(count by (job) (process_uptime_seconds{$chosen}))", "agents"),), "stat", 4, 4, meaning=FIGURE),
                Panel("Instances", "short", (Query("count(process_uptime_seconds{$chosen})", "instances"),), "stat", 4, 4, meaning=FIGURE),
                Panel("Calls a second", "reqps", (Query(f"sum({CALLS})", "calls"),), "stat", 4, 4, meaning=FIGURE),
                Panel("Failed calls", "percentunit", (Query(f"(sum({FAILED}) or vector(0)) / sum({CALLS})", "failed"),), "stat", 4, 4, meaning=FAILED_SHARE),
                Panel("All healthy", "short", (Query(f"min({HEALTHY})", "health"),), "stat", 4, 4, "One check that is not well is enough: see below which.", meaning=WELL),
                Panel("Lost telemetry", "short", (Query(f"sum(increase({DROPPED}[$__range])) or vector(0)", "items"),), "stat", 4, 4, "In the time that is shown.", meaning=LOST),
            ),
        ),
        (
            "Agents",
            (
                Panel(
                    "Each agent",
                    "short",
                    (
                        Query(f"sum by (job, service_name) ({CALLS})", "calls"),
                        Query(failed_share("job, service_name"), "failed"),
                        Query(f"histogram_quantile(0.95, sum by (job, service_name) ({DURATIONS}))", "p95"),
                        Query("count by (job, service_name) (process_uptime_seconds{$chosen})", "instances"),
                        Query(f"min by (job, service_name) ({HEALTHY})", "health"),
                        Query("max by (job, service_name) (process_memory_usage_bytes{$chosen})", "memory"),
                        Query(f"sum by (job, service_name) (increase({DROPPED}[$__range])) or 0 * count by (job, service_name) (process_uptime_seconds{{$chosen}})", "lost"),
                    ),
                    "table", 24, 9,
                    columns={
                        "calls": ("Calls a second", "reqps", FIGURE),
                        "failed": ("Failed", "percentunit", FAILED_SHARE),
                        "p95": ("95 % within", "s", FIGURE),
                        "instances": ("Instances", "short", FIGURE),
                        "health": ("Health", "short", WELL),
                        "memory": ("Memory of the largest", "bytes", FIGURE),
                        "lost": ("Lost telemetry", "short", LOST),
                    },
                ),
            ),
        ),
        (
            "Over time",
            (
                Panel("Calls by agent", "reqps", (Query(f"sum by (job) ({CALLS})", "{{job}}"),)),
                Panel("Failed calls by agent", "percentunit", (Query(failed_share("job"), "{{job}}"),), meaning=FAILED_SHARE),
                Panel("95 % of the calls within", "s", (Query(f"histogram_quantile(0.95, sum by (job) ({DURATIONS}))", "{{job}}"),)),
                Panel("Health by agent", "short", (Query(f"min by (job) ({HEALTHY})", "{{job}}"),), "state-timeline", meaning=WELL),
                Panel("Instances by agent", "short", (Query("count by (job) (process_uptime_seconds{$chosen})", "{{job}}"),)),
                Panel("Memory of the largest instance", "bytes", (Query("max by (job) (process_memory_usage_bytes{$chosen})", "{{job}}"),)),
                Panel("Alerts that fire", "short", (Query('max by (alertname, job) (ALERTS{alertstate="firing", severity!="none"})', "{{alertname}} {{job}}"),), "state-timeline", 24, 6, EMPTY_IS_GOOD + "no rule of the central Prometheus fires.", FIRING),
            ),
        ),
    ),
)  # fmt: skip

AGENT = Dashboard(
    "otel-agent",
    "otel-agent: one agent",
    "Functions, spans, caches, alerts and health of an agent.",
    (
        (
            "At a glance",
            (
                Panel("Calls a second", "reqps", (Query(f"sum({CALLS})", "calls"),), "stat", 4, 4, meaning=FIGURE),
                Panel("Failed calls", "percentunit", (Query(f"(sum({FAILED}) or vector(0)) / sum({CALLS})", "failed"),), "stat", 4, 4, meaning=FAILED_SHARE),
                Panel("Cache hits", "percentunit", (Query("min by (agent_cache_name) (agent_cache_hit_ratio{$chosen})", "{{agent_cache_name}}"),), "stat", 4, 4, meaning=HIT_SHARE),
                Panel("CPU of the busiest process", "percentunit", (Query("max(process_cpu_utilization_ratio{$chosen})", "CPU"),), "stat", 4, 4, "Share of the CPUs of its host.", meaning=USED_SHARE),
                Panel("Memory of all processes", "bytes", (Query("sum(process_memory_usage_bytes{$chosen})", "memory"),), "stat", 4, 4, meaning=FIGURE),
                Panel("Lost telemetry", "short", (Query(f"sum({DROPPED}) or vector(0)", "items"),), "stat", 4, 4, "0, or the reason is on the dashboard of telemetry and in the agent's log.", meaning=LOST),
            ),
        ),
        (
            "Functions",
            (
                Panel("Calls by function", "reqps", (Query(f"sum by (code_function_name) ({CALLS})", "{{code_function_name}}"),), width=12),
                Panel(
                    "Durations: half, 95 % and 99 % of the calls within",
                    "s",
                    tuple(Query(f"histogram_quantile({share}, sum by (code_function_name) ({DURATIONS}))", f"{name} {{{{code_function_name}}}}") for share, name in ((0.5, "50 %"), (0.95, "95 %"), (0.99, "99 %"))),
                    width=12,
                ),
                Panel("Failed calls by function", "percentunit", (Query(failed_share("code_function_name"), "{{code_function_name}}"),), width=12, meaning=FAILED_SHARE),
                Panel(
                    "Failures by type",
                    "reqps",
                    (Query(f"sum by (code_function_name, error_type) ({FAILED})", "{{code_function_name}} {{error_type}}"),),
                    width=12, about=EMPTY_IS_GOOD + "no call failed.", meaning=FAILURES,
                ),
            ),
        ),
        (
            "Spans, as the collector counts them",
            (
                Panel("Spans by name", "reqps", (Query("sum by (span_name) (rate(traces_span_metrics_calls_total{$chosen}[$rate]))", "{{span_name}}"),)),
                Panel("Durations of all spans", "s", (Query("sum by (le) (increase(traces_span_metrics_duration_seconds_bucket{$chosen}[$rate]))"),), "heatmap", about="A point is a trace: click it to see it in Jaeger.", meaning=FIGURE),
                Panel("99 % of the spans within", "s", (Query(f"histogram_quantile(0.99, sum by (le, span_name) ({SPANS}))", "{{span_name}}"),), about="A point is a trace: click it to see it in Jaeger."),
                Panel("Exceptions by type", "reqps", (Query("sum by (span_name, exception_type) (rate(traces_span_metrics_exceptions_total{$chosen}[$rate]))", "{{exception_type}} in {{span_name}}"),), about=EMPTY_IS_GOOD + "no span has an exception.", meaning=FAILURES),
                Panel("Newest failed traces", "short", (Query("$service"),), "table", 16, 7, EMPTY_IS_GOOD + "no trace has an error; a trace id opens its trace.", FIGURE, JAEGER, tags="error=true"),
            ),
        ),
        (
            "Caches",
            (
                Panel("Lookups by result", "reqps", (Query("sum by (agent_cache_name, agent_cache_result) (rate(agent_cache_requests_total{$chosen}[$rate]))", "{{agent_cache_name}} {{agent_cache_result}}"),), about=EMPTY_AT_FIRST + "an agent without a cache has none."),
                Panel("Hits of the last minute", "percentunit", (Query("min by (agent_cache_name) (agent_cache_hit_ratio{$chosen})", "{{agent_cache_name}}"),), at_most=1, about=EMPTY_AT_FIRST + "an agent without a cache has none."),
                Panel(
                    "Entries, and room for them",
                    "short",
                    (
                        Query("sum by (agent_cache_name) (agent_cache_entry_count{$chosen})", "{{agent_cache_name}}"),
                        Query("sum by (agent_cache_name) (agent_cache_entry_limit{$chosen})", "{{agent_cache_name}} at most"),
                    ),
                    about=EMPTY_AT_FIRST + "an agent without a cache has none.",
                ),
            ),
        ),
        (
            "Alerts and health",
            (
                Panel("Health", "short", (Query(f"min by (agent_health_component) ({HEALTHY})", "{{agent_health_component}}"),), "state-timeline", meaning=WELL),
                Panel("Alerts that fire in the agent", "short", (Query('max by (alert_rule_name) (agent_alert_status{$chosen, agent_alert_state="firing"})', "{{alert_rule_name}}"),), "state-timeline", about=EMPTY_AT_FIRST + "the agent judges no rules.", meaning=FIRING),
                Panel("Alerts that fire in Prometheus", "short", (Query('max by (alertname, job) (ALERTS{alertstate="firing", severity!="none"})', "{{alertname}} {{job}}"),), "state-timeline", about=EMPTY_IS_GOOD + "no rule fires.", meaning=FIRING),
            ),
        ),
    ),
    is_of_one=True,
)  # fmt: skip

NO_DATABASE = EMPTY_AT_FIRST + "an agent without a pool of SQLAlchemy has none."
DATABASE = Dashboard(
    "otel-agent-database",
    "otel-agent: databases",
    "Pools of connections, and queries by their summary.",
    (
        (
            "Pools",
            (
                Panel(
                    "Connections",
                    "short",
                    (
                        Query("sum by (db_client_connection_pool_name, db_client_connection_state) (db_client_connection_count{$chosen})", "{{db_client_connection_pool_name}} {{db_client_connection_state}}"),
                        Query("sum by (db_client_connection_pool_name) (db_client_connection_max{$chosen})", "{{db_client_connection_pool_name}} at most"),
                    ),
                    about=NO_DATABASE,
                ),
                Panel("Lent out, of what there may be", "percentunit", (Query('sum by (db_client_connection_pool_name) (db_client_connection_count{$chosen, db_client_connection_state="used"}) / sum by (db_client_connection_pool_name) (db_client_connection_max{$chosen})', "{{db_client_connection_pool_name}}"),), about=NO_DATABASE, meaning=USED_SHARE),
                Panel("Waiting for a connection", "short", (Query("sum by (db_client_connection_pool_name) (db_client_connection_pending_requests{$chosen})", "{{db_client_connection_pool_name}}"),), about=NO_DATABASE),
                Panel("Gave up waiting", "short", (Query("sum(increase(db_client_connection_timeouts_total{$chosen}[$rate])) or vector(0)", "timeouts"),), "stat", 4, 7, meaning=LOST),
                Panel("99 % wait no longer than", "s", (Query("histogram_quantile(0.99, sum by (le, db_client_connection_pool_name) (rate(db_client_connection_wait_time_seconds_bucket{$chosen}[$rate])))", "{{db_client_connection_pool_name}}"),), width=10, about=NO_DATABASE),
                Panel("Lent out for, 99 %", "s", (Query("histogram_quantile(0.99, sum by (le, db_client_connection_pool_name) (rate(db_client_connection_use_time_seconds_bucket{$chosen}[$rate])))", "{{db_client_connection_pool_name}}"),), width=10, about=NO_DATABASE),
            ),
        ),
        (
            "Queries",
            (
                Panel("Queries by summary", "reqps", (Query("sum by (db_query_summary) (rate(db_client_operation_duration_seconds_count{$chosen}[$rate]))", "{{db_query_summary}}"),), about=EMPTY_AT_FIRST + "no query was made."),
                Panel("95 % of the queries within", "s", (Query(f"histogram_quantile(0.95, sum by (le, db_query_summary) ({QUERIES}))", "{{db_query_summary}}"),), about=EMPTY_AT_FIRST + "no query was made."),
                Panel("Failed queries", "reqps", (Query('sum by (db_query_summary, error_type) (rate(db_client_operation_duration_seconds_count{$chosen, error_type!=""}[$rate]))', "{{db_query_summary}} {{error_type}}"),), about=EMPTY_IS_GOOD + "no query failed.", meaning=FAILURES),
                Panel("Time spent in the database", "percentunit", (Query("sum by (db_query_summary) (rate(db_client_operation_duration_seconds_sum{$chosen}[$rate]))", "{{db_query_summary}}"),), width=24, about="1 is one query at any time. " + "Where to begin."),
            ),
        ),
    ),
)  # fmt: skip

RUNTIME = Dashboard(
    "otel-agent-runtime",
    "otel-agent: host and runtime",
    "Processes, Python's runtime and hosts, against their limits.",
    (
        (
            "Process",
            (
                Panel("CPU, share of the host's", "percentunit", (Query("max by (instance) (process_cpu_utilization_ratio{$chosen})", "{{instance}}"),), meaning=USED_SHARE),
                Panel(
                    "Memory, and the limit",
                    "bytes",
                    (
                        Query("max by (instance) (process_memory_usage_bytes{$chosen})", "{{instance}}"),
                        Query("max by (host_name) (system_memory_limit_bytes{$chosen})", "limit of {{host_name}}"),
                    ),
                ),
                Panel("Memory, share of the limit", "percentunit", (Query("max by (instance) (process_memory_usage_bytes{$chosen} / on (job, instance) system_memory_limit_bytes{$chosen})", "{{instance}}"),), meaning=USED_SHARE),
                Panel("Threads", "short", (Query("max by (instance) (process_thread_count{$chosen})", "{{instance}}"),), width=6),
                Panel("Open files", "short", (Query("max by (instance) (process_unix_file_descriptor_count{$chosen})", "{{instance}}"),), width=6),
                Panel("Context switches", "ops", (Query("sum by (instance) (rate(process_context_switches_total{$chosen}[$rate]))", "{{instance}}"),), width=6),
                Panel("Up for", "s", (Query("max by (instance) (process_uptime_seconds{$chosen})", "{{instance}}"),), width=6, about="A new line is a restart."),
            ),
        ),
        (
            "Python's runtime",
            (
                Panel("Delay of the event loop", "s", (Query("histogram_quantile(0.99, sum by (le, instance) (rate(agent_eventloop_delay_seconds_bucket{$chosen}[$rate])))", "99 % {{instance}}"),), about=EMPTY_AT_FIRST + "an agent without asyncio has none. How much later than asked asyncio calls back: something blocks the loop."),
                Panel("Time in garbage collection", "percentunit", (Query("sum by (instance) (rate(agent_gc_pause_duration_seconds_sum{$chosen}[$rate]))", "{{instance}}"),)),
                Panel("Collections by generation", "ops", (Query("sum by (instance, cpython_gc_generation) (rate(agent_gc_pause_duration_seconds_count{$chosen}[$rate]))", "{{instance}} {{cpython_gc_generation}}"),), about="All generations together unless metrics are kept in detail."),
                Panel("Starts in the last five minutes", "short", (Query("count by (service_name) (process_uptime_seconds{$chosen} < 300) or 0 * count by (service_name) (process_uptime_seconds{$chosen})", "{{service_name}}"),), width=24, height=5),
            ),
        ),
        (
            "Host",
            (
                Panel("CPU", "percentunit", (Query("max by (host_name) (system_cpu_utilization_ratio{$chosen})", "{{host_name}}"),), width=6, meaning=USED_SHARE),
                Panel("Memory", "percentunit", (Query('max by (host_name) (system_memory_utilization_ratio{$chosen, system_memory_state="used"})', "{{host_name}}"),), width=6, meaning=USED_SHARE),
                Panel("Filesystem", "percentunit", (Query('max by (host_name, system_filesystem_mountpoint) (system_filesystem_utilization_ratio{$chosen, system_filesystem_state="used"})', "{{host_name}} {{system_filesystem_mountpoint}}"),), width=6, meaning=USED_SHARE),
                Panel("Load, threads", "short", (Query("max by (host_name) (system_cpu_load_average_1m{$chosen})", "{{host_name}}"),), width=6),
                Panel("Disk", "Bps", (Query("max by (host_name, disk_io_direction) (rate(system_disk_io_bytes_total{$chosen}[$rate]))", "{{host_name}} {{disk_io_direction}}"),)),
                Panel("Network", "Bps", (Query("max by (host_name, network_io_direction) (rate(system_network_io_bytes_total{$chosen}[$rate]))", "{{host_name}} {{network_io_direction}}"),)),
                Panel("Errors of the network", "short", (Query("sum(increase(system_network_errors_total{$chosen}[$rate])) or vector(0)", "errors"),), "stat", meaning=LOST),
            ),
        ),
    ),
)  # fmt: skip

SIGNALS = (("spans", "spans"), ("metric_points", "points"), ("log_records", "records"))
TELEMETRY = Dashboard(
    "otel-agent-telemetry",
    "otel-agent: telemetry and collector",
    "What becomes of telemetry: accepted = queued + delivered + spooled + dropped in the agents, and the collector behind them.",
    (
        (
            "In the agents",
            (
                Panel(
                    "Unaccounted for",
                    "short",
                    (Query(f"abs(sum(otel_agent_delivery_accepted_total{{$chosen}}) - sum(otel_agent_delivery_delivered_total{{$chosen}}) - sum(otel_agent_delivery_queued{{$chosen}}) - sum(otel_agent_delivery_spooled{{$chosen}}) - (sum({DROPPED}) or vector(0)))", "items"),),
                    "stat", 4, 7, "Accepted = queued + delivered + spooled + dropped: 0 at every moment.", LOST,
                ),
                Panel("Given up", "short", (Query(f"sum({DROPPED}) or vector(0)", "items"),), "stat", 4, 7, "Why is in the panel beside.", LOST),
                Panel("Given up, by reason", "short", (Query(f"sum by (otel_agent_signal, otel_agent_drop_reason) (increase({DROPPED}[$rate]))", "{{otel_agent_signal}}: {{otel_agent_drop_reason}}"),), about=EMPTY_IS_GOOD + "nothing was given up.", meaning=FAILURES),
                Panel("Failures of the package itself", "short", (Query("sum by (otel_agent_failure_kind) (increase(otel_agent_failures_total{$chosen}[$rate]))", "{{otel_agent_failure_kind}}"),), about=EMPTY_IS_GOOD + "nothing of ours failed.", meaning=FAILURES),
                Panel(
                    "Accepted and delivered",
                    "cps",
                    (
                        Query("sum by (otel_agent_signal) (rate(otel_agent_delivery_accepted_total{$chosen}[$rate]))", "{{otel_agent_signal}} accepted"),
                        Query("sum by (otel_agent_signal) (rate(otel_agent_delivery_delivered_total{$chosen}[$rate]))", "{{otel_agent_signal}} delivered"),
                    ),
                    width=12,
                ),
                Panel(
                    "Waiting",
                    "short",
                    (
                        Query("sum by (otel_agent_signal) (otel_agent_delivery_queued{$chosen})", "{{otel_agent_signal}} in memory"),
                        Query("sum by (otel_agent_signal) (otel_agent_delivery_spooled{$chosen})", "{{otel_agent_signal}} on disk"),
                    ),
                    width=12,
                ),
            ),
        ),
        (
            "In the collector",
            (
                Panel("Received", "cps", tuple(Query(f"sum(rate(otelcol_receiver_accepted_{name}_total[$rate])) or vector(0)", word) for name, word in SIGNALS)),
                Panel("Refused by the collector", "cps", tuple(Query(f"sum(rate(otelcol_receiver_refused_{name}_total[$rate])) or vector(0)", word) for name, word in SIGNALS), about="It is full: agents keep what was refused, and send again.", meaning=LOST),
                Panel("Sent, by backend", "cps", tuple(Query(f"sum by (exporter) (rate(otelcol_exporter_sent_{name}_total[$rate]))", f"{word} to {{{{exporter}}}}") for name, word in SIGNALS)),
                Panel("Queues, share of their room", "percentunit", (Query("max by (exporter, data_type) (otelcol_exporter_queue_size / otelcol_exporter_queue_capacity)", "{{exporter}} {{data_type}}"),), about="A backend is away or slower than what comes; what is beyond the room is lost for it.", meaning=USED_SHARE),
                Panel("Lost for a backend", "short", tuple(Query(f"sum by (exporter) (increase(otelcol_exporter_enqueue_failed_{name}_total[$rate]))", f"{word} for {{{{exporter}}}}") for name, word in SIGNALS), about=EMPTY_IS_GOOD + "every queue had room.", meaning=FAILURES),
                Panel("Refused by a backend", "short", tuple(Query(f"sum by (exporter) (increase(otelcol_exporter_send_failed_{name}_total[$rate]))", f"{word} by {{{{exporter}}}}") for name, word in SIGNALS), about=EMPTY_IS_GOOD + "every backend took what it was sent; otherwise the collector's log has its answer.", meaning=FAILURES),
                Panel("CPU of the collector", "percentunit", (Query("sum by (instance) (rate(otelcol_process_cpu_seconds_total[$rate]))", "{{instance}}"),), about="1 is one core."),
                Panel("Memory of the collector", "bytes", (Query("max by (instance) (otelcol_process_memory_rss_bytes)", "{{instance}}"),)),
                Panel("Up for", "s", (Query("max by (instance) (otelcol_process_uptime_seconds_total)", "{{instance}}"),)),
            ),
        ),
    ),
)  # fmt: skip

RECORDS = '"service.name":in($service)'
LOG = Dashboard(
    "otel-agent-logs",
    "otel-agent: logs",
    "Records of agents; a trace id opens the trace.",
    (
        (
            "Records",
            (
                Panel("Records the agents sent", "cps", (Query('sum by (service_name) (rate(otel_agent_delivery_delivered_total{$chosen, otel_agent_signal="logs"}[$rate]))', "{{service_name}}"),), width=12),
                Panel("Records by severity", "short", (Query(f"{RECORDS} | stats by (severity_text) count() records", "{{severity_text}}"),), width=12, source=LOGS),
                Panel("Errors", "short", (Query(f"{RECORDS} severity_number:>=17"),), "logs", 24, 9, EMPTY_IS_GOOD + "nobody wrote an error.", FIGURE, LOGS),
                Panel("All records", "short", (Query(RECORDS),), "logs", 24, 12, meaning=FIGURE, source=LOGS),
            ),
        ),
    ),
)  # fmt: skip

NO_MODELS = EMPTY_AT_FIRST + "the instrumentation of a language model's client sends these."
TOKENS = "gen_ai_client_token_usage_sum{$chosen"
MODELS = Dashboard(
    "otel-agent-models",
    "otel-agent: language models",
    "Tokens, cost, durations and failures by model, of agents that call any; the prices are set at the top.",
    (
        (
            "Tokens",
            (
                Panel("Tokens by kind", "short", (Query(f"sum by (gen_ai_token_type) (increase({TOKENS}}}[$rate]))", "{{gen_ai_token_type}}"),), about=NO_MODELS),
                Panel("Tokens by model", "short", (Query(f"sum by (gen_ai_request_model) (increase({TOKENS}}}[$rate]))", "{{gen_ai_request_model}}"),), about=NO_MODELS),
                Panel(
                    "Cost in the time that is shown",
                    "currencyUSD",
                    (
                        Query(f'sum by (gen_ai_request_model) (increase({TOKENS}, gen_ai_token_type="input"}}[$__range])) * $price_in / 1e6', "{{gen_ai_request_model}} in"),
                        Query(f'sum by (gen_ai_request_model) (increase({TOKENS}, gen_ai_token_type="output"}}[$__range])) * $price_out / 1e6', "{{gen_ai_request_model}} out"),
                    ),
                    "stat", about=NO_MODELS, meaning=FIGURE,
                ),
            ),
        ),
        (
            "Calls",
            (
                Panel("Calls by model", "reqps", (Query("sum by (gen_ai_request_model, gen_ai_operation_name) (rate(gen_ai_client_operation_duration_seconds_count{$chosen}[$rate]))", "{{gen_ai_request_model}} {{gen_ai_operation_name}}"),), about=NO_MODELS),
                Panel("95 % of the calls within", "s", (Query("histogram_quantile(0.95, sum by (le, gen_ai_request_model) (rate(gen_ai_client_operation_duration_seconds_bucket{$chosen}[$rate])))", "{{gen_ai_request_model}}"),), about=NO_MODELS),
                Panel("Failed calls by type", "reqps", (Query('sum by (gen_ai_request_model, error_type) (rate(gen_ai_client_operation_duration_seconds_count{$chosen, error_type!=""}[$rate]))', "{{gen_ai_request_model}} {{error_type}}"),), about=EMPTY_IS_GOOD + "no call failed, or there are none.", meaning=FAILURES),
            ),
        ),
    ),
    variables=("namespace", "service", "instance", "price_in", "price_out"),
)  # fmt: skip

DASHBOARDS = {
    "fleet": FLEET,
    "agent": AGENT,
    "database": DATABASE,
    "runtime": RUNTIME,
    "telemetry": TELEMETRY,
    "logs": LOG,
    "models": MODELS,
}
"""By the name of the file."""


def render(dashboard: Dashboard) -> str:
    """
    Write a dashboard.

    Args:
        dashboard: What to show.

    Returns:
        JSON, as Grafana exports it.
    """
    return json.dumps(build(dashboard), indent=2, ensure_ascii=False) + "\n"


def with_interval(sources: str) -> str:
    """
    Tell the data source how often agents send: Grafana makes the window of rates of it.

    Args:
        sources: Provisioning of the data sources.

    Returns:
        The same with the agents' interval.
    """
    return re.sub(r"timeInterval: \S+", f"timeInterval: {INTERVAL_S}s", sources)


def main() -> None:
    """Write everything."""
    OUTPUT.mkdir(exist_ok=True)
    files: dict[Path, Any] = {OUTPUT / f"{name}.json": render(one) for name, one in DASHBOARDS.items()}
    for path in set(OUTPUT.glob("*.json")) - files.keys():
        path.unlink()
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    SOURCES.write_text(with_interval(SOURCES.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
