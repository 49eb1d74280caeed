"""What rules name: spans and types of exceptions that have to be counted whatever else there is."""

import re
from collections.abc import Iterable

from otel_agent.alerts.promql.nodes import VectorSelector, walk
from otel_agent.alerts.rules.model import RuleGroup
from otel_agent.series.matchers import MatchType, compile_pattern
from otel_agent.series.wanted import WantedNames, WantedTexts

__all__ = ["wanted_names", "wanted_series"]

_EVERYTHING = frozenset({".*", ".+"})
_PLAIN = re.compile(r"[^\\.*+?()\[\]{}^$]+")
"""A pattern that only lists names, with | between them."""


def wanted_names(groups: Iterable[RuleGroup]) -> WantedNames:
    """
    Names of spans and types of exceptions that rules ask for.

    Args:
        groups: Every rule there is. A pattern that accepts everything asks for nothing in particular.
    """
    names: dict[str, set[str]] = {"span_name": set(), "exception_type": set()}
    patterns: dict[str, dict[str, re.Pattern[str]]] = {"span_name": {}, "exception_type": {}}
    selectors = (
        node
        for group in groups
        for rule in group.rules
        for node in walk(rule.expression.root)
        if isinstance(node, VectorSelector)
    )
    for matcher in (matcher for selector in selectors for matcher in selector.matchers if matcher.name in names):
        if matcher.match is MatchType.EQUAL and matcher.value:
            names[matcher.name].add(matcher.value)
        elif matcher.match is MatchType.PATTERN and _PLAIN.fullmatch(matcher.value):
            names[matcher.name].update(filter(None, matcher.value.split("|")))
        elif matcher.match is MatchType.PATTERN and matcher.value not in _EVERYTHING:
            patterns[matcher.name][matcher.value] = compile_pattern(matcher.value)
    return WantedNames(
        *(
            WantedTexts(frozenset(names[label]), tuple(patterns[label].values()))
            for label in ("span_name", "exception_type")
        )
    )


def wanted_series(groups: Iterable[RuleGroup]) -> frozenset[str]:
    """
    Names of the series that rules read or write.

    Args:
        groups: Every rule there is.
    """
    rules = [rule for group in groups for rule in group.rules]
    read = {name for rule in rules for name in rule.expression.names}
    return frozenset(read | {rule.name for rule in rules if rule.is_recording} | {"ALERTS", "ALERTS_FOR_STATE", "up"})
