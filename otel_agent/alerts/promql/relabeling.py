"""
Relabeling: labels written by `label_replace`, and those of `absent` for what is not there.

Source: https://prometheus.io/docs/prometheus/latest/querying/functions/#label_replace
"""

import re
from collections.abc import Sequence

from otel_agent.alerts.promql.nodes import Expr, MatrixSelector, Vector, VectorSelector
from otel_agent.series.labels import NAME, Labels
from otel_agent.series.matchers import MatchType, compile_pattern

__all__ = ["absent_labels", "expanded", "joined", "relabeled"]

# Go's Regexp.Expand: $$ is a dollar; a name is as long as it can be; what is no group is empty.
_REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})", re.ASCII)


def expanded(template: str, match: "re.Match[str]") -> str:
    """
    Fill a template with what a pattern caught.

    Args:
        template: Text with `$1`, `${1}` or `$name`; `$$` is a dollar.
        match: MatchType of the pattern, with its groups.
    """

    def caught(reference: "re.Match[str]") -> str:
        if reference[1]:
            return "$"
        name = reference[2] or reference[3]
        try:
            return match[int(name) if name.isdigit() else name] or ""
        except IndexError:
            return ""

    return _REFERENCE.sub(caught, template)


def relabeled(vector: Vector, destination: str, replacement: str, source: str, pattern: str) -> Vector:
    """
    Write a label out of another, where a pattern matches the whole of it.

    Args:
        vector: Elements to relabel.
        destination: Label to write; taken away where the new value is empty.
        replacement: Template of the new value.
        source: Label to read; a missing one counts as empty.
        pattern: Regular expression that the whole value has to match.
    """
    compiled = compile_pattern(pattern)
    result: Vector = []
    for labels, value in vector:
        match = compiled.fullmatch(labels.get(source))
        changed = labels if match is None else labels.replace({destination: expanded(replacement, match)})
        result.append((changed, value))
    return result


def joined(vector: Vector, destination: str, separator: str, sources: Sequence[str]) -> Vector:
    """
    Write a label out of the values of others.

    Args:
        vector: Elements to relabel.
        destination: Label to write; taken away where the new value is empty.
        separator: What stands between two values.
        sources: Labels to read; a missing one counts as empty.
    """
    return [
        (labels.replace({destination: separator.join(labels.get(name) for name in sources)}), value)
        for labels, value in vector
    ]


def absent_labels(node: Expr) -> Labels:
    """
    The labels of what is absent: those a selector demands by equality, once each.

    Args:
        node: The argument of `absent`.
    """
    selector = node.selector if isinstance(node, MatrixSelector) else node
    if not isinstance(selector, VectorSelector):
        return Labels()
    demanded: dict[str, str] = {}
    seen: set[str] = set()
    for matcher in selector.matchers:
        if matcher.name == NAME:
            continue
        if matcher.match is MatchType.EQUAL and matcher.name not in seen:
            demanded[matcher.name] = matcher.value
        else:
            demanded.pop(matcher.name, None)
        seen.add(matcher.name)
    return Labels(demanded)
