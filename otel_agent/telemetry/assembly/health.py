"""Health: the checks of the agent, of its machine and of delivery, and what is said when they change."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from otel_agent.config.sections.health import HealthSettings
from otel_agent.health.assembly import HealthService
from otel_agent.instruments.machine import host

if TYPE_CHECKING:
    from otel_agent.health.reports import HealthChange  # loaded by the thread that watches

__all__ = ["build_health"]


def build_health(
    settings: HealthSettings,
    *,
    delivery: Callable[[], str | None],
    on_change: "Callable[[HealthChange], object]",
    redact: Callable[[str], str],
) -> HealthService:
    """
    Build the service; nothing is checked before `start`.

    Args:
        settings: Section `health` of the configuration.
        delivery: Says what is wrong with delivery; None when nothing is.
        on_change: Told of every change of a state.
        redact: Takes secrets out of texts.
    """
    return HealthService(
        settings,
        read=_host_ratios(),
        delivery=delivery,
        on_change=on_change,
        redact=redact,
    )


def _host_ratios() -> Callable[[], Mapping[str, float]]:
    """What the machine has left, read with files that the first to ask opens: not the start."""
    opened: list[Callable[[], Mapping[str, float]]] = []

    def read() -> Mapping[str, float]:
        if not opened:
            opened.append(host.build_ratios())
        return opened[0]()

    return read
