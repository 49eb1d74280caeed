"""What is measured and judged: `metrics`, `alerts` and `health`."""

from typing import Any, Literal

from msgspec import field

from otel_agent.config.kinds import Addresses, Name, NotNegative, Port, ReadPath, Seconds, Secret, Share, WrittenPath
from otel_agent.config.sections.section import Section

__all__ = ["AlertsSettings", "HealthSettings", "MetricsSettings", "ThresholdsSettings"]


class MetricsSettings(Section, frozen=True, kw_only=True):
    """Collection and sending of metrics."""

    enabled: bool = True
    """Whether metrics are collected at all; alerts and health thresholds need them."""
    interval_s: Seconds = 60.0
    """How often metrics are sent, in seconds; rounded to a multiple of `collect_interval_s`."""
    collect_interval_s: Seconds = 1.0
    """How often metrics are collected for alerts and insight, in seconds; at most `interval_s`."""
    host: bool = True
    """Whether CPU, memory, disk and network of the machine are measured."""
    process: bool = True
    """Whether CPU, memory, threads and files of this process are measured."""
    runtime: bool = True
    """Whether garbage collection and event-loop delay are measured."""
    detail: bool = False
    """Whether host and process metrics are told apart further: by CPU, device, mode."""
    exemplars: Literal["trace_based", "always_on", "always_off"] = "trace_based"
    """Which measurements carry the trace they were made in: those of sampled traces, all, or none."""


class AlertsSettings(Section, frozen=True, kw_only=True):
    """Rules that watch what is measured, and who is told. The how-to "Alerts" describes rules, routes and notifiers."""

    enabled: bool = True
    """Whether rules are evaluated."""
    rule_files: tuple[ReadPath, ...] = ()
    """Prometheus rule files; `*` and `?` stand for any characters. None by default."""
    rules: tuple[dict[str, Any], ...] = ()
    """Rules in shorthand, each a kind and its fields: `{threshold: {...}}`. None by default."""
    defaults: bool = False
    """Whether the rules that come with the package are used too."""
    routes: tuple[dict[str, Any], ...] = ()
    """Which alerts go to whom, in order; empty: every alert to every notifier."""
    notifiers: dict[str, Addresses] = field(default_factory=dict)
    """Who can be told, by name: `{desk: {webhook: {url: ...}}}`; `log` is always there."""
    inhibit: tuple[dict[str, Any], ...] = ()
    """While one alert fires, others are not told: `{when: ..., mute: ..., equal: [...]}`."""
    overrides: dict[str, dict[str, Name]] = field(default_factory=dict)
    """What differs for single rules, by name: `{Hot: {no_data: alert}}`."""
    counter_start: Literal["opentelemetry", "prometheus"] = "opentelemetry"
    """
    What a counter that is seen for the first time was before: `opentelemetry`: zero, so its first count is an increase;
    `prometheus`: unknown, as in a central Prometheus.
    """
    state_file: WrittenPath | None = None
    """File that keeps pending and firing alerts over a restart; None: they begin anew."""


class ThresholdsSettings(Section, frozen=True, kw_only=True):
    """When a full machine takes the agent out of service. `false` switches one off."""

    memory: Share | None = 0.9
    """Share of memory in use that counts as too much, from 0 to 1; None: memory does not matter."""
    disk: Share | None = 0.9
    """Share of the disk in use that counts as too much, from 0 to 1; None: the disk does not matter."""
    cpu: Share | None = 0.9
    """Share of CPU time in use that counts as too much, from 0 to 1; None: CPU does not matter."""
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
