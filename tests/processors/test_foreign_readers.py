"""Readers of somebody else's meter provider collect durations too."""

import subprocess
import sys
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality as Temporality
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, Metric, ScopeMetrics, Sum
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from otel_agent.processors.foreign_readers import add_producer


def metrics(name: str) -> list[ScopeMetrics]:
    """Metrics with one of a name."""
    data = Sum([], Temporality.CUMULATIVE, is_monotonic=True)
    return [ScopeMetrics(InstrumentationScope("ours"), [Metric(name, None, None, data)], "")]


def names(reader: InMemoryMetricReader) -> list[str]:
    """Names of what a reader collects."""
    data: Any = reader.get_metrics_data()
    return [
        metric.name
        for resource in (data.resource_metrics if data else ())
        for scope in resource.scope_metrics
        for metric in scope.metrics
    ]


def test_what_is_ours_stands_beside_what_is_theirs() -> None:
    """Also when there is nothing else; a second producer takes the place of the first, and one that fails costs only itself."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    add_producer(provider, lambda: metrics("first"))
    alone = names(reader)
    provider.get_meter("theirs").create_counter("theirs").add(1)
    add_producer(provider, lambda: metrics("second"))
    together = names(reader)
    add_producer(provider, lambda: 1 / 0)  # type: ignore[arg-type, return-value] # the failure that is tested
    failed = names(reader)
    add_producer(provider, lambda: ())
    provider.shutdown()

    assert (["first"], ["theirs", "second"], ["theirs"]) == (alone, together, failed)


def test_what_is_no_provider_of_the_sdk_is_left_alone() -> None:
    """It is said, not raised."""
    add_producer(object(), lambda: metrics("first"))


def test_durations_are_measured_beside_providers_that_were_there() -> None:
    """Tracer and meter provider of the agent's own are kept; its reader has the durations of decorated functions, before and after the end."""
    program = (
        "from opentelemetry import metrics, trace\n"
        "from opentelemetry.sdk.metrics import MeterProvider\n"
        "from opentelemetry.sdk.metrics.export import InMemoryMetricReader\n"
        "from opentelemetry.sdk.trace import TracerProvider\n"
        "mine, reader = TracerProvider(), InMemoryMetricReader()\n"
        "trace.set_tracer_provider(mine)\n"
        "metrics.set_meter_provider(MeterProvider([reader]))\n"
        "import otel_agent\n"
        "telemetry = otel_agent.init('k', export='none', spool=False, instrument=False, trace_modules=False)\n"
        "@otel_agent.traced\n"
        "def decide(): return 'buy'\n"
        "@otel_agent.timed\n"
        "def size(): return 3\n"
        "def calls():\n"
        "    found = {}\n"
        "    for r in reader.get_metrics_data().resource_metrics:\n"
        "        for s in r.scope_metrics:\n"
        "            for m in s.metrics:\n"
        "                if m.name == 'agent.function.duration':\n"
        "                    found.update({p.attributes['code.function.name']: p.count for p in m.data.data_points})\n"
        "    return sorted(found.items())\n"
        "decide(), decide(), size()\n"
        "print(trace.get_tracer_provider() is mine, calls())\n"
        "telemetry.shutdown()\n"
        "print(calls())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    counts = "[('__main__.decide', 2), ('__main__.size', 1)]"

    assert [f"True {counts}", counts] == done.stdout.splitlines()
