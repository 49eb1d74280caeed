"""Reference pages and the JSON Schema are made from the model and say what the loader does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins

from otel_agent.config.documentation import described
from otel_agent.config.model import Config
from otel_agent.config.pages import PAGES
from otel_agent.config.schema import schema
from otel_agent.config.sections.export import ResolvedExportSettings
from otel_agent.config.sections.keeping import LogFileSettings
from otel_agent.config.tree import fields_of, is_section, leaves, sections

DOCS = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_current(name: str) -> None:
    """`python -m otel_agent.config NAME > docs/reference/NAME.md` changes nothing."""
    assert (DOCS / f"{name}.md").read_text() == PAGES[name]()


@pytest.mark.parametrize(
    "struct", [*sections().values(), LogFileSettings, ResolvedExportSettings], ids=lambda struct: struct.__name__
)
def test_every_field_says_what_it_means(struct: Any) -> None:
    """Meaning, unit and what None or 0 means stand below the field; one that can be None says what that means."""
    texts = described(struct)

    assert list(fields_of(struct)) == list(texts)
    assert [] == [name for name, text in texts.items() if not text.endswith(".")]
    silent = [
        name
        for name, field in fields_of(struct).items()
        if not is_section(field.kind) and field.default is None and "None" not in texts[name]
    ]
    assert [] == silent


def test_every_setting_is_on_the_pages() -> None:
    """By path on the one, by variable on the other; settings of metrics and logs share the table of traces."""
    for path, leaf in leaves().items():
        shared = path.replace("export.metrics.", "export.traces.").replace("export.logs.", "export.traces.")
        assert f"| `{shared}` |" in PAGES["configuration"]()
        assert f"| `{leaf.variable}` | `{path}` |" in PAGES["environment"]()


def fits(rule: Any, value: Any) -> bool:
    """Whether a value fits a schema; as much of draft 7 as ours uses."""
    import re

    if rule is True:
        return True
    names = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
    checks: dict[str, Callable[[Any], bool]] = {
        "anyOf": lambda options: any(fits(option, value) for option in options),
        "enum": lambda choices: value in choices,
        "type": lambda kinds: any(
            isinstance(value, int | float if kind == "number" else int) and not isinstance(value, bool)
            if kind in ("number", "integer")
            else isinstance(value, names[kind])
            for kind in ([kinds] if isinstance(kinds, str) else kinds)
        ),
        "minimum": lambda least: not isinstance(value, int | float) or value >= least,
        "maximum": lambda most: not isinstance(value, int | float) or value <= most,
        "exclusiveMinimum": lambda least: not isinstance(value, int | float) or value > least,
        "minLength": lambda least: not isinstance(value, str) or len(value) >= least,
        "pattern": lambda pattern: not isinstance(value, str) or re.search(pattern, value) is not None,
        "items": lambda inner: not isinstance(value, list) or all(fits(inner, one) for one in value),
        "required": lambda needed: not isinstance(value, dict) or set(needed) <= set(value),
        "propertyNames": lambda inner: not isinstance(value, dict) or all(fits(inner, name) for name in value),
        "properties": lambda inner: (
            not isinstance(value, dict) or all(fits(inner[name], one) for name, one in value.items() if name in inner)
        ),
        "additionalProperties": lambda inner: (
            not isinstance(value, dict)
            or (
                set(value) <= set(rule.get("properties", {}))
                if inner is False
                else all(fits(inner, one) for one in value.values())
            )
        ),
    }
    return all(check(rule[name]) for name, check in checks.items() if name in rule)


RIGHT = [
    {},
    {"service": {"name": "a", "version": 1.1}, "export": None},
    {"export": {"to": "otlp", "headers": {"x": 1, "y": "${file:a}"}, "traces": {"to": ["otlp", "file"]}}},
    {"health": {"port": False, "thresholds": {"cpu": "off", "memory": None}}},
    {"health": {"port": "${PORT:-8080}"}},
    {"logs": {"files": [{"path": "a", "backups": 0}], "console": "json"}},
    {"instrument": {"libraries": ["a"], "modules": "a.*"}},
    {"resource": {"attributes": {"a": 1, "b": True, "c": "d"}}},
    {
        "alerts": {
            "rules": [{"absent": {}}],
            "notifiers": {"a": {"webhook": "b"}},
            "overrides": {"A": {"no_data": "ok"}},
        }
    },
]
WRONG = [
    {"serivce": {}},
    {"service": {"nam": "a"}},
    {"service": []},
    {"health": {"port": "8080"}},
    {"health": {"port": 70_000}},
    {"sampling": {"ratio": 2}},
    {"metrics": {"interval_s": 0}},
    {"logs": {"files": [{"backups": 0}]}},
    {"logs": {"console": "jsn"}},
    {"export": {"headers": {"a b": "c"}}},
    {"export": {"to": ["consol"]}},
]


@pytest.mark.parametrize("config", [*RIGHT, to_builtins(Config())], ids=str)
def test_the_schema_takes_what_the_loader_takes(config: Any) -> None:
    """Shorthands, references, empty values and the defaults themselves."""
    assert fits(schema(), json.loads(json.dumps(config)))


@pytest.mark.parametrize("config", WRONG, ids=str)
def test_the_schema_refuses_what_the_loader_refuses(config: Any) -> None:
    """An editor underlines what `config check` would name."""
    assert not fits(schema(), config)


def test_the_schema_describes_every_setting() -> None:
    """Editors show the text that stands below the field."""
    rule = schema()

    for path in leaves():
        inner = rule
        for name in path.split("."):
            inner = inner["properties"][name]
        assert inner["description"]
