"""Arguments of `init`."""

import inspect
from pathlib import Path
from typing import Any

import pytest

from otel_agent.config.loading import Loaded, load
from otel_agent.config.sections.alerts import AlertsSettings
from otel_agent.config.sources.arguments import PATHS


def given(**arguments: Any) -> Loaded:
    """The configuration of arguments."""
    return load(arguments, environ={}, directory="/nowhere", script="s.py")


@pytest.mark.parametrize(
    ("health", "port", "host"),
    [
        (8080, 8080, "127.0.0.1"),
        (0, 0, "127.0.0.1"),
        ("8080", 8080, "127.0.0.1"),
        ("0.0.0.0:8080", 8080, "0.0.0.0"),
        ("[::1]:8080", 8080, "::1"),
        (False, None, "127.0.0.1"),
        (None, None, "127.0.0.1"),
    ],
)
def test_health_is_a_port_an_address_or_nothing(health: Any, port: int | None, host: str) -> None:
    """Of an address in brackets the brackets are notation."""
    loaded = given(health=health)

    assert ((port, host), ()) == ((loaded.config.health.port, loaded.config.health.host), loaded.problems)


@pytest.mark.parametrize("health", [True, "here", ":8080", "a:b", 70_000, -1, 1.5, ["8080"], "1:99999999999"])
def test_what_is_no_port_is_said(health: Any) -> None:
    """One line that names the argument."""
    loaded = given(health=health)

    assert (None, 1) == (loaded.config.health.port, len(loaded.problems))
    assert loaded.problems[0].startswith("argument health: health")


def test_alerts_are_files_or_rules_or_both() -> None:
    """A path, several, rules in shorthand, or a mixture; False judges nothing."""
    rule = {"exception": {"name": "A", "type": "B"}}

    def names(found: AlertsSettings) -> list[str]:
        return [one.chosen[1].name for one in found.rules]

    assert ("/nowhere/a.yml",) == given(alerts="a.yml").config.alerts.rule_files
    assert ("/nowhere/a.yml", "/b.yml") == given(alerts=["a.yml", Path("/b.yml")]).config.alerts.rule_files
    assert ["A"] == names(given(alerts=rule).config.alerts)
    mixed = given(alerts=["a.yml", rule]).config.alerts
    assert (("/nowhere/a.yml",), ["A"]) == (mixed.rule_files, names(mixed))
    assert not given(alerts=False).config.alerts.enabled
    assert ("argument alerts: alerts: expected paths of rule files or rules, found a int",) == given(alerts=7).problems


def test_a_directory_switches_the_spool_on(tmp_path: Path) -> None:
    """Whatever a file says; True and False only switch it."""
    (tmp_path / "otel-agent.yaml").write_text("spool: {enabled: false, directory: /a}")

    def spool(value: Any) -> tuple[bool, str | None]:
        config = load({"spool": value}, environ={}, directory=tmp_path).config
        return config.spool.enabled, config.spool.directory

    assert [(False, "/a"), (True, "/a"), (False, "/a"), (True, "/b")] == [
        spool(value) for value in (None, True, False, Path("/b"))
    ]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"service_name": 7}, "argument service_name: service.name: expected a string that is not empty, found 7"),
        ({"protocol": "http"}, "argument protocol: export.protocol: expected one of http/protobuf, grpc, found 'http'"),
        (
            {"headers": {"a": 1}},
            "argument headers: export.headers.a: expected a string of printable ASCII characters, found a whole number",
        ),
        (
            {"headers": ["a"]},
            "argument headers: export.headers: expected a mapping, each value a string of printable ASCII characters, found a list",
        ),
        ({"export": "jaeger"}, "argument export: export.to: expected one of otlp, console, file, none, found 'jaeger'"),
        ({"strict": "yes"}, "argument strict: strict: expected a boolean (true or false), found 'yes'"),
        (
            {"metrics_interval_s": "5"},
            "argument metrics_interval_s: metrics.interval_s: expected a number above 0, found '5'; write it without quotes",
        ),
        (
            {"trace_modules": [1]},
            "argument trace_modules: instrument.modules[0]: expected a name of a module such as trader, trader.* or !trader.feed, found 1",
        ),
        ({"config": 7}, "argument config: expected a path or a mapping, found a int"),
        ({"config": {"helth": {}}}, "argument config: helth: unknown key, did you mean health?"),
        ({"config": "x\0y"}, "/nowhere/x\\x00y: cannot be read: embedded null byte"),
        ({"colour": 1}, "argument colour: unknown argument"),
    ],
    ids=str,
)
def test_a_wrong_argument_is_named(arguments: dict[str, Any], problem: str) -> None:
    """One line that says which, what was expected and what was found."""
    assert [problem.replace("/nowhere/", "")] == [line.replace("/nowhere/", "") for line in given(**arguments).problems]


def test_every_argument_of_init_is_known() -> None:
    """Each of them decides something, none is passed over."""
    import otel_agent

    names = set(inspect.signature(otel_agent.init).parameters)

    assert names == {*PATHS, "config", "alerts", "health", "spool"}
