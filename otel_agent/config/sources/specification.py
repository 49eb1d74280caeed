"""
Variables `OTEL_…` of the OpenTelemetry specification.

An empty variable counts as not set, a value that cannot be understood is said and not used. `OTEL_AGENT_…` wins over these,
being the more specific. A setting with several variables takes the most specific one that is right.

Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ and
https://opentelemetry.io/docs/specs/otel/protocol/exporter/
"""

from collections.abc import Mapping

from otel_agent.config.findings import Findings
from otel_agent.config.merging import Given
from otel_agent.config.nodes import Node, Place
from otel_agent.config.sections.export import SIGNALS

__all__ = ["MILLISECONDS", "RESOURCE", "TEXTS", "read_specification"]

_OTLP = "OTEL_EXPORTER_OTLP_"
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
    **{f"export.{key}": (_OTLP + name,) for name, key in _OTLP_KEYS.items()},
    **{
        f"export.{signal}.{key}": (f"{_OTLP}{signal.upper()}_{name}",)
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

RESOURCE = {
    "service.name": "service.name",
    "service.namespace": "service.namespace",
    "service.version": "service.version",
    "deployment.environment.name": "service.environment",
}
"""Resource attributes that have a setting of their own."""

_LISTS = {"propagators", "resource.detectors", *(f"export.{signal}.to" for signal in SIGNALS)}
_UPPER = {"FATAL": "CRITICAL", "WARN": "WARNING", "TRACE": "DEBUG"}
_MILLISECONDS_FROM = 1000
_SECONDS_BELOW = 100


def read_specification(environ: Mapping[str, str], findings: Findings, directory: str) -> list[Given]:
    """
    Take every variable of the specification that has a meaning here.

    Args:
        environ: The environment.
        findings: Where mistakes are noted.
        directory: The working directory.
    """
    if not any(name.startswith("OTEL_") for name in environ):
        return []
    return _Reading(environ, findings, directory).given()


class _Reading:
    """One reading of an environment."""

    def __init__(self, environ: Mapping[str, str], findings: Findings, directory: str) -> None:
        self._environ = environ
        self._findings = findings
        self._directory = directory

    def given(self) -> list[Given]:
        found: list[Given] = []
        for path, names in TEXTS.items():
            for name in names:
                node = self._node(name)
                if node is not None:
                    found.append((path, _listed(node) if path in _LISTS else node))
        for scope in ("", *(f"{signal}." for signal in SIGNALS)):
            found += self._otlp(scope)
        for path, names in MILLISECONDS.items():
            found += self._milliseconds(path, names)
        return [*found, *self._resource(), *self._disabled(), *self._log_level()]

    def _node(self, name: str) -> Node | None:
        text = self._environ.get(name, "").strip()
        return Node(text, Place(f"environment {name}", self._directory), text=text) if text else None

    def _otlp(self, scope: str) -> list[Given]:
        prefix = _OTLP + scope.upper().replace(".", "_")
        found: list[Given] = []
        headers = self._node(prefix + "HEADERS")
        if headers is not None:
            found.append((f"export.{scope}headers", self._pairs(headers, f"export.{scope}headers")))
        timeout = self._node(prefix + "TIMEOUT")
        if timeout is not None:
            node = self._timeout(timeout, f"export.{scope}timeout_s")
            if node is not None:
                found.append((f"export.{scope}timeout_s", node))
        return found

    def _timeout(self, node: Node, path: str) -> Node | None:
        """Seconds, out of what the specification calls milliseconds and the Python SDK reads as seconds."""
        value = self._number(node, path, "a number of milliseconds above 0")
        if value is None:
            return None
        if value >= _MILLISECONDS_FROM:
            return Node(value / 1000, node.place)
        seconds = value if value < _SECONDS_BELOW else value / 1000
        self._findings.warning(
            node.origin,
            path,
            f"{value:g} is read as {seconds:g} s; the specification means milliseconds, the Python SDK reads seconds: "
            f"write {seconds * 1000:g} for {seconds:g} s"
            + ("" if seconds >= 1 else f", {value * 1000:g} for {value:g} s"),
        )
        return Node(seconds, node.place)

    def _milliseconds(self, path: str, names: tuple[str, ...]) -> list[Given]:
        signal = path.split(".")[1].upper()
        if path.startswith("export.") and any(
            self._environ.get(name, "").strip() for name in (f"{_OTLP}{signal}_TIMEOUT", f"{_OTLP}TIMEOUT")
        ):
            return []
        found: list[Given] = []
        for name in names:
            node = self._node(name)
            value = None if node is None else self._number(node, path, "a number of milliseconds above 0")
            if node is not None and value is not None:
                found.append((path, Node(value / 1000, node.place)))
        return found

    def _number(self, node: Node, path: str, expected: str) -> float | None:
        try:
            value = float(node.value)
        except ValueError:
            value = 0.0
        if not 0 < value < float("inf"):
            self._findings.mistake(node.origin, path, f"expected {expected}, found {node.value[:60]}")
            return None
        return value

    def _pairs(self, node: Node, path: str) -> Node:
        """`name=value` with commas, as W3C baggage writes it; no part of it is ever repeated."""
        # Loaded only for a variable of this form: it brings modules that cost more than the rest of this one.
        from urllib.parse import unquote

        values = {}
        for position, part in enumerate(node.value.split(","), 1):
            if not part.strip():
                continue
            name, equals, value = part.partition("=")
            if not equals or not name.strip():
                self._findings.mistake(
                    node.origin, path, f"entry {position} is no name=value; separate entries with commas"
                )
                continue
            values[unquote(name.strip())] = Node(unquote(value.strip()), node.place)
        return Node(values, node.place)

    def _resource(self) -> list[Given]:
        node = self._node("OTEL_RESOURCE_ATTRIBUTES")
        if node is None:
            return []
        values = self._pairs(node, "resource.attributes").value
        found = [(path, values.pop(name)) for name, path in RESOURCE.items() if name in values]
        found = [(path, inner) for path, inner in found if inner.value]
        return [*found, ("resource.attributes", Node(values, node.place))] if values else found

    def _disabled(self) -> list[Given]:
        node = self._node("OTEL_SDK_DISABLED")
        if node is None:
            return []
        if node.value.lower() not in ("true", "false"):
            self._findings.mistake(node.origin, "disabled", f"expected true or false, found {node.value[:60]}")
        return [("disabled", Node(node.value.lower() == "true", node.place))]

    def _log_level(self) -> list[Given]:
        node = self._node("OTEL_LOG_LEVEL")
        if node is None:
            return []
        text = _UPPER.get(node.value.upper(), node.value)
        return [("logs.own_level", Node(text, node.place, text=text))]


def _listed(node: Node) -> Node:
    parts = [part.strip() for part in node.value.split(",") if part.strip()]
    return Node([Node(part, node.place, text=part) for part in dict.fromkeys(parts)], node.place)
