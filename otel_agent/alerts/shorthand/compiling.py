"""Entries of `alerts.rules` become groups of rules."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from otel_agent.alerts.metric_names import misspelt_metric
from otel_agent.alerts.promql.parsing import parse
from otel_agent.alerts.rules.files import RuleSet, read_groups
from otel_agent.alerts.shorthand.anomaly import anomaly
from otel_agent.alerts.shorthand.burn_rate import burn_rate
from otel_agent.alerts.shorthand.drafts import RuleDraft
from otel_agent.alerts.shorthand.findings import finding, named
from otel_agent.alerts.shorthand.spans import exception, span_errors, span_latency
from otel_agent.alerts.shorthand.thresholds import absent, cache_hit_rate, threshold
from otel_agent.config.nodes import Place, wrapped
from otel_agent.config.sections.alert_rules import (
    FindingRuleSettings,
    MetricRuleSettings,
    RuleChoiceSettings,
    RuleSettings,
)
from otel_agent.errors import RuleError
from otel_agent.series.naming import Naming

__all__ = ["KINDS", "compile_rules"]

KINDS: dict[str, Callable[[Any, Naming], list[RuleDraft]]] = {
    "absent": absent,
    "anomaly": anomaly,
    "burn_rate": burn_rate,
    "cache_hit_rate": cache_hit_rate,
    "exception": exception,
    "finding": finding,
    "span_errors": span_errors,
    "span_latency": span_latency,
    "threshold": threshold,
}
"""What compiles each kind of entry; the keys of `RuleChoiceSettings`."""


def compile_rules(entries: Sequence[RuleChoiceSettings], naming: Naming = Naming.OTLP) -> RuleSet:
    """
    Make rules of entries.

    Args:
        entries: Each one kind of rule with its settings.
        naming: Which translation of metric names expressions are written in.

    Returns:
        A group for each entry, named as its alert, and what is wrong with the others.
    """
    rules = RuleSet(())
    paths: dict[str, str] = {}
    for entry in entries:
        one = _compiled(entry, naming)
        for group in one.groups:
            if group.name in paths:
                one = RuleSet(
                    (), (f"{entry.path}: {group.name!r} exists already, at {paths[group.name]}; name it otherwise",)
                )
                break
            paths[group.name] = entry.path
        rules = rules.joined(one)
    return rules


def _compiled(entry: RuleChoiceSettings, naming: Naming) -> RuleSet:
    kind, settings = entry.chosen
    if isinstance(settings, FindingRuleSettings):
        settings = named(settings)
    try:
        drafts = KINDS[kind](settings, naming)
    except RuleError as error:
        return RuleSet((), error.problems)
    group = {
        "name": settings.name,
        "interval": f"{drafts[-1].interval_s:g}s",
        "rules": [draft.as_rule() for draft in drafts],
    }
    read = read_groups(wrapped({"groups": [group]}, Place(settings.path, "")), settings.path)
    is_woken = any(draft.is_woken for draft in drafts)
    values = {draft.name: parse(draft.value) for draft in drafts if draft.value}
    groups = tuple(
        replace(
            found,
            is_woken=is_woken,
            rules=tuple(replace(rule, value=values.get(rule.name)) for rule in found.rules),
        )
        for found in read.groups
    )
    return RuleSet(groups, (*read.problems, *_misspelt(settings)))


def _misspelt(settings: RuleSettings) -> list[str]:
    """A metric that is almost one of ours; the rule is judged all the same, because it may be one of the agent's."""
    if not isinstance(settings, MetricRuleSettings):
        return []
    near = misspelt_metric(settings.metric)
    return [] if near is None else [f"{settings.path}.metric: {settings.metric!r} is no metric; did you mean {near!r}?"]
