"""
Headers of a backend, as people write them and as the collector reads them.

The SDK's variables hold `key=value,key=value` with values percent-encoded; the collector takes a YAML map.

Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables
"""

import json
from collections.abc import Collection, Mapping
from urllib.parse import unquote

from otel_agent.errors import ConfigurationError

__all__ = ["as_maps"]

ENDING = "_HEADERS"
"""Variables whose name ends so hold headers."""


def as_maps(names: Collection[str], environ: Mapping[str, str]) -> dict[str, str]:
    """
    Write headers as the maps a collector takes.

    Args:
        names: Variables that the collector will read.
        environ: Environment variables of the collector.

    Returns:
        By variable, those that had to be changed: JSON, which is YAML, too.

    Raises:
        ConfigurationError: A part of a list is not key=value; a line for each, without the value.
    """
    found = {name: environ[name].strip() for name in sorted(names) if name.endswith(ENDING) and environ.get(name)}
    lists = {name: text.split(",") for name, text in found.items() if text and not text.startswith("{")}
    problems = [
        f"{name}: part {number} is not key=value; write headers as x-team=blue,x-org=7"
        for name, pairs in lists.items()
        for number, pair in enumerate(pairs, start=1)
        if pair.strip() and not (pair.partition("=")[0].strip() and "=" in pair)
    ]
    if problems:
        raise ConfigurationError(problems)
    return {name: json.dumps(dict(_split(pair) for pair in pairs if pair.strip())) for name, pairs in lists.items()}


def _split(pair: str) -> tuple[str, str]:
    key, _, value = pair.partition("=")
    return unquote(key.strip()), unquote(value.strip())
