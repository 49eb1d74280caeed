"""Collection and sending of metrics: `metrics`."""

from typing import Literal

from otel_agent.config.kinds import Seconds, Size
from otel_agent.config.sections.section import Section

__all__ = ["MetricsSettings"]


class MetricsSettings(Section, frozen=True, kw_only=True):
    """Collection and sending of metrics."""

    enabled: bool = True
    """Whether metrics are collected at all; alerts and health thresholds need them."""
    interval_s: Seconds = 60.0
    """How often metrics are sent, in seconds; rounded to a multiple of `collect_interval_s`."""
    collect_interval_s: Seconds = 1.0
    """How often metrics are collected for alerts and insight, in seconds; at most `interval_s`."""
    keep_bytes: Size = 67_108_864
    """Memory of the recent past, which alerts and `telemetry.query` read, in bytes; the oldest and least asked for gives way."""
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
