"""
Observability for Python agents, in OpenTelemetry's own terms, with one call.

    import otel_agent

    otel_agent.init()

`import otel_agent` loads the OpenTelemetry API and nothing heavier; what a name needs beyond that is loaded when the name is
first used, and the rest by `init`.

PYTEST_DONT_REWRITE: pytest rewrites the packages of its plugins, and warns of one that is there already, as under `otel-agent run`.
"""

import sys
from typing import TYPE_CHECKING, Any

from otel_agent.errors import OtelAgentError
from otel_agent.instruments.functions.decorators import span, timed, traced, untraced
from otel_agent.late_imports import late_names

if TYPE_CHECKING:
    from otel_agent.config.own_version import __version__
    from otel_agent.health.registry import health_check, heartbeat
    from otel_agent.insight import memory
    from otel_agent.instruments.caches.adapters import watch_cache
    from otel_agent.instruments.caches.cached import cached
    from otel_agent.telemetry.facade import Telemetry
    from otel_agent.telemetry.starting import init

__all__ = [
    "OtelAgentError",
    "Telemetry",
    "__version__",
    "cached",
    "health_check",
    "heartbeat",
    "init",
    "memory",
    "span",
    "timed",
    "traced",
    "untraced",
    "watch_cache",
]

_late = late_names(
    __name__,
    {
        "Telemetry": "otel_agent.telemetry.facade",
        "__version__": "otel_agent.config.own_version",
        "cached": "otel_agent.instruments.caches.cached",
        "health_check": "otel_agent.health.registry",
        "heartbeat": "otel_agent.health.registry",
        "init": "otel_agent.telemetry.starting",
        "memory": "otel_agent.insight.memory",
        "watch_cache": "otel_agent.instruments.caches.adapters",
    },
)
_unsupported = late_names(__name__, {"init": "otel_agent.telemetry.unsupported"})


def __dir__() -> list[str]:
    # What is loaded when it is used is there too: for completion, and for Python's own "Did you mean".
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    return (_unsupported if name == "init" and sys.platform == "win32" else _late)(name)
