"""
The notation in which promtool's tests write down the points of a series: "1+2x3 _ stale {{schema:0 sum:3 count:2}}".

Source: https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/#series
"""

import re
from collections.abc import Iterator

from otel_agent.alerts.promql.values import number_from_text
from otel_agent.errors import RuleError
from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.labels import NAME, Labels
from otel_agent.series.rings import STALE

__all__ = ["read_labels", "read_points"]

Point = float | NativeHistogram | None
POINTS_LIMIT = 1_000_000
_NUMBER = r"[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[iI][nN][fF]|[nN]a[nN]|NAN)"
_ITEM = re.compile(
    rf"(?P<gap>_)(?:x(?P<gaps>\d+))?|(?P<stale>stale)(?:x(?P<stales>\d+))?"
    rf"|(?P<begin>{_NUMBER})(?P<step>[-+]{_NUMBER.removeprefix('[-+]?')})?(?:x(?P<times>\d+))?"
    r"|\{\{(?P<histogram>[^}]*)\}\}(?:(?P<sign>[-+])\{\{(?P<added>[^}]*)\}\})?(?:x(?P<repeats>\d+))?"
)
_LABEL = re.compile(r'\s*(?P<name>[\w.:]+|"(?:[^"\\]|\\.)*")\s*=\s*(?P<value>"(?:[^"\\]|\\.)*")\s*(?:,|$)')
_SERIES = re.compile(r"\s*(?P<name>[a-zA-Z_:][\w:]*)?\s*(?:\{(?P<labels>.*)\})?\s*", re.DOTALL)
_FIELD = re.compile(r"(\w+):(\[[^\]]*\]|\S+)")


def read_labels(text: str) -> Labels:
    """
    Read a series' name and labels.

    Args:
        text: The series, as in `name{label="value"}`.

    Raises:
        RuleError: When it cannot be read.
    """
    match = _SERIES.fullmatch(text)
    if match is None:
        raise RuleError([f'series {text!r} cannot be read; write it like name{{label="value"}}'])
    labels = {NAME: match["name"]} if match["name"] else {}
    inner, position = (match["labels"] or "").strip(), 0
    while position < len(inner):
        label = _LABEL.match(inner, position)
        if label is None:
            raise RuleError([f"labels {inner[position:]!r} of series {text!r} cannot be read"])
        labels[_unquoted(label["name"])] = _unquoted(label["value"])
        position = label.end()
    return Labels(labels)


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), text[1:-1])


def read_points(text: str) -> list[Point]:
    """
    Read the points of a series.

    Args:
        text: Items separated by spaces; `a+bxn` is n + 1 points, `_` a gap, `stale` the end of the series.

    Returns:
        One entry for each interval; `None` for a gap, `STALE` for the end.

    Raises:
        RuleError: When an item cannot be read.
    """
    points: list[Point] = []
    position = 0
    text = text.strip()
    while position < len(text):
        match = _ITEM.match(text, position)
        if match is None or (match.end() < len(text) and not text[match.end()].isspace()):
            raise RuleError([f"{text[position:].split()[0]!r} is not a point; write a number, a+bxn, _ or stale"])
        points.extend(_points(match))
        if len(points) > POINTS_LIMIT:
            raise RuleError([f"more than {POINTS_LIMIT} points"])
        position = match.end()
        while position < len(text) and text[position].isspace():
            position += 1
    return points


def _points(match: "re.Match[str]") -> Iterator[Point]:
    if match["gap"]:
        yield from [None] * min(POINTS_LIMIT, int(match["gaps"] or 1))
    elif match["stale"]:
        yield from [STALE] * min(POINTS_LIMIT, int(match["stales"] or 1))
    elif match["histogram"] is not None:
        value = _histogram(match["histogram"])
        yield value
        for _ in range(min(POINTS_LIMIT, int(match["repeats"] or 0))):
            if match["added"] is not None:
                value = value.plus(_histogram(match["added"]), 1.0 if match["sign"] == "+" else -1.0)
            yield value
    else:
        begin = number_from_text(match["begin"]) or 0.0
        step = number_from_text(match["step"] or "0") or 0.0
        for number in range(min(POINTS_LIMIT, int(match["times"] or 0)) + 1):
            yield begin + step * number if number else begin


def _histogram(text: str) -> NativeHistogram:
    fields = dict(_FIELD.findall(text))
    unknown = set(fields) - {
        "schema",
        "sum",
        "count",
        "z_bucket",
        "z_bucket_w",
        "buckets",
        "offset",
        "n_buckets",
        "n_offset",
    }
    if unknown or text.count(":") != len(fields):
        raise RuleError([f"histogram {text!r} cannot be read"])

    def counts(key: str, offset_key: str) -> dict[int, float]:
        offset = int(fields.get(offset_key, 0))
        return {offset + i: float(word) for i, word in enumerate(fields.get(key, "[]").strip("[]").split())}

    return NativeHistogram(
        int(fields.get("schema", 0)),
        float(fields.get("count", 0)),
        float(fields.get("sum", 0)),
        float(fields.get("z_bucket", 0)),
        float(fields.get("z_bucket_w", 0)),
        counts("buckets", "offset"),
        counts("n_buckets", "n_offset"),
    )
