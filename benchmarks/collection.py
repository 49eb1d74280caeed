"""
What one collection of host, process and runtime costs, as a ratio to the official system-metrics package in the same run.

Needs `opentelemetry-instrumentation-system-metrics`, which is no dependency of ours. Both are collected by the SDK's own
reader; the official one in its default configuration, and once more without the walk over all connections.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable

from opentelemetry.instrumentation.system_metrics import _DEFAULT_CONFIG, SystemMetricsInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from otel_agent.instruments.machine import host, process, runtime

LIMIT = 0.1
TICK_S = 0.02
"""Collections are this far apart, so that each of ours takes a reading anew, as it does each second in an agent."""


def ours() -> InMemoryMetricReader:
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader], shutdown_on_exit=False).get_meter("otel_agent.instruments")
    host.install(meter, tick_s=TICK_S)
    process.install(meter, tick_s=TICK_S)
    runtime.install(meter)
    return reader


def official(*, connections: bool) -> InMemoryMetricReader:
    reader = InMemoryMetricReader()
    instrumentor = SystemMetricsInstrumentor(config=dict(_DEFAULT_CONFIG))
    if not connections:
        instrumentor._get_system_network_connections = lambda _options: ()
    instrumentor._instrument(meter_provider=MeterProvider([reader], shutdown_on_exit=False))
    return reader


def points(reader: InMemoryMetricReader) -> int:
    data = reader.get_metrics_data()
    metrics = [metric for each in data.resource_metrics for scope in each.scope_metrics for metric in scope.metrics]
    return sum(len(metric.data.data_points) for metric in metrics)


def cost_ms(collect: Callable[[], object], times: int = 5) -> float:
    total_s = 0.0
    for _ in range(times):
        time.sleep(TICK_S)
        begin_s = time.perf_counter()
        collect()
        total_s += time.perf_counter() - begin_s
    return total_s / times * 1e3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=11)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    readers = {"ours": ours(), "official": official(connections=True)}
    for reader in readers.values():
        points(reader)
    costs = {name: [] for name in readers}
    for _ in range(arguments.repeats):
        for name, reader in readers.items():
            costs[name].append(cost_ms(reader.get_metrics_data))
    lean = official(connections=False)
    points(lean)
    costs["official, no connections"] = [cost_ms(lean.get_metrics_data) for _ in range(arguments.repeats)]
    readers["official, no connections"] = lean
    base = statistics.median(costs["ours"])
    results = {
        name: {
            "ms": round(statistics.median(values), 3),
            "points": points(readers[name]),
            "ours_to_it": round(base / statistics.median(values), 3),
        }
        for name, values in costs.items()
    }
    if arguments.json:
        print(json.dumps(results))
    else:
        for name, result in results.items():
            print(f"{name}: {result['ms']} ms, {result['points']} points, ratio {result['ours_to_it']}")
    return 0 if results["official"]["ours_to_it"] <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
