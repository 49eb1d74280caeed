"""
The functions of templates that rules use.

Source: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/#functions
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from otel_agent.alerts.promql.relabeling import expanded
from otel_agent.alerts.rules import humanize
from otel_agent.config.durations import duration_s
from otel_agent.series.matchers import compile_pattern

__all__ = ["FUNCTIONS", "text_of"]

_VERB = re.compile(r"%(?P<flags>[-+ #0]*\d*(?:\.\d+)?)(?P<verb>[a-zA-Z%])")


def text_of(value: Any) -> str:
    """
    A value as Go's templates print it.

    Args:
        value: A string, a number, a boolean or a map of strings.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return humanize.plain(value)
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{name}:{text_of(value[name])}' for name in sorted(value))}]"
    return str(value)


def _float(value: Any) -> float:
    return float(value) if not isinstance(value, bool) else float("nan")


def _printf(form: str, *values: Any) -> str:
    rest = list(values)

    def filled(match: "re.Match[str]") -> str:
        verb = match["verb"]
        if verb == "%":
            return "%"
        return _formatted(verb, match["flags"], rest.pop(0)) if rest else f"%!{verb}(MISSING)"

    return _VERB.sub(filled, form)


def _formatted(verb: str, flags: str, value: Any) -> str:
    if verb in "vs":
        return f"%{flags}s" % text_of(value)
    if verb == "q":
        return json.dumps(text_of(value), ensure_ascii=False)
    if verb == "t":
        return text_of(bool(value))
    if verb in "dxXob":
        return f"%!{verb}(float64={text_of(value)})" if isinstance(value, float) else f"%{flags}{verb}" % value
    return f"%{flags}{verb}" % _float(value)


def _replace_all(pattern: str, replacement: str, text: str) -> str:
    return compile_pattern(pattern).sub(lambda match: expanded(replacement, match), text)


def _title(text: str) -> str:
    return re.sub(r"(^|[^\w'])(\w)", lambda match: match[1] + match[2].upper(), str(text))


def _index(container: Any, key: Any) -> Any:
    return container.get(key, "") if isinstance(container, Mapping) else container[key]


def _first_true(*values: Any) -> Any:
    return next((value for value in values if value), values[-1])


def _first_false(*values: Any) -> Any:
    return next((value for value in values if not value), values[-1])


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "and": _first_false,
    "eq": lambda left, *right: any(left == one for one in right),
    "ge": lambda left, right: left >= right,
    "gt": lambda left, right: left > right,
    "humanize": lambda value: humanize.number(_float(value)),
    "humanize1024": lambda value: humanize.number_1024(_float(value)),
    "humanizeDuration": lambda value: humanize.duration(_float(value)),
    "humanizePercentage": lambda value: humanize.percentage(_float(value)),
    "humanizeTimestamp": lambda value: humanize.timestamp(_float(value)),
    "index": _index,
    "le": lambda left, right: left <= right,
    "len": len,
    "lt": lambda left, right: left < right,
    "match": lambda pattern, text: compile_pattern(pattern).search(text) is not None,
    "ne": lambda left, right: left != right,
    "not": lambda value: not value,
    "or": _first_true,
    "parseDuration": duration_s,
    "print": lambda *values: "".join(map(text_of, values)),
    "printf": _printf,
    "reReplaceAll": _replace_all,
    "safeHtml": str,
    "stripDomain": lambda text: (
        str(text).partition(".")[0] + (":" + str(text).rpartition(":")[2] if ":" in str(text) else "")
    ),
    "stripPort": lambda text: str(text).rpartition(":")[0] or str(text),
    "title": _title,
    "toLower": lambda text: str(text).lower(),
    "toUpper": lambda text: str(text).upper(),
}
"""Each by the name rules use."""
