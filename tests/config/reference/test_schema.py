"""The JSON Schema is made from the model and says what the loader does."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import to_builtins

from otel_agent.config.model import Config
from otel_agent.config.reference.schema import schema
from otel_agent.config.tree import leaves


def fits(rule: Any, value: Any) -> bool:
    """Whether a value fits a schema; as much of draft 7 as ours uses."""
    import re

    if rule is True:
        return True
    if "$ref" in rule:
        return fits(schema()["definitions"][rule["$ref"].removeprefix("#/definitions/")], value)
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
        "minItems": lambda least: not isinstance(value, list) or len(value) >= least,
        "minProperties": lambda least: not isinstance(value, dict) or len(value) >= least,
        "maxProperties": lambda most: not isinstance(value, dict) or len(value) <= most,
        "exclusiveMaximum": lambda most: not isinstance(value, int | float) or value < most,
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
            "rules": [
                {"absent": {"name": "A", "metric": "x", "hold": "1m", "labels": {"n": 1}}},
                {"threshold": {"name": "B", "metric": "x", "above": "250ms"}},
                {"burn_rate": {"name": "C", "objective": "${GOAL}", "span": "s"}},
            ],
            "notifiers": {"a": {"webhook": "b"}, "c": {"webhook": {"url": "d", "timeout": 5}}, "e": {"log": {}}},
            "routes": [{"to": "a", "continue": True}],
            "inhibit": [{"when": {"a": "b"}, "mute": {"c": "d"}}],
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
    {"alerts": {"rules": [{"absent": {"name": "A"}}]}},
    {"alerts": {"rules": [{"absent": {"name": "A", "metric": "x"}, "exception": {"name": "B", "type": "C"}}]}},
    {"alerts": {"rules": [{}]}},
    {"alerts": {"rules": [{"absent": {"name": "a b", "metric": "x"}}]}},
    {"alerts": {"rules": [{"absent": {"name": "A", "metric": 3}}]}},
    {"alerts": {"rules": [{"burn_rate": {"name": "A", "objective": 100, "span": "s"}}]}},
    {"alerts": {"notifiers": {"a": {"pager": {}}}}},
    {"alerts": {"routes": [{"to": []}]}},
    {"alerts": {"routes": [{"to": ["a"], "repeat": "1 hour"}]}},
    {"alerts": {"inhibit": [{"when": {}, "mute": {"a": "b"}}]}},
    {"alerts": {"overrides": {"A": {"no_data": "maybe"}}}},
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


def test_what_stands_in_lists_is_described_once() -> None:
    """Rules, notifiers, routes and files, with every key they take."""
    definitions = schema()["definitions"]

    assert {"ThresholdRuleSettings", "WebhookSettings", "RouteSettings", "LogFileSettings"} <= set(definitions)
    assert "continue" in definitions["RouteSettings"]["properties"]
    assert all(rule["description"] for one in definitions.values() for rule in one["properties"].values())
