"""
Answers of a telemetry that does not run: disabled, or it could not be started.

They have the shape of those of one that runs, with zeros and nothing in them: an agent that reads them does not break when somebody
switches its telemetry off.
"""

from collections.abc import Sequence
from typing import Any

from otel_agent.config.model import Config
from otel_agent.delivery.accounting import Delivery, SignalAccount
from otel_agent.delivery.settings import SIGNALS
from otel_agent.guard import shared as guard
from otel_agent.health.assembly import HealthService
from otel_agent.health.registry import CheckRegistry

__all__ = ["build_idle_health", "no_alerts", "no_delivery", "unobserved_status"]


def no_delivery() -> Delivery:
    """Nothing was accepted, of any signal."""
    return Delivery.summed({signal: SignalAccount().snapshot(0, {}) for signal in SIGNALS})


def no_alerts() -> dict[str, Any]:
    """The status of alerts where there are no rules."""
    return {
        "rules": 0,
        "pending": 0,
        "firing": [],
        "failing": {},
        "no_data": [],
        "evaluations": 0,
        "missed": 0,
        "notifications": {"dropped": 0, "receivers": {}},
    }


def build_idle_health(config: Config) -> HealthService:
    """
    Health that watches nothing and says so to nobody: no component, healthy and ready.

    Args:
        config: Section `health` counts.
    """
    service = HealthService(config.health, registry=CheckRegistry(), environ={})
    service.started()
    return service


def unobserved_status(config: Config, problems: Sequence[str], health: HealthService) -> dict[str, Any]:
    """
    The status of telemetry that does not run.

    Args:
        config: The configuration.
        problems: What of the set-up was left out, and why it could not be started.
        health: See `build_idle_health`.
    """
    return {
        "service": config.service.name,
        "running": False,
        "disabled": config.disabled,
        "problems": list(problems),
        "providers": dict.fromkeys(SIGNALS, "none"),
        "delivery": no_delivery().by_signal,
        "libraries": {},
        "alerts": no_alerts(),
        "health": health.status(),
        "logs": {},
        "errors": [],
        "failures": guard.counts(),
    }
