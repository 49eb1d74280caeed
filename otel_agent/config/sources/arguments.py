"""Arguments of `init` as paths and nodes."""

from collections.abc import Callable, Mapping
from typing import Any

from otel_agent.config.merging import Given
from otel_agent.config.nodes import ConfigNode, Place, wrapped
from otel_agent.config.problems import Problems

__all__ = ["PATHS", "read_arguments"]

PATHS = {
    "service_name": "service.name",
    "environment": "service.environment",
    "endpoint": "export.endpoint",
    "protocol": "export.protocol",
    "headers": "export.headers",
    "export": "export.to",
    "instrument": "instrument.libraries",
    "trace_modules": "instrument.modules",
    "trace_min_duration_s": "instrument.min_duration_s",
    "metrics_interval_s": "metrics.interval_s",
    "shutdown_timeout_s": "lifecycle.shutdown_timeout_s",
    "strict": "strict",
}
"""The setting of each argument that stands for exactly one."""


def read_arguments(arguments: Mapping[str, Any], problems: Problems, directory: str) -> list[Given]:
    """
    Take what `init` was called with.

    Args:
        arguments: By name; None means not given. `config` is a source of its own and left out here.
        problems: Where problems are noted.
        directory: The working directory.
    """
    given: list[Given] = []
    for name, value in arguments.items():
        if value is None or name == "config":
            continue
        node = wrapped(value, Place(f"argument {name}", directory))
        if name in PATHS:
            given.append((PATHS[name], node))
        elif name in _SPLIT:
            given += _SPLIT[name](node, problems)
        else:
            problems.add(node.origin, "", "unknown argument")
    return given


def _health(node: ConfigNode, problems: Problems) -> list[Given]:
    value = node.value
    if value is False:
        return [("health.port", _as(node, None))]
    if isinstance(value, str):
        host, colon, port = value.rpartition(":")
        if port.isascii() and port.isdigit() and (host or not colon):
            found = [("health.port", _as(node, int(port[:6])))]
            return [("health.host", _as(node, host.strip("[]"))), *found] if host else found
    elif isinstance(value, int) and not isinstance(value, bool):
        return [("health.port", node)]
    problems.add(node.origin, "health", f'expected a port, "host:port" or False, found {value!r}')
    return []


def _spool(node: ConfigNode, _problems: Problems) -> list[Given]:
    if isinstance(node.value, bool):
        return [("spool.enabled", node)]
    return [("spool.directory", node), ("spool.enabled", _as(node, True))]


def _alerts(node: ConfigNode, problems: Problems) -> list[Given]:
    if isinstance(node.value, bool):
        return [("alerts.enabled", node)]
    listed = node.value if isinstance(node.value, list) else [node]
    files = [one for one in listed if isinstance(one.value, str)]
    rules = [one for one in listed if isinstance(one.value, dict)]
    if len(files) + len(rules) != len(listed):
        other = next(one.value for one in listed if not isinstance(one.value, str | dict))
        problems.add(node.origin, "alerts", f"expected paths of rule files or rules, found a {type(other).__name__}")
    given: list[Given] = []
    if files:
        given.append(("alerts.rule_files", _as(node, files)))
    if rules:
        given.append(("alerts.rules", _as(node, rules)))
    return given


def _as(node: ConfigNode, value: Any) -> ConfigNode:
    return ConfigNode(value, node.place)


_SPLIT: dict[str, Callable[[ConfigNode, Problems], list[Given]]] = {
    "alerts": _alerts,
    "health": _health,
    "spool": _spool,
}
"""Arguments that stand for several settings."""
