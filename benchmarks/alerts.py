"""What judging costs: as a share of a core at its real pace, and as a ratio to the SDK's own work in the same run."""

import argparse
import json
import statistics
import time
from types import SimpleNamespace

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider

from otel_agent.alerts.engine import AlertEngine
from otel_agent.alerts.rules.files import read_text
from otel_agent.processors.series_writer import SeriesWriter
from otel_agent.processors.spans import SpanStatistics
from otel_agent.series.store import Store

SERIES, RULES, INTERVAL_S, HISTORY_S = 1000, 200, 15, 900
NOW_MS = 1_700_000_000_000
LIMITS = {"judging_core_share": 0.05, "judging_all_series_with_each_rule_core_share": 0.05, "writing_core_share": 0.05}


def cpu_s(function, repeats):
    """CPU seconds of one call, the least of several."""
    best = float("inf")
    for _ in range(repeats):
        begun = time.process_time()
        function()
        best = min(best, time.process_time() - begun)
    return best


def filled(names):
    store = Store()
    for number in range(SERIES):
        labels = {"__name__": f"m{number % names}_total", "host": str(number), "job": "agent"}
        for second in range(HISTORY_S):
            store.append(labels, NOW_MS + second * 1000, float(second * (number + 1)), is_counter=True)
    return store


def judging(store, expression, repeats):
    rules = "\n".join(f"    - {{alert: A{i}, expr: '{expression.format(i=i)}'}}" for i in range(RULES))
    groups = read_text(f"groups:\n- name: g\n  rules:\n{rules}").groups
    alerts = AlertEngine(groups, store, budget_s=60)
    moments = iter(range(HISTORY_S - repeats - 1, HISTORY_S))
    return cpu_s(lambda: alerts.evaluate(NOW_MS / 1000 + next(moments)), repeats) / INTERVAL_S


def writing(repeats):
    reader = InMemoryMetricReader()
    counter = MeterProvider([reader], shutdown_on_exit=False).get_meter("bench").create_counter("c")
    for number in range(SERIES):
        counter.add(1, {"n": number})
    judgement = SeriesWriter(Store())
    collections = []
    for _ in range(repeats + 2):
        collections.append(reader.get_metrics_data())
        time.sleep(0.002)
    for data in collections[:2]:
        judgement.on_collect(data)
    rest = iter(collections[2:])
    collecting = cpu_s(reader.get_metrics_data, repeats)
    ours = cpu_s(lambda: judgement.on_collect(next(rest)), repeats)
    return ours, ours / collecting


def spans(repeats, count=2000):
    def cost(provider):
        tracer = provider.get_tracer("bench")

        def work():
            for _ in range(count):
                tracer.start_span("work").end()

        return cpu_s(work, 1)

    bare, counted = TracerProvider(shutdown_on_exit=False), TracerProvider(shutdown_on_exit=False)
    bare.add_span_processor(
        SimpleNamespace(on_start=lambda *_, **__: None, on_end=lambda _: None, _on_ending=lambda _: None)
    )
    counted.add_span_processor(SpanStatistics(Store()))
    pairs = [(cost(bare), cost(counted)) for _ in range(repeats)]
    return statistics.median(counted / bare for bare, counted in pairs) - 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    write_s, write_ratio = writing(arguments.repeats)
    results = {
        "judging_core_share": round(judging(filled(RULES), "rate(m{i}_total[5m]) > 1e9", arguments.repeats), 5),
        "judging_all_series_with_each_rule_core_share": round(
            judging(filled(1), "rate(m0_total[5m]) > 1e9", arguments.repeats), 5
        ),
        "writing_core_share": round(write_s, 5),
        "writing_as_share_of_the_collection_it_follows": round(write_ratio, 3),
        "span_counted_as_share_of_the_sdk_s_span": round(spans(arguments.repeats), 3),
    }
    if arguments.json:
        print(json.dumps(results))
    else:
        for name, value in results.items():
            print(f"{name.replace('_', ' ')}: {value}")
    return 0 if all(results[name] <= limit for name, limit in LIMITS.items()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
