"""Probes, and health put together from the settings of the configuration."""

import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from otel_agent.config.sections.health import HealthSettings, ThresholdsSettings
from otel_agent.health.assembly import HealthService
from otel_agent.health.registry import CheckRegistry

SETTINGS = frozenset(HealthSettings.__struct_fields__)


@pytest.fixture
def probe() -> Callable[..., tuple[int, Any]]:
    """Asks a server on this machine; returns the status and the JSON of the body, or None for none."""

    def ask(port: int | None, path: str, method: str = "GET", **headers: str) -> tuple[int, Any]:
        assert port is not None
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            return answer.status, json.loads(body) if body else None
        finally:
            connection.close()

    return ask


@pytest.fixture
def health() -> Iterator[Callable[..., HealthService]]:
    """Builds services, of settings and of what else `HealthService` takes, and closes them afterwards."""
    built: list[HealthService] = []

    def build(thresholds: dict[str, Any] | None = None, **given: Any) -> HealthService:
        settings = HealthSettings(
            thresholds=ThresholdsSettings(**{"cpu": None, **(thresholds or {})}),
            **{name: value for name, value in given.items() if name in SETTINGS},
        )
        more = {name: value for name, value in given.items() if name not in SETTINGS}
        built.append(HealthService(settings, **{"registry": CheckRegistry(), **more}))
        return built[-1]

    yield build
    for each in built:
        each.close()
