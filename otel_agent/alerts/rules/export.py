"""Export of rules as a file that Prometheus and promtool read."""

from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from otel_agent.alerts.rules.model import Rule, RuleGroup
from otel_agent.config.durations import duration_text

__all__ = ["export_groups", "export_warnings"]


def export_groups(groups: Iterable[RuleGroup]) -> str:
    """
    Write groups as a rule file.

    Args:
        groups: Groups of rules. Read again from the file they are the same.

    Returns:
        The file's content, in YAML.
    """
    document = {"groups": [_group(group) for group in groups]}
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=10_000)


def _group(group: RuleGroup) -> dict[str, Any]:
    written: dict[str, Any] = {"name": group.name}
    if group.has_interval:
        written["interval"] = duration_text(group.interval_s)
    if group.limit:
        written["limit"] = group.limit
    if group.query_offset_s:
        written["query_offset"] = duration_text(group.query_offset_s)
    if group.labels:
        written["labels"] = {name: template.text for name, template in group.labels.items()}
    return {**written, "rules": [_rule(rule, group) for rule in group.rules]}


def _rule(rule: Rule, group: RuleGroup) -> dict[str, Any]:
    written: dict[str, Any] = {"record" if rule.is_recording else "alert": rule.name, "expr": rule.expression.text}
    if rule.hold_s:
        written["for"] = duration_text(rule.hold_s)
    if rule.keep_firing_for_s:
        written["keep_firing_for"] = duration_text(rule.keep_firing_for_s)
    own = {name: template for name, template in rule.labels.items() if template is not group.labels.get(name)}
    for key, templates in (("labels", own), ("annotations", rule.annotations)):
        if templates:
            written[key] = {name: template.text for name, template in templates.items()}
    return written


def export_warnings(groups: Sequence[RuleGroup]) -> list[str]:
    """
    What a Prometheus elsewhere may not understand.

    Args:
        groups: Groups of rules to export.

    Returns:
        One line for each rule that uses a function Prometheus has only behind a switch.
    """
    return [
        f"{rule.source}: {rule.name} uses {', '.join(rule.expression.experimental)}, which Prometheus 3 has behind "
        "--enable-feature=promql-experimental-functions and earlier ones lack"
        for group in groups
        for rule in group.rules
        if rule.expression.experimental
    ]
