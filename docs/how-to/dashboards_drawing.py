"""
Draws a dashboard of Grafana, and a trace of Jaeger, as SVG: from the dashboard's JSON and from what its questions were answered.

What is read from the JSON is what decides how a panel reads: its place, title, unit, colours, thresholds, words in the place of
values, and the legend of each question. Grafana's own drawing has more to it; nothing here is made up.
"""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

Json = dict[str, Any]

COLUMN, ROW, GAP, HEAD, FOOT = 50, 26, 6, 24, 18
"""Pixels: of one column and one row of the grid, between panels, for a panel's title, for one line of its legend."""
COLOURS = {"green": "#3f9c35", "yellow": "#d9a400", "red": "#d9263a", "blue": "#2f6fd0"}
PALETTE = ("#3f9c35", "#d9a400", "#2f6fd0", "#e0752d", "#c4162a", "#705da0", "#508642", "#cca300", "#447ebc", "#8f3bb8")
MAX_LINES = 14
"""So many lines of one panel are drawn, those that end highest."""
LEGENDS, LEGEND_WIDTH = 6, 105
"""So many names stand in a legend at most, and so many pixels each has at least."""
THOUSANDS = ("", " K", " M", " G", " T")
BYTES = (" B", " KiB", " MiB", " GiB", " TiB")
INK, PALE = "#24292f", "#8a9199"


def dashboard(board: Json, answers: Sequence[Sequence[Any]], span_s: tuple[float, float]) -> str:
    """
    Draw a dashboard.

    Args:
        board: Its JSON.
        answers: For each panel, what each of its questions was answered.
        span_s: Begin and end of the time that is shown, in seconds since 1970.

    Returns:
        SVG.
    """
    bottom = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
    parts = [_panel(panel, given, span_s) for panel, given in zip(board["panels"], answers, strict=True)]
    return _svg(24 * COLUMN + GAP, bottom * ROW + GAP + 30, board["title"], parts)


def trace(spans: Sequence[Json]) -> str:
    """
    Draw the spans of one trace below each other, as Jaeger shows them.

    Args:
        spans: Of several traces, as OTLP JSON; the trace with the most spans up to 30 is drawn.

    Returns:
        SVG.
    """
    traces: dict[str, list[Json]] = {}
    for span in spans:
        traces.setdefault(span["traceId"], []).append(span)
    chosen = max((one for one in traces.values() if len(one) <= 30), key=len)  # noqa: PLR2004 - what fits a page
    ordered = _in_order(chosen)
    begin = min(int(span["startTimeUnixNano"]) for _, span in ordered)
    whole = max(int(span["endTimeUnixNano"]) for _, span in ordered) - begin
    parts = []
    for row, (depth, span) in enumerate(ordered):
        start, end = int(span["startTimeUnixNano"]) - begin, int(span["endTimeUnixNano"]) - begin
        left, right = (420 + 700 * moment / whole for moment in (start, end))
        colour = COLOURS["red" if span.get("status", {}).get("code") == 2 else "blue"]  # noqa: PLR2004 - OTLP: error
        y = 52 + 20 * row
        parts += [
            _text(12 + 16 * depth, y + 12, span["name"], size=12),
            f'<rect x="{_number(left)}" y="{y + 3}" width="{_number(max(right - left, 2))}" height="11" fill="{colour}"/>',
            _text(min(right + 6, 1130), y + 12, _formatted((end - start) / 1e9, "s"), size=11, colour=PALE),
        ]
    title = f"{ordered[0][1]['name']}: {len(ordered)} spans, {_formatted(whole / 1e9, 's')}"
    return _svg(1206, 62 + 20 * len(ordered), title, parts)


def _in_order(spans: Sequence[Json]) -> list[tuple[int, Json]]:
    """Each span with its depth, parents before their children, by time."""
    known = {span["spanId"] for span in spans}
    children: dict[str, list[Json]] = {}
    for span in sorted(spans, key=lambda one: int(one["startTimeUnixNano"])):
        parent = span.get("parentSpanId", "")
        children.setdefault(parent if parent in known else "", []).append(span)

    def below(parent: str, depth: int) -> list[tuple[int, Json]]:
        return [each for span in children.get(parent, ()) for each in ((depth, span), *below(span["spanId"], depth + 1))]  # fmt: skip

    return below("", 0)


def _panel(panel: Json, answers: Sequence[Any], span_s: tuple[float, float]) -> str:
    grid = panel["gridPos"]
    x, y = grid["x"] * COLUMN + GAP, grid["y"] * ROW + GAP + 30
    width, height = grid["w"] * COLUMN - GAP, grid["h"] * ROW - GAP
    if panel["type"] == "row":
        return _text(x, y + 15, panel["title"], size=13, weight="bold")
    frame = f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="3" fill="#fff" stroke="#dde1e5"/>'
    title = _text(x + 8, y + 16, _shortened(panel["title"], width / 6.4), size=12)
    within = (x + 8, y + HEAD, width - 16, height - HEAD - 6)
    if not any(answers):
        word = "none" if panel["type"] == "stat" else _shortened(panel["description"].split(":")[0] or "nothing", 40)
        body = _text(x + width / 2, y + height / 2 + 8, word, size=12, colour=PALE, anchor="middle")
    else:
        body = DRAWN[panel["type"]](panel, answers, within, span_s)
    return frame + title + body


Place = tuple[float, float, float, float]


def _lines(panel: Json, answers: Sequence[Any]) -> list[tuple[str, list[tuple[float, float]]]]:
    """Name and points of each line: of Prometheus' answers, and of rows of VictoriaLogs."""
    found: list[tuple[str, list[tuple[float, float]]]] = []
    for target, answer in zip(panel["targets"], answers, strict=True):
        if target["datasource"]["type"] == "prometheus":
            for series in answer:
                points = [(float(at_s), float(value)) for at_s, value in series["values"]]
                found.append((_legend(target, series["metric"]), [one for one in points if math.isfinite(one[1])]))
        else:
            rows: dict[str, list[tuple[float, float]]] = {}
            for row in answer:
                at_s = datetime.fromisoformat(row["_time"]).timestamp()
                rows.setdefault(_legend(target, row), []).append((at_s, float(row["records"])))
            found += [(name, sorted(points)) for name, points in rows.items()]
    return [(name, points) for name, points in found if points]


def _legend(target: Json, labels: Mapping[str, str]) -> str:
    if target["legendFormat"]:
        return re.sub(r"{{(\w+)}}", lambda found: labels.get(found[1], ""), target["legendFormat"])
    return ", ".join(value for key, value in labels.items() if key != "__name__") or "value"


def _timeseries(panel: Json, answers: Sequence[Any], place: Place, span_s: tuple[float, float]) -> str:
    lines = sorted(_lines(panel, answers), key=lambda one: -one[1][-1][1])[:MAX_LINES]
    unit = panel["fieldConfig"]["defaults"]["unit"]
    x, y, width, height = place
    left, y, bottom = x + 50, y + 8, y + height - 2 * FOOT
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    draws = panel["fieldConfig"]["defaults"]["custom"].get("thresholdsStyle") is not None
    limits = [step["value"] for step in steps if step["value"] is not None] if draws else []
    highest = max([value for _, points in lines for _, value in points] + limits) or 1
    top = _rounded_up(max(highest, panel["fieldConfig"]["defaults"].get("max") or 0), unit)

    def at(moment_s: float, value: float) -> tuple[float, float]:
        share = (moment_s - span_s[0]) / (span_s[1] - span_s[0])
        return left + share * (x + width - left), bottom - value / top * (bottom - y)

    parts = _axes(left, (y, bottom), x + width, top, unit, span_s)
    for step in steps if draws else ():
        if step["value"] is not None:
            level = _number(at(span_s[0], step["value"])[1])
            parts.append(f'<path d="M{left} {level}H{x + width}" stroke="{COLOURS[step["color"]]}" stroke-dasharray="4 3"/>')  # fmt: skip
    named = []
    for number, (name, points) in enumerate(lines):
        colour = _line_colour(panel, number, points[-1][1])
        named.append((name, colour))
        path = " ".join(f"{_number(px)},{_number(py)}" for px, py in (at(*point) for point in points))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.3"/>')
    return "".join(parts) + _legends(named, x, place[1] + height, width)


def _axes(left: float, vertical: tuple[float, float], right: float, top: float, unit: str, span_s: tuple[float, float]) -> list[str]:  # fmt: skip
    y, bottom = vertical
    parts = []
    for share in (0, 0.5, 1):
        level = _number(bottom - share * (bottom - y))
        parts.append(f'<path d="M{left} {level}H{right}" stroke="#e6e9ec"/>')
        parts.append(_text(left - 5, float(level) + 4, _formatted(share * top, unit), size=10, colour=PALE, anchor="end"))  # fmt: skip
    return parts + _times(left, right, bottom + 13, span_s)


def _times(left: float, right: float, y: float, span_s: tuple[float, float]) -> list[str]:
    words = [(left, "start"), ((left + right) / 2, "middle"), (right, "end")]
    moments = [span_s[0], sum(span_s) / 2, span_s[1]]
    return [
        _text(px, y, datetime.fromtimestamp(moment, UTC).strftime("%H:%M"), size=10, colour=PALE, anchor=anchor)
        for (px, anchor), moment in zip(words, moments, strict=True)
    ]


def _line_colour(panel: Json, number: int, value: float) -> str:
    mode = panel["fieldConfig"]["defaults"]["color"]["mode"]
    if mode == "thresholds":
        return _colour_of(panel["fieldConfig"]["defaults"], value)
    return COLOURS["red"] if mode == "shades" else PALETTE[number % len(PALETTE)]


def _colour_of(settings: Json, value: float) -> str:
    passed = [step for step in settings["thresholds"]["steps"] if step["value"] is None or value >= step["value"]]
    name: str = passed[-1]["color"]
    return COLOURS[name]


def _word_of(settings: Json, value: float) -> str:
    words = {key: one["text"] for mapping in settings.get("mappings", ()) for key, one in mapping["options"].items()}
    return words.get(str(int(value)), _formatted(value, settings["unit"]))


def _legends(named: Sequence[tuple[str, str]], x: float, bottom: float, width: float) -> str:
    room = max(2, min(LEGENDS, int(width / LEGEND_WIDTH)))
    each = width / min(max(len(named), 1), room)
    parts = []
    for number, (name, colour) in enumerate(named[:room]):
        text = name if number < room - 1 or len(named) == room else f"and {len(named) - room + 1} more"
        px = x + number * each
        parts.append(f'<rect x="{_number(px)}" y="{bottom - 9}" width="8" height="3" fill="{colour}"/>')
        parts.append(_text(px + 12, bottom - 4, _end_of(text, (each - 18) / 5.8), size=10))
    return "".join(parts)


def _stat(panel: Json, answers: Sequence[Any], place: Place, _: tuple[float, float]) -> str:
    settings = panel["fieldConfig"]["defaults"]
    lines = _lines(panel, answers)
    x, y, width, height = place
    parts = []
    for number, (name, points) in enumerate(lines[:4]):
        middle = y + height * (number + 0.5) / min(len(lines), 4)
        value = points[-1][1]
        parts.append(_text(x + width / 2, middle + 8, _word_of(settings, value), size=24, colour=_colour_of(settings, value), anchor="middle", weight="bold"))  # fmt: skip
        if len(lines) > 1:
            parts.append(_text(x + width / 2, middle + 24, name, size=10, colour=PALE, anchor="middle"))
    return "".join(parts)


def _heatmap(_panel: Json, answers: Sequence[Any], place: Place, span_s: tuple[float, float]) -> str:
    x, y, width, height = place
    left, bottom = x + 50, y + height - FOOT
    bounds = sorted((float(series["metric"]["le"]), series["values"]) for series in answers[0])
    counts: list[tuple[int, float, float]] = []
    below: dict[float, float] = {}
    for row, (_, values) in enumerate(bounds):
        for at_s, value in values:
            counts.append((row, float(at_s), max(float(value) - below.get(float(at_s), 0.0), 0.0)))
            below[float(at_s)] = float(value)
    most = max((count for _, _, count in counts), default=1) or 1
    tall, moments = (bottom - y) / len(bounds), sorted(below)
    wide = (x + width - left) / len(moments)
    parts = [
        f'<rect x="{_number(left + moments.index(at_s) * wide)}" y="{_number(bottom - (row + 1) * tall)}" width="{_number(wide)}"'
        f' height="{_number(tall)}" fill="{COLOURS["blue"]}" fill-opacity="{math.sqrt(count / most):.2f}"/>'
        for row, at_s, count in counts
        if count > 0
    ]
    for row, (bound, _) in enumerate(bounds):
        if row % 3 == 0 and math.isfinite(bound):
            parts.append(_text(left - 5, bottom - row * tall, _formatted(bound, "s"), size=10, colour=PALE, anchor="end"))  # fmt: skip
    return "".join(parts + _times(left, x + width, bottom + 13, span_s))


def _state_timeline(panel: Json, answers: Sequence[Any], place: Place, span_s: tuple[float, float]) -> str:
    settings = panel["fieldConfig"]["defaults"]
    x, y, width, height = place
    lines = _lines(panel, answers)[:8]
    left, tall = x + width * 0.3, (height - FOOT) / max(len(lines), 1)
    parts = []
    for row, (name, points) in enumerate(lines):
        top = y + row * tall + 1
        parts.append(_text(left - 6, top + tall / 2 + 3, _shortened(name, width * 0.3 / 5.6), size=10, anchor="end"))
        for begin_s, end_s, value in _stretches(points):
            first, last = (left + (one - span_s[0]) / (span_s[1] - span_s[0]) * (x + width - left) for one in (begin_s, end_s))  # fmt: skip
            parts.append(f'<rect x="{_number(first)}" y="{_number(top)}" width="{_number(last - first)}" height="{_number(tall - 3)}" fill="{_colour_of(settings, value)}" fill-opacity="0.8"/>')  # fmt: skip
            parts.append(_text(first + 5, top + tall / 2 + 3, _word_of(settings, value), size=10, colour="#fff"))
    return "".join(parts + _times(left, x + width, y + height - 2, span_s))


def _stretches(points: Sequence[tuple[float, float]]) -> list[tuple[float, float, float]]:
    """Begin, end and value of each time in which a value stays the same."""
    found: list[tuple[float, float, float]] = []
    for at_s, value in points:
        if found and found[-1][2] == value:
            found[-1] = (found[-1][0], at_s, value)
        else:
            if found:
                found[-1] = (found[-1][0], at_s, found[-1][2])
            found.append((at_s, at_s, value))
    return found


def _table(panel: Json, answers: Sequence[Any], place: Place, _: tuple[float, float]) -> str:
    if panel["targets"][0]["datasource"]["type"] == "jaeger":
        return _failed_traces(answers[0], place)
    x, y, width, height = place
    columns = [_column(panel, number) for number in range(len(panel["targets"]))]
    rows: dict[str, dict[int, float]] = {}
    for number, answer in enumerate(answers):
        for series in answer:
            rows.setdefault(series["metric"].get("service_name", ""), {})[number] = float(series["value"][1])
    each = width / (len(columns) + 1)
    heads = ["Agent", *(title for title, _ in columns)]
    parts = [_text(x + 4 + number * each, y + 12, head, size=11, weight="bold") for number, head in enumerate(heads)]
    for row, (name, values) in enumerate(sorted(rows.items())[: int(height // 20) - 1]):
        top = y + 22 + row * 20
        parts.append(_text(x + 4, top + 13, name, size=11))
        for number, value in values.items():
            px, settings = x + (number + 1) * each, columns[number][1]
            is_judged = "custom.cellOptions" in settings and math.isfinite(value)
            if is_judged:
                parts.append(f'<rect x="{_number(px)}" y="{top}" width="{_number(each - 4)}" height="17" fill="{_colour_of(settings, value)}"/>')  # fmt: skip
            parts.append(_text(px + 4, top + 13, _word_of(settings, value) if math.isfinite(value) else "none", size=11, colour="#fff" if is_judged else INK))  # fmt: skip
    return "".join(parts)


def _column(panel: Json, number: int) -> tuple[str, Json]:
    """Title and settings of the column of a question."""
    name = f"Value #{chr(ord('A') + number)}"
    for override in panel["fieldConfig"]["overrides"]:
        if override["matcher"]["options"] == name:
            settings = {one["id"]: one["value"] for one in override["properties"]}
            return settings["displayName"], settings
    return name, panel["fieldConfig"]["defaults"]


def _failed_traces(spans: Sequence[Json], place: Place) -> str:
    x, y, width, height = place
    newest = sorted(spans, key=lambda one: -int(one["startTimeUnixNano"]))[: int(height // 18) - 1]
    cells = [("Trace", "Span", "Began", "Reason")]
    for span in newest:
        began = datetime.fromtimestamp(int(span["startTimeUnixNano"]) / 1e9, UTC).strftime("%H:%M:%S")
        cells.append((span["traceId"][:12], span["name"], began, span["status"].get("message", "")))
    edges = (0, 0.16, 0.46, 0.58)
    return "".join(
        _text(
            x + 4 + edge * width,
            y + 12 + 18 * row,
            _shortened(text, (after - edge) * width / 5.8),
            size=11,
            weight="bold" if row == 0 else "normal",
        )
        for row, line in enumerate(cells)
        for text, edge, after in zip(line, edges, (*edges[1:], 1), strict=True)
    )


def _logs(_panel: Json, answers: Sequence[Any], place: Place, _: tuple[float, float]) -> str:
    x, y, width, height = place
    newest = sorted(answers[0], key=lambda row: row["_time"], reverse=True)[: int(height // 17)]
    colours = {"ERROR": "red", "FATAL": "red", "WARN": "yellow", "INFO": "green"}
    parts = []
    for row, record in enumerate(newest):
        top = y + 17 * row
        colour = COLOURS[colours.get(record["severity_text"], "blue")]
        text = f"{record['_time'][11:19]}  {record['severity_text']}  {record['_msg'].splitlines()[0] if record['_msg'] else ''}"
        parts.append(f'<rect x="{x}" y="{top + 1}" width="3" height="13" fill="{colour}"/>')
        parts.append(_text(x + 9, top + 12, _shortened(text, (width - 9) / 6.2), size=11))
    return "".join(parts)


DRAWN = {
    "timeseries": _timeseries,
    "stat": _stat,
    "heatmap": _heatmap,
    "state-timeline": _state_timeline,
    "table": _table,
    "logs": _logs,
}
"""How each type of panel is drawn: of the panel, the answers, the place and the time."""


def _formatted(value: float, unit: str) -> str:
    """A value in its unit, as short as Grafana writes it."""
    if unit == "percentunit":
        return f"{_significant(100 * value)} %"
    if unit == "s":
        for factor, word in ((1, " s"), (1e3, " ms"), (1e6, " µs")):
            if value * factor >= 1 or factor == 1e6:  # noqa: PLR2004 - the smallest there is
                return f"{_significant(value * factor)}{word}" if value else "0 s"
    if unit in ("bytes", "Bps"):
        return _scaled(value, 1024, BYTES) + ("/s" if unit == "Bps" else "")
    if unit == "currencyUSD":
        return f"${value:.2f}"
    return _scaled(value, 1000, THOUSANDS) + ("/s" if unit in ("reqps", "ops", "cps") else "")


def _scaled(value: float, step: int, words: Sequence[str]) -> str:
    power = min(int(math.log(value, step)), len(words) - 1) if value >= 1 else 0
    return f"{_significant(value / step**power)}{words[power]}"


def _significant(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"  # noqa: PLR2004 - three digits


def _rounded_up(value: float, unit: str) -> float:
    """The next 1, 2, 4, 5 or 10 of its power of ten, and of 1024 before, so that half of it reads well."""
    kilo: float = 1024 ** int(math.log(value, 1024)) if unit in ("bytes", "Bps") and value >= 1 else 1
    power: float = kilo * 10.0 ** math.floor(math.log10(value / kilo))
    return next(step * power for step in (1, 2, 4, 5, 10) if step * power >= value * 0.999)


def _shortened(text: str, characters: float) -> str:
    return text if len(text) <= characters else f"{text[: max(int(characters) - 1, 1)]}…"


def _end_of(text: str, characters: float) -> str:
    """What a name ends with, which tells it from others: of functions their names, not their packages."""
    return text if len(text) <= characters else f"…{text[-max(int(characters) - 1, 1) :]}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _text(x: float, y: float, words: str, *, size: int, colour: str = INK, anchor: str = "start", weight: str = "normal") -> str:  # fmt: skip
    more = f' text-anchor="{anchor}"' if anchor != "start" else ""
    more += f' font-weight="{weight}"' if weight != "normal" else ""
    return f'<text x="{_number(x)}" y="{_number(y)}" font-size="{size}" fill="{colour}"{more}>{escape(words)}</text>\n'


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_number(width)} {_number(height)}" font-family="sans-serif" role="img">'
    back = f'<rect width="{_number(width)}" height="{_number(height)}" fill="#f4f5f7"/>'
    return f"{head}<title>{escape(title)}</title>{back}{_text(GAP + 4, 24, title, size=17, weight='bold')}{''.join(parts)}</svg>\n"
