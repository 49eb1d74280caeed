"""
Rules that watch what is measured, and who is told: `alerts`.

What stands in its lists and mappings is written in `alert_rules` and `notifications`. An agent without alerts does not load
them, which is why their names stand in quotes here.
"""

from typing import TYPE_CHECKING, Literal

from msgspec import field

from otel_agent.config.kinds import ReadPath, WrittenPath
from otel_agent.config.sections.section import Section
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from otel_agent.config.sections import alert_rules, notifications
else:
    alert_rules = late_module("otel_agent.config.sections.alert_rules")
    notifications = late_module("otel_agent.config.sections.notifications")

__all__ = ["AlertsSettings"]


class AlertsSettings(Section, frozen=True, kw_only=True):
    """Rules that watch what is measured, and who is told; the how-to "Alerts" shows them at work."""

    enabled: bool = True
    """Whether rules are evaluated."""
    rule_files: tuple[ReadPath, ...] = ()
    """Prometheus rule files; `*` and `?` stand for any characters. None by default."""
    rules: "tuple[alert_rules.RuleChoiceSettings, ...]" = ()
    """Rules in shorthand, each a kind and its settings: `{threshold: {...}}`. None by default."""
    defaults: bool = False
    """Whether the rules that come with the package are used too."""
    routes: "tuple[notifications.RouteSettings, ...]" = ()
    """Which alerts go to whom, in order; empty: every alert to every notifier."""
    notifiers: "dict[str, notifications.NotifierSettings]" = field(default_factory=dict)
    """Who can be told, by name: `{desk: {webhook: {url: ...}}}`; `log` is always there."""
    inhibit: "tuple[notifications.InhibitionSettings, ...]" = ()
    """While one alert fires, others are not told: `{when: ..., mute: ..., equal: [...]}`. None by default."""
    overrides: "dict[str, alert_rules.RuleOverrideSettings]" = field(default_factory=dict)
    """What differs for single rules, by name: `{Hot: {no_data: alert}}`."""
    counter_start: Literal["opentelemetry", "prometheus"] = "opentelemetry"
    """
    What a counter that is seen for the first time was before: `opentelemetry`: zero, so its first count is an increase;
    `prometheus`: unknown, as in a central Prometheus.
    """
    state_file: WrittenPath | None = None
    """File that keeps pending and firing alerts over a restart; None: they begin anew."""
