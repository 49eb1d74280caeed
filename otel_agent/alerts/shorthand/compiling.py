"""Entries of the configuration become groups of rules."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from otel_agent.alerts.rules.files import RuleSet, read_groups
from otel_agent.alerts.rules.located import Located
from otel_agent.alerts.shorthand.anomaly import anomaly
from otel_agent.alerts.shorthand.burn_rate import burn_rate
from otel_agent.alerts.shorthand.drafts import RuleDraft
from otel_agent.alerts.shorthand.fields import Fields
from otel_agent.alerts.shorthand.spans import exception, span_errors, span_latency
from otel_agent.alerts.shorthand.thresholds import absent, cache_hit_rate, threshold
from otel_agent.series.naming import Naming

__all__ = ["KINDS", "compile_rules"]

KINDS: dict[str, Callable[[Fields, Naming], list[RuleDraft]]] = {
    "absent": absent,
    "anomaly": anomaly,
    "burn_rate": burn_rate,
    "cache_hit_rate": cache_hit_rate,
    "exception": exception,
    "span_errors": span_errors,
    "span_latency": span_latency,
    "threshold": threshold,
}
"""Every kind of entry."""


def compile_rules(entries: Sequence[Any], path: str = "alerts.rules", naming: Naming = Naming.OTLP) -> RuleSet:
    """
    Make rules of entries.

    Args:
        entries: Each a mapping with one key, the kind, and its fields.
        path: Where they stand, for messages.
        naming: Which translation.

    Returns:
        A group for each entry, named as its alert, and what is wrong with the others.
    """
    rules = RuleSet(())
    names: dict[str, str] = {}
    for position, entry in enumerate(entries):
        one = _compiled(entry, f"{path}[{position}]", naming)
        for group in one.groups:
            if group.name in names:
                one = RuleSet(
                    (),
                    (f"{path}[{position}]: {group.name!r} exists already, at {names[group.name]}; name it otherwise",),
                )
                break
            names[group.name] = f"{path}[{position}]"
        rules = rules.joined(one)
    return rules


def _compiled(entry: Any, path: str, naming: Naming) -> RuleSet:
    if not isinstance(entry, Mapping) or len(entry) != 1:
        return RuleSet((), (f"{path}: expected one of {', '.join(sorted(KINDS))} with its fields, found {entry!r}",))
    kind, values = next(iter(entry.items()))
    if kind not in KINDS:
        return RuleSet((), (f"{path}: {kind!r} is no kind of rule; known are {', '.join(sorted(KINDS))}",))
    fields = Fields(f"{path}.{kind}", values)
    drafts = KINDS[kind](fields, naming)
    fields.finish()
    if fields.problems:
        return RuleSet((), tuple(dict.fromkeys(fields.problems)))
    group = {
        "name": next(draft.name for draft in drafts if not draft.is_recording),
        "interval": f"{drafts[-1].interval_s:g}s",
        "rules": [draft.as_rule() for draft in drafts],
    }
    read = read_groups(located({"groups": [group]}), f"{path}.{kind}")
    is_woken = any(draft.is_woken for draft in drafts)
    return RuleSet(tuple(replace(found, is_woken=is_woken) for found in read.groups), read.problems)


def located(value: Any) -> Located:
    """
    Plain values as if they had been read from a file.

    Args:
        value: Mappings, lists and scalars.
    """
    if isinstance(value, Mapping):
        return Located({str(key): located(inner) for key, inner in value.items()}, 0, {str(key): 0 for key in value})
    if isinstance(value, list | tuple):
        return Located([located(inner) for inner in value], 0)
    return Located(value, 0)
