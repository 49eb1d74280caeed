"""Names are those Prometheus shows."""

import pytest

from otel_agent.catalog import METRICS
from otel_agent.catalog.records import InstrumentKind
from otel_agent.series.naming import Naming, label_name, metric_name


@pytest.mark.parametrize(
    ("name", "unit", "kind", "expected"),
    [
        ("system.memory.utilization", "1", "gauge", "system_memory_utilization_ratio"),
        ("system.memory.usage", "By", "other", "system_memory_usage_bytes"),
        ("agent.cache.requests", "{request}", "counter", "agent_cache_requests_total"),
        ("agent.cache.hit_ratio", "1", "gauge", "agent_cache_hit_ratio"),
        ("agent.function.duration", "s", "other", "agent_function_duration_seconds"),
        ("process.cpu.time", "s", "counter", "process_cpu_time_seconds_total"),
        ("http.server.duration", "ms", "other", "http_server_duration_milliseconds"),
        ("speed", "m/s", "gauge", "speed_meters_per_second"),
        ("a..b--c", "", "gauge", "a_b_c"),
        ("2fast", "", "gauge", "_2fast"),
        ("requests_total", "", "counter", "requests_total"),
        ("wait.seconds", "s", "gauge", "wait_seconds"),
        ("share", "%", "gauge", "share_percent"),
    ],
)
def test_metric_names_follow_the_otlp_rules(name: str, unit: str, kind: str, expected: str) -> None:
    """Dots become underscores, units become words, counters end in _total and shares in _ratio."""
    assert expected == metric_name(name, unit, is_gauge=kind == "gauge", is_counter=kind == "counter")


def test_other_paths_translate_otherwise() -> None:
    """Python's exporter adds no _ratio, and UTF-8 names keep their dots."""
    arguments = ("system.memory.utilization", "1")

    assert "system_memory_utilization" == metric_name(*arguments, is_gauge=True, naming=Naming.PYTHON_EXPORTER)
    assert "system.memory.utilization_ratio" == metric_name(*arguments, is_gauge=True, naming=Naming.UTF8)


def test_label_names_hold_letters_digits_and_underscores() -> None:
    """Everything else becomes an underscore; a digit in front gets a word before it."""
    assert ["http_route", "key_2", "key_x", "__y"] == [label_name(name) for name in ("http.route", "2", "_x", "__y")]


def test_no_two_catalogued_metrics_get_one_name() -> None:
    """Each metric of the catalogue stays itself in Prometheus."""
    names = [
        metric_name(
            m.name, m.unit, is_gauge=m.kind is InstrumentKind.GAUGE, is_counter=m.kind is InstrumentKind.COUNTER
        )
        for m in METRICS.values()
    ]

    assert len(set(names)) == len(names)
