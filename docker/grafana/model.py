# ruff: noqa: INP001 - a module of the script beside it, not part of a package
"""
What a dashboard is made of here, and Grafana's JSON of it.

A panel says what it asks, in which unit, and what its values mean; the meaning decides its colours, so that one colour has one
meaning on every dashboard: green is well, yellow wants a look, red is broken or lost, blue is a plain figure, grey is unknown.

`grafana-foundation-sdk` is not used: what pip takes for its newest release is one for Grafana 10, its builders know the schema and
nothing of what is shared here (colours, selection, windows), so this module would stand around it all the same. These lines say
everything we use, and Grafana's own library judges the result in the tests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from otel_agent.config.sections.metrics import MetricsSettings

INTERVAL_S = int(MetricsSettings().interval_s)
"""How often an agent sends metrics; the data source is told the same, so Grafana's window of rates holds four points."""
RATE = "$__rate_interval"
COLUMNS = 24
PROMETHEUS = {"type": "prometheus", "uid": "${prometheus}"}
JAEGER = {"type": "jaeger", "uid": "${jaeger}"}
LOGS = {"type": "victoriametrics-logs-datasource", "uid": "${logs}"}
CHOSEN = 'service_namespace=~"$namespace", service_name=~"$service", instance=~"$instance"'
"""What the variables choose; stands in every selector of an agent's metrics."""
EMPTY_IS_GOOD = "Empty is good: "
"""How the description of a panel begins that shows nothing while all is well."""
EMPTY_AT_FIRST = "Empty until there are any: "
"""How the description of a panel begins that shows what not every agent does."""


@dataclass(frozen=True)
class Meaning:
    """What values mean, and so which colours they have."""

    steps: tuple[tuple[float | None, str], ...] = ((None, "blue"),)
    """From which value on which colour; the first from the least on."""
    mode: str = "thresholds"
    """How Grafana colours: "thresholds", "fixed", or names that keep their colour, "palette-classic-by-name"."""
    texts: Mapping[int, str] = field(default_factory=dict)
    """Words in the place of values."""
    draws_limits: bool = False
    """Whether the steps are drawn as lines."""


FIGURE = Meaning()
"""Neither good nor bad."""
NAMED = Meaning(mode="palette-classic-by-name")
"""Many lines, neither good nor bad."""
FAILED_SHARE = Meaning(((None, "green"), (0.01, "yellow"), (0.05, "red")))
"""A share of calls that failed: red from 5 %, as the rule ErrorRatioHigh has it."""
LOST = Meaning(((None, "green"), (1e-9, "red")))
"""Failures and losses: none is well, any is not."""
FAILURES = Meaning(((None, "red"),), mode="shades")
"""Lines of which each is a failure."""
USED_SHARE = Meaning(((None, "green"), (0.8, "yellow"), (0.9, "red")), draws_limits=True)
"""A share of what there is: full is not well."""
HIT_SHARE = Meaning(((None, "red"), (0.5, "yellow"), (0.8, "green")))
"""A share of lookups that were answered."""
WELL = Meaning(((None, "red"), (1, "green")), texts={0: "not well", 1: "well"})
"""1 is well, 0 is not."""
FIRING = Meaning(((None, "green"), (1, "red")), texts={0: "quiet", 1: "firing"})
"""1 fires, 0 does not."""


@dataclass(frozen=True)
class Query:
    """One question."""

    text: str
    """PromQL, `$chosen` for the selection and `$rate` for the window of rates; or LogsQL; or a service of Jaeger."""
    legend: str = ""
    """Of its lines."""


@dataclass(frozen=True)
class Panel:
    """One picture."""

    title: str
    """What is seen, as the answer to a question."""
    unit: str
    """Grafana's word for the unit: s, bytes, percentunit, short."""
    queries: tuple[Query, ...]
    """What it asks."""
    kind: str = "timeseries"
    """Grafana's type of panel."""
    width: int = 8
    """In columns of 24."""
    height: int = 7
    """In rows."""
    about: str = ""
    """What to do when it looks bad; `EMPTY_IS_GOOD` or `EMPTY_AT_FIRST` at its beginning when it may be empty."""
    meaning: Meaning = NAMED
    """Of its values."""
    source: Mapping[str, str] = field(default_factory=lambda: PROMETHEUS)
    """Whom it asks."""
    at_most: float | None = None
    """The greatest value there can be."""
    tags: str = ""
    """Of a search in Jaeger."""
    columns: Mapping[str, tuple[str, str, Meaning]] = field(default_factory=dict)
    """Of a table: by the legend of a query, the title, the unit and the meaning of its column."""


@dataclass(frozen=True)
class Dashboard:
    """Rows of panels."""

    uid: str
    """Its address."""
    title: str
    """Its name."""
    about: str
    """What it is for."""
    rows: tuple[tuple[str, tuple[Panel, ...]], ...]
    """Title and panels of each row."""
    variables: tuple[str, ...] = ("namespace", "service", "instance")
    """What can be chosen at the top; prices as "price_in" and "price_out"."""
    is_of_one: bool = False
    """Whether one service is chosen, not many."""


def build(dashboard: Dashboard) -> dict[str, Any]:
    """
    Lay the panels out.

    Args:
        dashboard: What to show.

    Returns:
        A dashboard in Grafana's JSON model.
    """
    panels: list[dict[str, Any]] = []
    top = 0
    for title, row in dashboard.rows:
        place = {"x": 0, "y": top, "w": COLUMNS, "h": 1}
        panels.append({"type": "row", "title": title, "collapsed": False, "gridPos": place, "panels": []})
        top += 1
        left = height = 0
        for panel in row:
            if left + panel.width > COLUMNS:
                left, top, height = 0, top + height, 0
            panels.append(_panel(panel, {"x": left, "y": top, "w": panel.width, "h": panel.height}))
            left, height = left + panel.width, max(height, panel.height)
        top += height
    for number, one in enumerate(panels, start=1):
        one["id"] = number
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.about,
        "tags": ["otel-agent"],
        "schemaVersion": 41,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "links": [_link_to_others()],
        "annotations": {"list": _annotations()},
        "templating": {"list": _variables(dashboard)},
        "panels": panels,
    }


def _panel(panel: Panel, place: Mapping[str, int]) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit, "custom": _custom(panel), **_colours(panel.meaning)}
    if panel.kind not in ("table", "logs"):
        defaults["min"] = 0
    if panel.at_most is not None:
        defaults["max"] = panel.at_most
    if panel.about.startswith((EMPTY_IS_GOOD, EMPTY_AT_FIRST)):
        defaults["noValue"] = "none"
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": dict(panel.source),
        "gridPos": dict(place),
        "fieldConfig": {"defaults": defaults, "overrides": _overrides(panel)},
        "options": _options(panel),
        "transformations": _transformations(panel),
        "targets": [_target(panel, query, chr(ord("A") + number)) for number, query in enumerate(panel.queries)],
    }


def _colours(meaning: Meaning) -> dict[str, Any]:
    steps = [{"value": value, "color": colour} for value, colour in meaning.steps]
    colour: dict[str, Any] = {"mode": meaning.mode}
    if meaning.mode == "shades":
        colour["fixedColor"] = meaning.steps[0][1]
    options = {
        str(value): {"text": text, "color": _colour_of(meaning, value), "index": index}
        for index, (value, text) in enumerate(meaning.texts.items())
    }
    mappings = [{"type": "value", "options": options}] if options else []
    return {"color": colour, "thresholds": {"mode": "absolute", "steps": steps}, "mappings": mappings}


def _colour_of(meaning: Meaning, value: float) -> str:
    return [colour for least, colour in meaning.steps if least is None or value >= least][-1]


def _custom(panel: Panel) -> dict[str, Any]:
    if panel.kind == "timeseries":
        lines = {"thresholdsStyle": {"mode": "dashed"}} if panel.meaning.draws_limits else {}
        # A gap is drawn when three points in a row are missing.
        gap_ms = 3 * INTERVAL_S * 1000
        return {"fillOpacity": 10, "lineWidth": 1, "showPoints": "auto", "spanNulls": gap_ms, **lines}
    return {"fillOpacity": 80} if panel.kind == "state-timeline" else {}


def _options(panel: Panel) -> dict[str, Any]:
    legend = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
    options: dict[str, dict[str, Any]] = {
        "timeseries": {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}},
        "stat": {
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "colorMode": "value",
            "graphMode": "area",
            "textMode": "auto",
        },
        "gauge": {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}},
        "state-timeline": {"mergeValues": True, "showValue": "auto", "legend": legend},
        "heatmap": {
            "calculate": False,
            "color": {
                "mode": "scheme",
                "scheme": "Blues",
                "steps": 64,
                "exponent": 0.5,
                "fill": "dark-orange",
                "reverse": False,
            },
            "exemplars": {"color": "rgba(255,0,255,0.7)"},
            "yAxis": {"unit": panel.unit},
        },
        "table": {"showHeader": True},
        "logs": {"showTime": True, "wrapLogMessage": True, "enableLogDetails": True, "sortOrder": "Descending"},
    }
    return options[panel.kind]


def _target(panel: Panel, query: Query, name: str) -> dict[str, Any]:
    target: dict[str, Any] = {"refId": name, "datasource": dict(panel.source)}
    if panel.source == JAEGER:
        return target | {
            "queryType": "search",
            "service": query.text,
            "limit": 20,
            **({"tags": panel.tags} if panel.tags else {}),
        }
    if panel.source == LOGS:
        return target | {
            "expr": query.text,
            "queryType": "instant" if panel.kind == "logs" else "statsRange",
            "legendFormat": query.legend,
            "maxLines": 500,
        }
    shape = {"heatmap": "heatmap", "table": "table"}.get(panel.kind, "time_series")
    return target | {
        "editorMode": "code",
        "expr": query.text.replace("$chosen", CHOSEN).replace("$rate", RATE),
        "legendFormat": "{{le}}" if shape == "heatmap" else query.legend,
        "format": shape,
        "instant": shape == "table",
        "range": shape != "table",
        "exemplar": "_bucket" in query.text,
    }


def _overrides(panel: Panel) -> list[dict[str, Any]]:
    names = [query.legend for query in panel.queries]
    found = []
    for legend, (title, unit, meaning) in panel.columns.items():
        value = f"Value #{chr(ord('A') + names.index(legend))}" if len(names) > 1 else "Value"
        settings = {"displayName": title, "unit": unit, **_colours(meaning)}
        if meaning.mode == "thresholds" and meaning.steps != FIGURE.steps:
            settings["custom.cellOptions"] = {"type": "color-background", "mode": "basic"}
        found.append(
            {
                "matcher": {"id": "byName", "options": value},
                "properties": [{"id": key, "value": one} for key, one in settings.items()],
            }
        )
    if panel.columns:
        link = {
            "title": "Show this agent",
            "url": "/d/otel-agent?var-service=${__data.fields.service_name}&${__url_time_range}",
        }
        found.append(
            {
                "matcher": {"id": "byName", "options": "service_name"},
                "properties": [{"id": "displayName", "value": "Agent"}, {"id": "links", "value": [link]}],
            }
        )
    return found


def _transformations(panel: Panel) -> list[dict[str, Any]]:
    if not panel.columns:
        return []
    return [
        {"id": "merge", "options": {}},
        {
            "id": "organize",
            "options": {"excludeByName": {"Time": True, "job": True}, "indexByName": {}, "renameByName": {}},
        },
    ]


def _annotations() -> list[dict[str, Any]]:
    return [
        {
            "name": "Starts and deployments",
            "datasource": PROMETHEUS,
            "enable": True,
            "iconColor": "blue",
            "expr": f"max by (service_name, service_version) (process_uptime_seconds{{{CHOSEN}}}) < {2 * INTERVAL_S}",
            "step": f"{INTERVAL_S}s",
            "titleFormat": "{{service_name}} {{service_version}} started",
        },
        {
            "name": "Alerts",
            "datasource": PROMETHEUS,
            "enable": True,
            "iconColor": "red",
            "expr": 'max by (alertname, job) (ALERTS{alertstate="firing", severity!="none"})',
            "step": f"{INTERVAL_S}s",
            "titleFormat": "{{alertname}} {{job}}",
        },
    ]


def _link_to_others() -> dict[str, Any]:
    return {
        "title": "otel-agent",
        "type": "dashboards",
        "tags": ["otel-agent"],
        "icon": "dashboard",
        "tooltip": "",
        "targetBlank": False,
        "asDropdown": True,
        "includeVars": True,
        "keepTime": True,
    }


def _variables(dashboard: Dashboard) -> list[dict[str, Any]]:
    sources = [
        {
            "type": "datasource",
            "name": name,
            "label": label,
            "query": kind,
            "current": {"text": label, "value": uid},
            "hide": 2,
        }
        for name, label, kind, uid in (
            ("prometheus", "Prometheus", "prometheus", "prometheus"),
            ("jaeger", "Jaeger", "jaeger", "jaeger"),
            ("logs", "VictoriaLogs", LOGS["type"], "victorialogs"),
        )
    ]
    known: Mapping[str, Sequence[str]] = {
        "namespace": ("Namespace", "label_values(process_uptime_seconds, service_namespace)"),
        "service": ("Agent", 'label_values(process_uptime_seconds{service_namespace=~"$namespace"}, service_name)'),
        "instance": ("Instance", 'label_values(process_uptime_seconds{service_name=~"$service"}, instance)'),
    }
    prices = {"price_in": ("Price of a million tokens in", "3"), "price_out": ("Price of a million tokens out", "15")}
    chosen = []
    for name in dashboard.variables:
        if name in prices:
            label, value = prices[name]
            chosen.append(
                {
                    "type": "textbox",
                    "name": name,
                    "label": label,
                    "query": value,
                    "current": {"text": value, "value": value},
                }
            )
            continue
        label, query = known[name]
        is_multi = not (name == "service" and dashboard.is_of_one)
        chosen.append(
            {
                "type": "query",
                "name": name,
                "label": label,
                "datasource": PROMETHEUS,
                "query": {"query": query, "refId": name, "qryType": 1},
                "refresh": 2,
                "sort": 1,
                "multi": is_multi,
                "includeAll": is_multi,
                **({"allValue": ".*", "current": {"text": "All", "value": "$__all"}} if is_multi else {}),
            }
        )
    return [*sources, *chosen]
