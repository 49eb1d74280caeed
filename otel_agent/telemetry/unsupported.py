"""
`init` where this package cannot run: one clear line, and the agent goes on unobserved.

Windows has neither the locks of files nor the signals and forks that delivery and the end of a process are built on. Nothing else of
this package is loaded there, and decorators, spans, checks and caches of the agent work as they do before `init`.
"""

from typing import Any

from otel_agent import primitives
from otel_agent.config.loading import Loaded, load
from otel_agent.errors import OtelAgentError
from otel_agent.guard import shared as guard
from otel_agent.telemetry.facade import Telemetry

__all__ = ["LINE", "init", "without_observation"]

LINE = "otel_agent runs on Linux and macOS, and not on Windows: the agent runs unobserved. Run it in WSL or in a container."


class _UnobservedTelemetry:
    """The one telemetry of the process; `lock` is held while it is made."""

    lock = primitives.RLock()
    telemetry: Telemetry | None = None


def init(service_name: str | None = None, **arguments: Any) -> Telemetry:
    """
    Say that nothing is observed.

    Args:
        service_name: Name of the agent.
        arguments: Those of `otel_agent.init`.

    Returns:
        Telemetry that answers everything and does nothing; the same at every further call.

    Raises:
        OtelAgentError: With `strict`.
    """
    with _UnobservedTelemetry.lock:
        if _UnobservedTelemetry.telemetry is None:
            _UnobservedTelemetry.telemetry = without_observation(load({"service_name": service_name, **arguments}))
        return _UnobservedTelemetry.telemetry


def without_observation(loaded: Loaded) -> Telemetry:
    """
    Telemetry that does not run, because the platform cannot carry it.

    Args:
        loaded: The configuration.

    Raises:
        OtelAgentError: With `strict`.
    """
    if loaded.config.strict:
        raise OtelAgentError(LINE)
    guard.report("telemetry.platform", LINE)
    return Telemetry(loaded.config, None, (*loaded.problems, LINE))
