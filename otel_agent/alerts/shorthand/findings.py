"""What insight has found, as an alert."""

from msgspec.structs import replace

from otel_agent.alerts.shorthand.drafts import RuleDraft, drafted, quoted
from otel_agent.config.sections.alert_rules import FindingRuleSettings
from otel_agent.series.naming import Naming

__all__ = ["finding", "named"]

FINDINGS = "agent_findings"


def named(settings: FindingRuleSettings) -> FindingRuleSettings:
    """
    The entry with the name of its alert.

    Args:
        settings: The entry.
    """
    words = (settings.rule or "any").split("_")
    made = "Finding" + "".join(word.capitalize() for word in words)
    return settings if settings.name else replace(settings, name=made)


def finding(settings: FindingRuleSettings, naming: Naming) -> list[RuleDraft]:
    """
    Something was found; it fires as long as the finding is known.

    Args:
        settings: The entry.
        naming: Not needed; the metric has one name in all of them.
    """
    del naming
    chosen = "" if settings.rule is None else f"{{agent_finding_rule={quoted(settings.rule)}}}"
    count = f"sum by (job, agent_finding_rule) ({FINDINGS}{chosen})"
    summary = "{{ $value }} finding(s) of {{ $labels.agent_finding_rule }}: see `otel-agent findings`"
    return [drafted(settings, f"{count} >= {settings.at_least:.15g}", summary, value=count)]
