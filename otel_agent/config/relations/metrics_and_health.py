"""Metrics and health."""

from otel_agent.config.relations.addresses import is_local
from otel_agent.config.relations.draft import SettingsDraft

__all__ = ["fit_health", "fit_metrics"]


def fit_metrics(draft: SettingsDraft) -> None:
    """
    Metrics cannot be sent more often than they are collected, and alerts need metrics.

    Args:
        draft: Changed in place.
    """
    interval_s, collect_s = draft.value("metrics.interval_s"), draft.value("metrics.collect_interval_s")
    if interval_s < collect_s:
        if draft.is_given("metrics.collect_interval_s"):
            draft.problem(
                "metrics.collect_interval_s",
                f"expected at most metrics.interval_s, which is {interval_s:g}, found {collect_s:g}",
            )
        draft.put("metrics.collect_interval_s", interval_s, draft.origin("metrics.interval_s"))
    if not draft.value("metrics.host") and not draft.value("metrics.process"):
        draft.warn_without_effect("metrics.detail", "metrics.host and metrics.process are off")
    if not draft.value("metrics.enabled"):
        for path in ("alerts.rules", "alerts.rule_files", "alerts.defaults"):
            draft.warn_without_effect(path, "metrics.enabled is off, and rules are judged by metrics")
        for name in ("memory", "disk", "cpu"):
            draft.warn_without_effect(f"health.thresholds.{name}", "metrics.enabled is off")


def fit_health(draft: SettingsDraft) -> None:
    """
    Thresholds must be left before they are over, and details need somebody who may see them.

    Args:
        draft: Changed in place.
    """
    if draft.value("health.port") is None:
        for path in ("health.host", "health.token"):
            draft.warn_without_effect(path, "there is no server without health.port")
    elif not is_local(draft.value("health.host")) and not draft.value("health.token"):
        draft.warn(
            "health.host",
            f"{draft.value('health.host')} is reached from other machines: they see states without details; "
            "give health.token for details there",
        )
    given = [draft.value(f"health.thresholds.{name}") for name in ("memory", "disk", "cpu")]
    limits = [limit for limit in given if limit is not None]
    gap = draft.value("health.thresholds.clear_gap")
    if not limits:
        for name in ("clear_gap", "hold_s"):
            draft.warn_without_effect(f"health.thresholds.{name}", "every threshold is off")
    elif gap >= min(limits) > 0:
        if draft.is_given("health.thresholds.clear_gap"):
            draft.problem(
                "health.thresholds.clear_gap",
                f"expected a ratio below every threshold, of which the lowest is {min(limits):g}, found {gap:g}",
            )
        draft.put("health.thresholds.clear_gap", min(limits) / 2)
