"""
Observability for Python agents, in OpenTelemetry's own terms, with one call.

    import otel_agent

    otel_agent.init()

`import otel_agent` loads the OpenTelemetry API and nothing heavier; what a name needs beyond that is loaded when the name is
first used, and the rest by `init`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from otel_agent.errors import OtelAgentError
from otel_agent.instruments.functions import span, timed, traced

if TYPE_CHECKING:
    from otel_agent.health.registry import health_check, heartbeat
    from otel_agent.instruments.cache_adapters import watch_cache
    from otel_agent.instruments.caches import cached
    from otel_agent.telemetry import Telemetry, init

__all__ = [
    "OtelAgentError",
    "Telemetry",
    "cached",
    "health_check",
    "heartbeat",
    "init",
    "span",
    "timed",
    "traced",
    "watch_cache",
]

_LOADED_WHEN_USED = {
    "Telemetry": "otel_agent.telemetry",
    "cached": "otel_agent.instruments.caches",
    "health_check": "otel_agent.health.registry",
    "heartbeat": "otel_agent.health.registry",
    "init": "otel_agent.telemetry",
    "watch_cache": "otel_agent.instruments.cache_adapters",
}


def __getattr__(name: str) -> Any:
    if name not in _LOADED_WHEN_USED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_LOADED_WHEN_USED[name]), name)
    globals()[name] = value
    return value
