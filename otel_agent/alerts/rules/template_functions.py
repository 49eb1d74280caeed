"""
The functions of templates that rules use: Prometheus's own, and those of Go's template language.

Each says what it takes, and a call with something else has no text, as there.

Source: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/#functions
"""

import html
import ipaddress
import re
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from otel_agent.alerts.promql.relabeling import expanded
from otel_agent.alerts.promql.values import number_from_text
from otel_agent.alerts.rules import humanize
from otel_agent.alerts.rules.template_values import (
    Duration,
    ExpansionError,
    Moment,
    QuerySample,
    compared,
    go_type,
    is_true,
    printed,
    text_of,
    toward_zero,
)
from otel_agent.config.durations import duration_s
from otel_agent.series.matchers import compile_pattern

__all__ = ["FUNCTIONS", "TemplateFunction"]


@dataclass(frozen=True)
class TemplateFunction:
    """A function, and what it takes."""

    call: Callable[..., Any]
    """Makes the answer; raises `ExpansionError` when there is none. One that needs the surroundings gets them first."""
    takes: str
    """A letter for each argument: s a string, i a whole number, q a query's answer, e an element of one, a anything."""
    more: str = ""
    """Letter of any number of further arguments; empty: none are taken."""
    needs_surroundings: bool = False
    """Whether the surroundings of the template come before the arguments."""

    def checked(self, name: str, arguments: list[Any]) -> list[Any]:
        """
        Arguments as the function takes them.

        Args:
            name: Its name, for messages.
            arguments: What it is called with.

        Raises:
            ExpansionError: When there are too few or too many, or one is of another type.
        """
        count = len(arguments)
        if count < len(self.takes) or (count > len(self.takes) and not self.more):
            least = "at least " if self.more else ""
            raise ExpansionError(f"wrong number of args for {name}: want {least}{len(self.takes)} got {count}")
        letters = self.takes + self.more * (count - len(self.takes))
        return [_checked(letter, value) for letter, value in zip(letters, arguments, strict=True)]


_TYPES: dict[str, tuple[type, str]] = {
    "s": (str, "string"),
    "q": (list, "template.queryResult"),
    "e": (QuerySample, "*template.sample"),
}


def _checked(letter: str, value: Any) -> Any:
    if letter in _TYPES:
        kind, name = _TYPES[letter]
        if not isinstance(value, kind):
            raise ExpansionError(f"wrong type for value; expected {name}; got {go_type(value)}")
    return value


def _float(value: Any) -> float:
    if isinstance(value, Duration):
        return value.nanoseconds / 1e9
    if isinstance(value, str):
        number = number_from_text(value)
        if number is None:
            raise ExpansionError(f'strconv.ParseFloat: parsing "{value}": invalid syntax')
        return number
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise ExpansionError(f"can't convert {go_type(value)} to float")


def _pattern(text: str) -> "re.Pattern[str]":
    try:
        return compile_pattern(text)
    except ValueError as error:
        raise ExpansionError(str(error)) from error


def _replace_all(pattern: str, replacement: str, text: str) -> str:
    return _pattern(pattern).sub(lambda match: expanded(replacement, match), text)


def _title(text: str) -> str:
    """The first letter of each word large; the others stay, and digits are no letters."""
    return re.sub(r"(?<![^\W\d])(?<![^\W\d]['.\u2019:\u00b7])[^\W\d_]", lambda match: _upper(match.group()), text)


def _upper(text: str) -> str:
    """As Go does it: a letter stays one."""
    return "".join(large if len(large := letter.upper()) == 1 else letter for letter in text)


def _split_host_port(address: str) -> tuple[str, str] | None:
    """Host and port as Go's `net.SplitHostPort` finds them; None where it finds none."""
    if address.startswith("["):
        host, bracket, rest = address[1:].partition("]")
        is_right = bracket and rest.startswith(":") and not set(host + rest[1:]) & set("[]") and ":" not in rest[1:]
        return (host, rest[1:]) if is_right else None
    host, colon, port = address.rpartition(":")
    if not colon or ":" in host or set(address) & set("[]"):
        return None
    return host, port


def _strip_port(address: str) -> str:
    found = _split_host_port(address)
    return address if found is None else found[0]


def _strip_domain(address: str) -> str:
    host, port = _split_host_port(address) or (address, "")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        host = host.partition(".")[0]
        return f"{f'[{host}]' if ':' in host else host}:{port}" if port else host
    return address


def _index(container: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(container, Mapping):
            if not isinstance(key, str):
                raise ExpansionError(f"error calling index: value has type {go_type(key)}; should be string")
            container = container.get(key, "")
        elif isinstance(container, list | str):
            if not isinstance(key, int) or isinstance(key, bool):
                raise ExpansionError(f"error calling index: cannot index slice/array with type {go_type(key)}")
            container = _at(container, key)
        else:
            raise ExpansionError(f"error calling index: can't index item of type {go_type(container)}")
    return container


def _at(container: Any, position: int) -> Any:
    values = container.encode() if isinstance(container, str) else container
    if not 0 <= position < len(values):
        raise ExpansionError(f"error calling index: index out of range: {position}")
    return values[position]


def _slice(container: Any, *borders: Any) -> Any:
    if not isinstance(container, list | str):
        raise ExpansionError(f"error calling slice: can't slice item of type {go_type(container)}")
    values: Any = container.encode() if isinstance(container, str) else container
    begin, end = (*borders, *(0, len(values))[len(borders) :])[:2]
    if not all(isinstance(one, int) for one in (begin, end)) or not 0 <= begin <= end <= len(values):
        raise ExpansionError(f"error calling slice: index out of range: {end}")
    part = values[begin:end]
    return part.decode(errors="replace") if isinstance(part, bytes) else part


def _no_call(value: Any, *_: Any) -> Any:
    raise ExpansionError(f"error calling call: non-function of type {go_type(value)}")


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, Mapping | list):
        return len(value)
    raise ExpansionError(f"error calling len: len of type {go_type(value)}")


def _is_equal(left: Any, *others: Any) -> bool:
    if not others:
        raise ExpansionError("error calling eq: missing argument for comparison")
    return any(compared(left, other, is_order=False) == 0 for other in others)


def _first(found: list[QuerySample]) -> QuerySample:
    if not found:
        raise ExpansionError("error calling first: first() called on vector with no elements")
    return found[0]


def _parse_duration(text: str) -> float:
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text)
    try:
        return sign * duration_s(rest)
    except ValueError as error:
        raise ExpansionError(f"error calling parseDuration: not a valid duration string: {text!r}") from error


def _moment(value: Any) -> Moment:
    seconds = _float(value)
    if seconds != seconds or abs(seconds) > 9.2e9:  # noqa: PLR0124, PLR2004 - NaN; nanoseconds are 64 bits
        raise ExpansionError("error calling toTime: value is NaN or Inf, or too large")
    return Moment(toward_zero(int(seconds * 1e9), 1_000_000))


def _link(tab: int, text: str) -> str:
    return f"/graph?g0.expr={urllib.parse.quote_plus(text)}&g0.tab={tab}"


def _printed_line(values: tuple[Any, ...]) -> str:
    """Go's Sprint: spaces stand between two that are no strings."""
    text = ""
    for i, value in enumerate(values):
        if i and not isinstance(value, str) and not isinstance(values[i - 1], str):
            text += " "
        text += "<nil>" if value is None else text_of(value)
    return text


def _plain_text(values: tuple[Any, ...]) -> str:
    return values[0] if len(values) == 1 and isinstance(values[0], str) else _printed_line(values)


_Known = TemplateFunction

FUNCTIONS: dict[str, TemplateFunction] = {
    # Of Go; `and` and `or` do not look at what comes after the answer, so the interpreter knows them itself.
    "and": _Known(lambda *values: next((v for v in values if not is_true(v)), values[-1]), "a", "a"),
    "or": _Known(lambda *values: next((v for v in values if is_true(v)), values[-1]), "a", "a"),
    "not": _Known(lambda value: not is_true(value), "a"),
    "call": _Known(_no_call, "a", "a"),
    "eq": _Known(_is_equal, "a", "a"),
    "ne": _Known(lambda left, right: compared(left, right, is_order=False) != 0, "aa"),
    "lt": _Known(lambda left, right: compared(left, right, is_order=True) == -1, "aa"),
    "le": _Known(lambda left, right: compared(left, right, is_order=True) in (-1, 0), "aa"),
    "gt": _Known(lambda left, right: compared(left, right, is_order=True) == 1, "aa"),
    "ge": _Known(lambda left, right: compared(left, right, is_order=True) in (0, 1), "aa"),
    "html": _Known(
        lambda *values: html.escape(_plain_text(values)).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"), "", "a"
    ),
    "index": _Known(_index, "a", "a"),
    "js": _Known(
        lambda *values: _plain_text(values).replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"'), "", "a"
    ),
    "len": _Known(_length, "a"),
    "print": _Known(lambda *values: _printed_line(values), "", "a"),
    "printf": _Known(lambda form, *values: printed(form, values), "s", "a"),
    "println": _Known(lambda *values: " ".join(map(text_of, values)) + "\n", "", "a"),
    "slice": _Known(_slice, "a", "a"),
    "urlquery": _Known(lambda *values: urllib.parse.quote_plus(_plain_text(values)), "", "a"),
    # Of Prometheus.
    "args": _Known(lambda *values: {f"arg{i}": value for i, value in enumerate(values)}, "", "a"),
    "externalURL": _Known(lambda surroundings: surroundings.external_url, "", needs_surroundings=True),
    "first": _Known(_first, "q"),
    "graphLink": _Known(lambda text: _link(0, text), "s"),
    "humanize": _Known(lambda value: humanize.number(_float(value)), "a"),
    "humanize1024": _Known(lambda value: humanize.number_1024(_float(value)), "a"),
    "humanizeDuration": _Known(lambda value: humanize.duration(_float(value)), "a"),
    "humanizePercentage": _Known(lambda value: humanize.percentage(_float(value)), "a"),
    "humanizeTimestamp": _Known(lambda value: humanize.timestamp(_float(value)), "a"),
    "label": _Known(lambda name, element: element.labels.get(name, ""), "se"),
    "match": _Known(lambda pattern, text: _pattern(pattern).search(text) is not None, "ss"),
    "now": _Known(lambda surroundings: surroundings.at_s, "", needs_surroundings=True),
    "parseDuration": _Known(_parse_duration, "s"),
    "pathPrefix": _Known(
        lambda surroundings: urllib.parse.urlsplit(surroundings.external_url).path, "", needs_surroundings=True
    ),
    "query": _Known(lambda surroundings, text: surroundings.query(text), "s", needs_surroundings=True),
    "reReplaceAll": _Known(_replace_all, "sss"),
    "safeHtml": _Known(lambda text: text, "s"),
    "sortByLabel": _Known(lambda name, found: sorted(found, key=lambda one: one.labels.get(name, "")), "sq"),
    "stripDomain": _Known(_strip_domain, "s"),
    "stripPort": _Known(_strip_port, "s"),
    "strvalue": _Known(lambda element: element.labels.get("__value__", ""), "e"),
    "tableLink": _Known(lambda text: _link(1, text), "s"),
    "title": _Known(_title, "s"),
    "toDuration": _Known(lambda value: Duration(int(_float(value) * 1e9)), "a"),
    "toLower": _Known(str.lower, "s"),
    "toTime": _Known(_moment, "a"),
    "toUpper": _Known(_upper, "s"),
    "urlQueryEscape": _Known(urllib.parse.quote_plus, "s"),
    "value": _Known(lambda element: element.value, "e"),
}
"""Each by the name rules use."""
