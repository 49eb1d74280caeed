"""Variables: those of the specification, with their traps, and our own."""

from pathlib import Path
from typing import Any

import pytest

from otel_agent.config.loading import Loaded, load
from otel_agent.config.sources.tables import effects
from otel_agent.config.tree import leaves


def under(**environ: str) -> Loaded:
    """The configuration under variables."""
    return load({}, environ=environ, directory="/nowhere", script="s.py")


def setting(loaded: Loaded, path: str) -> Any:
    """One setting."""
    value: Any = loaded.config
    for name in path.split("."):
        value = getattr(value, name)
    return value


@pytest.mark.parametrize(
    ("name", "text", "path", "expected"),
    [
        ("OTEL_SERVICE_NAME", "a", "service.name", "a"),
        ("OTEL_SDK_DISABLED", "true", "disabled", True),
        ("OTEL_SDK_DISABLED", "TRUE", "disabled", True),
        ("OTEL_PROPAGATORS", "baggage, tracecontext,baggage", "propagators", ("baggage", "tracecontext")),
        ("OTEL_PROPAGATORS", "none", "propagators", ()),
        ("OTEL_TRACES_SAMPLER", "ALWAYS_OFF", "sampling.sampler", "always_off"),
        ("OTEL_TRACES_EXPORTER", "otlp,console", "export.traces.to", ("otlp", "console")),
        ("OTEL_TRACES_EXPORTER", "otlp_proto_http", "export.traces.to", ("otlp",)),
        ("OTEL_TRACES_EXPORTER", "otlp_proto_grpc,console", "export.traces.to", ("otlp", "console")),
        ("OTEL_TRACES_EXPORTER", "otlp_proto_grpc", "export.traces.protocol", "grpc"),
        ("OTEL_LOGS_EXPORTER", "otlp_proto_http", "export.logs.protocol", "http/protobuf"),
        ("OTEL_METRICS_EXPORTER", "none", "export.metrics.to", ("none",)),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1", "export.endpoint", "http://a:1"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://a:1/x", "export.logs.endpoint", "http://a:1/x"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "export.protocol", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "none", "export.traces.compression", "none"),
        ("OTEL_EXPORTER_OTLP_INSECURE", "true", "export.insecure", True),
        ("OTEL_EXPORTER_OTLP_HEADERS", "A=b%20c,d = e ", "export.headers", {"a": "b c", "d": "e"}),
        ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "a=b==", "export.metrics.headers", {"a": "b=="}),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10000", "export.timeout_s", 10.0),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1000", "export.traces.timeout_s", 1.0),
        ("OTEL_BSP_EXPORT_TIMEOUT", "5000", "export.traces.timeout_s", 5.0),
        ("OTEL_METRIC_EXPORT_TIMEOUT", "5000", "export.metrics.timeout_s", 5.0),
        ("OTEL_BLRP_EXPORT_TIMEOUT", "50", "export.logs.timeout_s", 0.05),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1500", "metrics.interval_s", 1.5),
        ("OTEL_BSP_SCHEDULE_DELAY", "500", "queue.delay_s", 0.5),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "10000", "queue.spans", 10_000),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "20000", "queue.logs", 20_000),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "512", "queue.batch", 512),
        ("OTEL_METRICS_EXEMPLAR_FILTER", "always_off", "metrics.exemplars", "always_off"),
        ("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", "os,host", "resource.detectors", ("os", "host")),
        ("OTEL_LOG_LEVEL", "warn", "logs.own_level", "WARNING"),
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", "7", "limits.link_attributes", 7),
        ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "7", "limits.log_attribute_length", 7),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", "0", "limits.events", 0),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.version=1.10,a=%20x", "service.version", "1.10"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=a,b=c", "resource.attributes", {"b": "c"}),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test", "service.environment", "test"),
        ("OTEL_AGENT_ENVIRONMENT", "test", "service.environment", "test"),
        ("OTEL_AGENT_STRICT", "1", "strict", True),
        ("OTEL_AGENT_HEALTH__THRESHOLDS__CPU", "off", "health.thresholds.cpu", None),
        ("OTEL_AGENT_INSTRUMENT__LIBRARIES", "false", "instrument.libraries", False),
        ("OTEL_AGENT_INSTRUMENT__LIBRARIES", "sqlalchemy, httpx", "instrument.libraries", ("sqlalchemy", "httpx")),
        ("OTEL_AGENT_INSTRUMENT__MODULES", '["a", "b,c"]', "instrument.modules", ("a", "b,c")),
        ("OTEL_AGENT_EXPORT__HEADERS", "x=1, y=a=b", "export.headers", {"x": "1", "y": "a=b"}),
        ("OTEL_AGENT_RESOURCE__ATTRIBUTES", '{"n": 1, "t": "1"}', "resource.attributes", {"n": 1, "t": "1"}),
    ],
)
def test_a_variable_decides_its_setting(name: str, text: str, path: str, expected: object) -> None:
    """With the unit and the notation of its specification, and its name as origin."""
    loaded = under(**{name: text})

    assert expected == setting(loaded, path)
    assert f"environment {name}" == loaded.origins[path]
    assert () == loaded.problems


@pytest.mark.parametrize("name", sorted({name for _, names, _ in effects() for name in names}))
def test_an_empty_variable_is_not_set(name: str) -> None:
    """As the specification says, blanks included."""
    loaded = under(**{name: "  "})

    assert (under(), ()) == (loaded, loaded.problems)


@pytest.mark.parametrize(
    ("environ", "problems"),
    [
        (
            {"OTEL_AGENT_HEALTH_PORT": "1"},
            ["environment OTEL_AGENT_HEALTH_PORT: unknown variable, did you mean OTEL_AGENT_HEALTH__PORT?"],
        ),
        (
            {"OTEL_AGENT_HEALTH__PORT": "many"},
            [
                (
                    "environment OTEL_AGENT_HEALTH__PORT: health.port: "
                    "expected a whole number from 0 to 65535, or off, found many"
                )
            ],
        ),
        (
            {"OTEL_AGENT_ALERTS__RULES": "MemoryHigh"},
            ["environment OTEL_AGENT_ALERTS__RULES: alerts.rules: expected JSON"],
        ),
        (
            {"OTEL_AGENT_INSTRUMENT__MODULES": '["a'},
            [
                (
                    "environment OTEL_AGENT_INSTRUMENT__MODULES: instrument.modules: "
                    "invalid JSON: Unterminated string starting at at character 1"
                )
            ],
        ),
        (
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
            [
                (
                    "environment OTEL_EXPORTER_OTLP_PROTOCOL: export.protocol: "
                    "expected one of http/protobuf, grpc, found http/json"
                )
            ],
        ),
        (
            {"OTEL_EXPORTER_OTLP_TIMEOUT": "soon"},
            [
                (
                    "environment OTEL_EXPORTER_OTLP_TIMEOUT: export.timeout_s: "
                    "expected a number of milliseconds above 0, found soon"
                )
            ],
        ),
        (
            {"OTEL_METRIC_EXPORT_INTERVAL": "0"},
            [
                (
                    "environment OTEL_METRIC_EXPORT_INTERVAL: metrics.interval_s: "
                    "expected a number of milliseconds above 0, found 0"
                )
            ],
        ),
        (
            {"OTEL_TRACES_EXPORTER": "jaeger"},
            [
                (
                    "environment OTEL_TRACES_EXPORTER: export.traces.to[0]: "
                    "expected one of otlp, console, file, none, found jaeger"
                )
            ],
        ),
        (
            {"OTEL_RESOURCE_ATTRIBUTES": "a=b,c,=d"},
            [
                (
                    "environment OTEL_RESOURCE_ATTRIBUTES: resource.attributes: "
                    "entry 2 is no name=value; separate entries with commas"
                ),
                (
                    "environment OTEL_RESOURCE_ATTRIBUTES: resource.attributes: "
                    "entry 3 is no name=value; separate entries with commas"
                ),
            ],
        ),
        (
            {"OTEL_SDK_DISABLED": "yes"},
            ["environment OTEL_SDK_DISABLED: disabled: expected a boolean (true or false), found yes"],
        ),
    ],
)
def test_a_wrong_variable_is_named_with_what_to_do(environ: dict[str, str], problems: list[str]) -> None:
    """One line each; the agent goes on without it."""
    assert problems == list(under(**environ).problems)


@pytest.mark.parametrize("text", ["Authorization: Bearer abc123", "abc123", "a=x,abc123", "a b=abc123", "a=abc123\x01"])
def test_a_header_is_never_repeated(text: str) -> None:
    """Whatever is wrong with the headers, no message holds any part of them."""
    for name in ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_AGENT_EXPORT__HEADERS"):
        loaded = under(**{name: text})

        assert 1 == len(loaded.problems)
        assert "abc123" not in "".join(loaded.problems + loaded.warnings)


@pytest.mark.parametrize(
    ("text", "seconds", "advice"),
    [
        ("10", 10.0, "write 10000 to be plain"),
        ("0.5", 0.5, "write 500 to be plain"),
        ("500", 0.5, "write OTEL_AGENT_EXPORT__TIMEOUT_S=0.5 to be plain"),
        ("100", 0.1, "write OTEL_AGENT_EXPORT__TIMEOUT_S=0.1 to be plain"),
        ("99", 99.0, "write 99000 to be plain"),
    ],
)
def test_a_timeout_that_can_be_read_in_two_ways_is_said(text: str, seconds: float, advice: str) -> None:
    """Below 100 it is seconds, as the Python SDK reads it; from there on milliseconds; below 1000 with a warning."""
    loaded = under(OTEL_EXPORTER_OTLP_TIMEOUT=text, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1")

    assert seconds == loaded.config.export.timeout_s
    assert (
        (
            f"environment OTEL_EXPORTER_OTLP_TIMEOUT: export.timeout_s: {text} is read as {seconds:g} s; the specification "
            f"means milliseconds, the Python SDK reads seconds: {advice}"
        ),
    ) == loaded.warnings


def test_the_exporter_s_timeout_wins_over_the_processor_s() -> None:
    """A timeout of the OTLP exporter, for all signals or one, is the more exact one."""
    assert (None, 2.0) == (
        under(OTEL_BSP_EXPORT_TIMEOUT="5000", OTEL_EXPORTER_OTLP_TIMEOUT="2000").config.export.traces.timeout_s,
        under(OTEL_BSP_EXPORT_TIMEOUT="5000", OTEL_EXPORTER_OTLP_TRACES_TIMEOUT="2000").config.export.traces.timeout_s,
    )


def test_the_more_specific_limit_wins_and_a_wrong_one_falls_back() -> None:
    """A limit for spans wins over that for all; one that is no number leaves it to the other."""
    loaded = under(OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT="5", OTEL_ATTRIBUTE_COUNT_LIMIT="7")
    broken = under(OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT="five", OTEL_ATTRIBUTE_COUNT_LIMIT="7")

    assert (5, 7, 7) == (
        loaded.config.limits.attributes,
        loaded.config.limits.event_attributes,
        broken.config.limits.attributes,
    )
    assert 1 == len(broken.problems)


def test_variables_without_effect_are_said() -> None:
    """What is always cumulative, a view's business, or covered by its twin, is named with the reason."""
    loaded = under(
        OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE="delta",
        OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION="base2_exponential_bucket_histogram",
        OTEL_BSP_SCHEDULE_DELAY="500",
        OTEL_BLRP_SCHEDULE_DELAY="700",
    )

    assert [
        "OTEL_BLRP_SCHEDULE_DELAY",
        "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
    ] == sorted(line.split()[1].rstrip(":") for line in loaded.warnings)
    assert () == under(OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE="cumulative").warnings


def test_our_variables_win_over_those_of_the_specification() -> None:
    """Being more specific."""
    loaded = under(OTEL_AGENT_SERVICE__NAME="a", OTEL_SERVICE_NAME="b", OTEL_RESOURCE_ATTRIBUTES="service.name=c")

    assert "a" == loaded.config.service.name
    assert "b" == under(OTEL_SERVICE_NAME="b", OTEL_RESOURCE_ATTRIBUTES="service.name=c").config.service.name
    assert () == loaded.warnings


def test_every_setting_has_a_variable_and_all_differ() -> None:
    """`OTEL_AGENT_` and the path in upper case, joined by two underscores."""
    names = [leaf.variable for leaf in leaves().values()]

    assert len(names) == len(set(names))
    assert "OTEL_AGENT_HEALTH__THRESHOLDS__CLEAR_GAP" in names


def test_the_environment_is_not_changed(tmp_path: Path) -> None:
    """Reading takes nothing away and adds nothing."""
    environ = {"OTEL_SERVICE_NAME": "a", "OTEL_AGENT_HEALTH__PROT": "1"}
    load({}, environ=environ, directory=tmp_path)

    assert {"OTEL_SERVICE_NAME": "a", "OTEL_AGENT_HEALTH__PROT": "1"} == environ


def test_the_name_of_an_exporter_says_its_protocol() -> None:
    """It counts for its signal, and who says otherwise is told once."""
    loaded = under(OTEL_TRACES_EXPORTER="otlp_proto_grpc", OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf")
    export = loaded.config.export

    assert ("grpc", "http/protobuf") == (export.for_signal("traces").protocol, export.for_signal("logs").protocol)
    assert ["environment OTEL_EXPORTER_OTLP_PROTOCOL: has no effect on traces: OTEL_TRACES_EXPORTER names grpc"] == [
        line for line in loaded.warnings if "has no effect on" in line
    ]
