"""
Which variables of the OpenTelemetry specification stand for which settings.

The loader and the reference page read the same tables.

Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ and
https://opentelemetry.io/docs/specs/otel/protocol/exporter/
"""

from collections.abc import Iterator

from otel_agent.config.sections.export import SIGNALS
from otel_agent.config.sections.service import OWN_ATTRIBUTES

__all__ = ["EXPORTER_PROTOCOLS", "LISTS", "MILLISECONDS", "ONE_SETTING", "OTLP", "TEXTS", "WITHOUT_EFFECT", "effects"]

OTLP = "OTEL_EXPORTER_OTLP_"
_OTLP_KEYS = {
    "ENDPOINT": "endpoint",
    "PROTOCOL": "protocol",
    "COMPRESSION": "compression",
    "CERTIFICATE": "certificate",
    "CLIENT_KEY": "client_key",
    "CLIENT_CERTIFICATE": "client_certificate",
    "INSECURE": "insecure",
}

TEXTS: dict[str, tuple[str, ...]] = {
    "service.name": ("OTEL_SERVICE_NAME",),
    "propagators": ("OTEL_PROPAGATORS",),
    "sampling.sampler": ("OTEL_TRACES_SAMPLER",),
    "sampling.argument": ("OTEL_TRACES_SAMPLER_ARG",),
    "resource.detectors": ("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS",),
    "metrics.exemplars": ("OTEL_METRICS_EXEMPLAR_FILTER",),
    "limits.attributes": ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"),
    "limits.attribute_length": ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"),
    "limits.events": ("OTEL_SPAN_EVENT_COUNT_LIMIT",),
    "limits.links": ("OTEL_SPAN_LINK_COUNT_LIMIT",),
    "limits.event_attributes": ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"),
    "limits.link_attributes": ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"),
    "limits.log_attributes": ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"),
    "limits.log_attribute_length": (
        "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    ),
    "queue.spans": ("OTEL_BSP_MAX_QUEUE_SIZE",),
    "queue.logs": ("OTEL_BLRP_MAX_QUEUE_SIZE",),
    "queue.batch": ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"),
    **{f"export.{key}": (OTLP + name,) for name, key in _OTLP_KEYS.items()},
    **{
        f"export.{signal}.{key}": (f"{OTLP}{signal.upper()}_{name}",)
        for signal in SIGNALS
        for name, key in _OTLP_KEYS.items()
    },
    **{f"export.{signal}.to": (f"OTEL_{signal.upper()}_EXPORTER",) for signal in SIGNALS},
}
"""Variables of each setting whose value is taken as it is, most specific first."""

MILLISECONDS: dict[str, tuple[str, ...]] = {
    "metrics.interval_s": ("OTEL_METRIC_EXPORT_INTERVAL",),
    "queue.delay_s": ("OTEL_BSP_SCHEDULE_DELAY", "OTEL_BLRP_SCHEDULE_DELAY"),
    "export.traces.timeout_s": ("OTEL_BSP_EXPORT_TIMEOUT",),
    "export.metrics.timeout_s": ("OTEL_METRIC_EXPORT_TIMEOUT",),
    "export.logs.timeout_s": ("OTEL_BLRP_EXPORT_TIMEOUT",),
}
"""Variables in milliseconds."""

WITHOUT_EFFECT = {
    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": (
        "cumulative",
        "metrics are sent cumulative; the collector's processor cumulativetodelta makes deltas of them",
    ),
    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": (
        "explicit_bucket_histogram",
        "a view chooses the aggregation of a histogram",
    ),
}
"""Variables that cannot take effect, the value with which they need not, and why."""

ONE_SETTING = (
    ("OTEL_BSP_SCHEDULE_DELAY", "OTEL_BLRP_SCHEDULE_DELAY"),
    ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"),
)
"""Pairs of which the first wins, because one engine sends both signals."""

EXPORTER_PROTOCOLS = {"otlp_proto_http": "http/protobuf", "otlp_proto_grpc": "grpc"}
"""Exporters of the Python SDK that are OTLP by one protocol, and that protocol."""

LISTS = {"propagators", "resource.detectors", *(f"export.{signal}.to" for signal in SIGNALS)}
"""Settings whose variable is a list with commas."""


def effects() -> Iterator[tuple[str, tuple[str, ...], str]]:
    """
    Every setting the specification has variables for.

    Returns:
        Its path, the variables, most specific first, and how a value is read.
    """
    for path, names in TEXTS.items():
        reading = "a list with commas" if path in LISTS else "as it is"
        if path.startswith("export.") and path.endswith(".to"):
            reading += "; " + ", ".join(f"`{name}` is `otlp` by {by}" for name, by in EXPORTER_PROTOCOLS.items())
        yield path, names, reading
    for path, names in MILLISECONDS.items():
        reading = "milliseconds"
        if path.startswith("export."):
            reading += ", when no timeout of the OTLP exporter is given"
        yield path, names, reading
    for scope in ("", *(f"{signal}." for signal in SIGNALS)):
        prefix = OTLP + scope.upper().replace(".", "_")
        yield f"export.{scope}headers", (f"{prefix}HEADERS",), "`name=value` with commas, percent-encoded"
        yield f"export.{scope}timeout_s", (f"{prefix}TIMEOUT",), "milliseconds or seconds, see below"
    own = ", ".join(f"`{name}`" for name in OWN_ATTRIBUTES)
    yield (
        "resource.attributes",
        ("OTEL_RESOURCE_ATTRIBUTES",),
        f"`name=value` with commas, percent-encoded; {own} are settings of `service`",
    )
    yield "logs.own_level", ("OTEL_LOG_LEVEL",), "as it is"
    yield "disabled", ("OTEL_SDK_DISABLED",), "`true`, anything else is false"
