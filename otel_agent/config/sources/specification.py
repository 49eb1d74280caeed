"""
Variables `OTEL_…` of the OpenTelemetry specification.

An empty variable counts as not set, a value that cannot be understood is said and not used. `OTEL_AGENT_…` wins over these,
being the more specific. A setting with several variables takes the most specific one that is right.

Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from otel_agent.config.merging import Given
from otel_agent.config.nodes import ConfigNode, Place
from otel_agent.config.problems import Problems
from otel_agent.config.sections.export import SIGNALS
from otel_agent.config.sections.service import OWN_ATTRIBUTES
from otel_agent.config.sources.tables import (
    EXPORTER_PROTOCOLS,
    LISTS,
    MILLISECONDS,
    ONE_SETTING,
    OTLP,
    TEXTS,
    WITHOUT_EFFECT,
)
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    import urllib.parse as urllib_parse
else:
    urllib_parse = late_module("urllib.parse")  # costs more than the rest of this module, and few variables need it

__all__ = ["read_specification"]

_UPPER = {"FATAL": "CRITICAL", "WARN": "WARNING", "TRACE": "DEBUG"}
_MILLISECONDS_FROM = 1000
"""A timeout from here on can only be milliseconds."""
_SECONDS_BELOW = 100
"""A timeout below is seconds, because nobody waits less than a tenth of a second for a collector."""


def read_specification(environ: Mapping[str, str], problems: Problems, directory: str) -> list[Given]:
    """
    Take every variable of the specification that has a meaning here.

    Args:
        environ: The environment.
        problems: Where problems are noted.
        directory: The working directory.
    """
    if not any(name.startswith("OTEL_") for name in environ):
        return []
    return _SpecificationReader(environ, problems, directory).given()


class _SpecificationReader:
    """Reads one environment."""

    def __init__(self, environ: Mapping[str, str], problems: Problems, directory: str) -> None:
        self._environ = environ
        self._problems = problems
        self._directory = directory

    def given(self) -> list[Given]:
        found: list[Given] = []
        for path, names in TEXTS.items():
            for name in names:
                node = self._node(name)
                if node is not None:
                    found.append((path, _listed(node) if path in LISTS else node))
        for scope in ("", *(f"{signal}." for signal in SIGNALS)):
            found += self._otlp(scope)
        for path, names in MILLISECONDS.items():
            found += self._milliseconds(path, names)
        self._warn()
        return [*self._named_protocols(), *found, *self._resource(), *self._disabled(), *self._log_level()]

    def _node(self, name: str) -> ConfigNode | None:
        text = self._environ.get(name, "").strip()
        return ConfigNode(text, Place(f"environment {name}", self._directory), text=text) if text else None

    def _named_protocols(self) -> list[Given]:
        """Protocols that the names of exporters say; they count for their signal whatever else does."""
        found: list[Given] = []
        for signal in SIGNALS:
            node = self._node(f"OTEL_{signal.upper()}_EXPORTER")
            names = [] if node is None else [part.strip() for part in node.value.split(",")]
            protocol = next((EXPORTER_PROTOCOLS[name] for name in names if name in EXPORTER_PROTOCOLS), None)
            if node is None or protocol is None:
                continue
            found.append((f"export.{signal}.protocol", ConfigNode(protocol, node.place, text=protocol)))
            for variable in (f"{OTLP}{signal.upper()}_PROTOCOL", f"{OTLP}PROTOCOL"):
                other = self._node(variable)
                if other is not None and other.value != protocol:
                    self._problems.warn(
                        other.origin, "", f"has no effect on {signal}: OTEL_{signal.upper()}_EXPORTER names {protocol}"
                    )
                    break
        return found

    def _otlp(self, scope: str) -> list[Given]:
        prefix = OTLP + scope.upper().replace(".", "_")
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

    def _timeout(self, node: ConfigNode, path: str) -> ConfigNode | None:
        """Seconds, out of what the specification calls milliseconds and the Python SDK reads as seconds."""
        value = self._number(node, path, "a number of milliseconds above 0")
        if value is None:
            return None
        if value >= _MILLISECONDS_FROM:
            return ConfigNode(value / 1000, node.place)
        seconds = value if value < _SECONDS_BELOW else value / 1000
        plain = f"{value * 1000:g}" if seconds == value else f"OTEL_AGENT_{path.replace('.', '__').upper()}={seconds:g}"
        self._problems.warn(
            node.origin,
            path,
            f"{value:g} is read as {seconds:g} s; the specification means milliseconds, the Python SDK reads seconds: "
            f"write {plain} to be plain",
        )
        return ConfigNode(seconds, node.place)

    def _milliseconds(self, path: str, names: tuple[str, ...]) -> list[Given]:
        signal = path.split(".")[1].upper()
        if path.startswith("export.") and any(
            self._environ.get(name, "").strip() for name in (f"{OTLP}{signal}_TIMEOUT", f"{OTLP}TIMEOUT")
        ):
            return []
        found: list[Given] = []
        for name in names:
            node = self._node(name)
            value = None if node is None else self._number(node, path, "a number of milliseconds above 0")
            if node is not None and value is not None:
                found.append((path, ConfigNode(value / 1000, node.place)))
        return found

    def _number(self, node: ConfigNode, path: str, expected: str) -> float | None:
        try:
            value = float(node.value)
        except ValueError:
            value = 0.0
        if not 0 < value < float("inf"):
            self._problems.add(node.origin, path, f"expected {expected}, found {node.value[:60]}")
            return None
        return value

    def _pairs(self, node: ConfigNode, path: str) -> ConfigNode:
        """`name=value` with commas, as W3C baggage writes it; no part of it is ever repeated."""
        values = {}
        for position, part in enumerate(node.value.split(","), 1):
            if not part.strip():
                continue
            name, equals, value = part.partition("=")
            if not equals or not name.strip():
                self._problems.add(
                    node.origin, path, f"entry {position} is no name=value; separate entries with commas"
                )
                continue
            values[urllib_parse.unquote(name.strip())] = ConfigNode(urllib_parse.unquote(value.strip()), node.place)
        return ConfigNode(values, node.place)

    def _resource(self) -> list[Given]:
        node = self._node("OTEL_RESOURCE_ATTRIBUTES")
        if node is None:
            return []
        values = self._pairs(node, "resource.attributes").value
        # These have settings of their own, which may be given by stronger variables: no surprise, so no warning.
        found = [(path, values.pop(name)) for name, path in OWN_ATTRIBUTES.items() if name in values]
        found = [(path, inner) for path, inner in found if inner.value]
        return [*found, ("resource.attributes", ConfigNode(values, node.place))] if values else found

    def _warn(self) -> None:
        for name, (harmless, why) in WITHOUT_EFFECT.items():
            node = self._node(name)
            if node is not None and node.value.lower() != harmless:
                self._problems.warn(node.origin, "", f"has no effect: {why}")
        for ours, theirs in ONE_SETTING:
            one, other = self._node(ours), self._node(theirs)
            if one is not None and other is not None and one.value != other.value:
                self._problems.warn(other.origin, "", f"has no effect: {ours} counts for traces and logs")

    def _disabled(self) -> list[Given]:
        node = self._node("OTEL_SDK_DISABLED")
        if node is None:
            return []
        if node.value.lower() not in ("true", "false"):
            self._problems.add(node.origin, "disabled", f"expected a boolean (true or false), found {node.value[:60]}")
        return [("disabled", ConfigNode(node.value.lower() == "true", node.place))]

    def _log_level(self) -> list[Given]:
        node = self._node("OTEL_LOG_LEVEL")
        if node is None:
            return []
        text = _UPPER.get(node.value.upper(), node.value)
        return [("logs.own_level", ConfigNode(text, node.place, text=text))]


def _listed(node: ConfigNode) -> ConfigNode:
    parts = [part.strip() for part in node.value.split(",") if part.strip()]
    parts = ["otlp" if part in EXPORTER_PROTOCOLS else part for part in parts]
    return ConfigNode([ConfigNode(part, node.place, text=part) for part in dict.fromkeys(parts)], node.place)
