"""Probes, and when a full machine counts: `health`."""

from typing import Literal

from otel_agent.config.kinds import Name, NotNegative, Port, Seconds, Secret, Share, WrittenPath
from otel_agent.config.sections.section import Section

__all__ = ["HealthSettings", "ThresholdsSettings"]


class ThresholdsSettings(Section, frozen=True, kw_only=True):
    """When a machine is too full. `false` switches one off, and so does an empty value."""

    memory: Share | None = 0.9
    """Share of memory in use that counts as too much, from 0 to 1; None: memory does not matter."""
    disk: Share | None = 0.9
    """Share of the disk in use that counts as too much, from 0 to 1; None: the disk does not matter."""
    cpu: Share | None = 0.9
    """Share of CPU time in use that counts as too much, from 0 to 1; None: CPU does not matter."""
    gates: tuple[Literal["memory", "disk", "cpu"], ...] = ("memory", "disk")
    """Which of them take the agent out of service while they are over; the others make it degraded, which is still ready."""
    clear_gap: Share = 0.05
    """A threshold is over when the value falls this far below it; a ratio smaller than every threshold."""
    hold_s: NotNegative = 30.0
    """How long a value must stay above its threshold before it counts, in seconds; 0: at once."""


class HealthSettings(Section, frozen=True, kw_only=True):
    """Probes: `/livez`, `/readyz`, `/startupz` and `/healthz`."""

    port: Port | None = None
    """Port of the probes' server; 0: any free one. None: no server."""
    host: Name = "127.0.0.1"
    """Address it listens at: this machine only by default; `0.0.0.0` for an orchestrator's probes."""
    token: Secret | None = None
    """Who sends it as a bearer token sees details from another machine; None: details only on this machine."""
    thresholds: ThresholdsSettings = ThresholdsSettings()
    """When a full machine takes the agent out of service."""
    file: WrittenPath | None = None
    """File for exec probes: its age says how long ago the agent was alive, its content whether it is ready. None: no file."""
    loop_within_s: Seconds = 10.0
    """How long an event loop may be blocked before the agent counts as stuck, in seconds."""
