"""Argument, `OTEL_AGENT_`, `OTEL_`, overlay, file, default: the first that has a setting decides it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from leaf_values import in_variable, in_yaml, plain, values

from otel_agent.config.loading import Loaded, load
from otel_agent.config.sources.arguments import PATHS
from otel_agent.config.sources.tables import MILLISECONDS, TEXTS
from otel_agent.config.tree import leaves

SPLIT: dict[str, Callable[[Any], dict[str, Any]]] = {
    "health.port": lambda value: {"health": value},
    "spool.directory": lambda value: {"spool": value},
    "spool.enabled": lambda value: {"spool": value},
    "alerts.enabled": lambda value: {"alerts": value},
    "alerts.rules": lambda value: {"alerts": plain(value)},
    "alerts.rule_files": lambda value: {"alerts": value},
}
"""Arguments that stand for several settings."""


def as_argument(path: str) -> Callable[[Any], dict[str, Any]] | None:
    """How `init` is given a setting; None when it has no argument for it."""
    name = next((name for name, one in PATHS.items() if one == path), None)
    return (lambda value: {name: value}) if name is not None else SPLIT.get(path)


def at(loaded: Loaded, path: str) -> Any:
    """A setting of a configuration."""
    value: Any = loaded.config
    for name in path.split("."):
        value = getattr(value, name)
    return value


def in_section(path: str, text: str) -> str:
    """A file that has one setting, in flow style."""
    for name in reversed(path.split(".")):
        text = f"{{{name}: {text}}}"
    return text


@pytest.mark.parametrize("path", leaves())
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_strongest_source_decides(path: str, tmp_path: Path, data: st.DataObject) -> None:
    """For every setting and any set of sources, value and origin are those of the strongest."""
    leaf, argument = leaves()[path], as_argument(path)
    sources = ["variable", "overlay", "file"]
    sources += ["argument"] if argument is not None else []
    sources += ["specification"] if path in TEXTS else ["milliseconds"] if path in MILLISECONDS else []
    chosen = data.draw(st.sets(st.sampled_from(sources)))
    drawn = {source: data.draw(values(path, leaf.kind)) for source in sources}

    arguments: dict[str, Any] = {}
    environ = {"OTEL_AGENT_ENVIRONMENT": "x"}
    expected, origin = leaf.default, "default"
    for name in ("file", "overlay"):
        (tmp_path / ("otel-agent.yaml" if name == "file" else "otel-agent.x.yaml")).write_text(
            in_section(path, in_yaml(drawn[name])) if name in chosen else ""
        )
    for source in ("file", "overlay", "milliseconds", "specification", "variable", "argument"):
        if source not in chosen:
            continue
        expected = drawn[source]
        if source == "argument" and argument is not None:
            arguments = argument(expected)
            origin = f"argument {next(iter(arguments))}"
        elif source == "variable":
            environ[leaf.variable] = in_variable(expected)
            origin = f"environment {leaf.variable}"
        elif source in ("specification", "milliseconds"):
            name = TEXTS[path][0] if source == "specification" else MILLISECONDS[path][0]
            environ[name] = in_variable(expected) if source == "specification" else f"{expected * 1000:.12g}"
            origin = f"environment {name}"
        else:
            origin = "otel-agent.yaml:1" if source == "file" else "otel-agent.x.yaml:1"
    if path == "service.environment" and not {"variable", "argument"} & chosen:
        expected, origin = "x", "environment OTEL_AGENT_ENVIRONMENT"
    if path.endswith(("client_key", "client_certificate")) and chosen:
        # One needs the other.
        start, _, name = path.rpartition("client_")
        other = f"{start}client_{'key' if name == 'certificate' else 'certificate'}"
        environ[leaves()[other].variable] = "/nowhere/other"
    if path == "sampling.argument":
        environ["OTEL_AGENT_SAMPLING__SAMPLER"] = "traceidratio"
    if path == "service.name" and not chosen:
        origin, expected = "name of the script", "script"

    loaded = load(arguments, environ=environ, directory=tmp_path, script="script.py")
    assert (expected, origin) == (at(loaded, path), loaded.origins[path])
    assert [] == [line for line in loaded.problems if "there is no file" not in line]


def test_a_mapping_is_put_together_key_by_key(tmp_path: Path) -> None:
    """Each key comes from the strongest source that has it, in mappings within mappings too."""
    (tmp_path / "otel-agent.yaml").write_text(
        "resource: {attributes: {a: file, b: file, c: file}}\n"
        "alerts: {notifiers: {desk: {webhook: {url: 'https://a', timeout: 5s}}}}"
    )
    (tmp_path / "otel-agent.x.yaml").write_text(
        "resource: {attributes: {b: overlay, c: overlay}}\nalerts: {notifiers: {desk: {webhook: {timeout: 1s}}}}"
    )

    loaded = load({"environment": "x"}, environ={"OTEL_RESOURCE_ATTRIBUTES": "c=specification"}, directory=tmp_path)
    assert {"a": "file", "b": "overlay", "c": "specification"} == loaded.config.resource.attributes
    _, webhook = loaded.config.alerts.notifiers["desk"].chosen
    assert ("https://a", 1.0) == (webhook.url, webhook.timeout)
    assert (
        "otel-agent.yaml:1",
        "otel-agent.x.yaml:1",
        "environment OTEL_RESOURCE_ATTRIBUTES",
    ) == tuple(loaded.origins[f"resource.attributes.{name}"] for name in "abc")


def test_a_list_is_taken_whole(tmp_path: Path) -> None:
    """An overlay replaces a list, it does not add to it."""
    (tmp_path / "otel-agent.yaml").write_text("instrument: {modules: [a, b]}")
    (tmp_path / "otel-agent.x.yaml").write_text("instrument: {modules: [c]}")

    assert ("c",) == load({"environment": "x"}, environ={}, directory=tmp_path).config.instrument.modules


def test_one_value_alone_is_a_list_of_one() -> None:
    """For strings, for mappings, and from code."""
    config = load(
        {
            "export": "otlp",
            "config": {
                "instrument": {"modules": "a.*"},
                "logs": {"files": {"path": "/a"}},
                "alerts": {"rules": {"absent": {"name": "A", "metric": "x"}}},
            },
        },
        environ={},
        directory="/",
    ).config

    assert (("otlp",), ("a.*",), "/a", ["absent"]) == (
        config.export.to,
        config.instrument.modules,
        config.logs.files[0].path,
        [rule.chosen[0] for rule in config.alerts.rules],
    )


def test_an_empty_value_takes_back_what_weaker_sources_say(tmp_path: Path) -> None:
    """In an overlay for a setting and for a key of a mapping, and as `null` in a variable."""
    (tmp_path / "otel-agent.yaml").write_text(
        "metrics: {interval_s: 5}\nhealth: {port: 80}\nexport: {endpoint: 'https://a', headers: {x: 'y', z: 'w'}}"
    )
    (tmp_path / "otel-agent.x.yaml").write_text("metrics: {interval_s: }\nexport: {headers: {x: null}}")

    loaded = load({"environment": "x"}, environ={"OTEL_AGENT_HEALTH__PORT": "null"}, directory=tmp_path)
    assert (60.0, None, {"z": "w"}) == (
        loaded.config.metrics.interval_s,
        loaded.config.health.port,
        loaded.config.export.headers,
    )


def test_an_empty_mapping_takes_back_all_keys(tmp_path: Path) -> None:
    """Of the sources between, what is stronger than the empty value stays."""
    (tmp_path / "otel-agent.yaml").write_text("export: {endpoint: 'https://a', headers: {x: file}}")
    (tmp_path / "otel-agent.x.yaml").write_text("export: {headers: }")

    assert {} == load({"environment": "x"}, environ={}, directory=tmp_path).config.export.headers
    assert {"y": "argument"} == load(
        {"environment": "x", "headers": {"Y": "argument"}}, environ={}, directory=tmp_path
    ).config.export.headers


def test_the_next_source_decides_when_one_is_wrong(tmp_path: Path) -> None:
    """A mistake in a variable leaves what the file says, and is said; so is one in what a stronger source covers."""
    (tmp_path / "otel-agent.yaml").write_text("health: {port: 80}\nmetrics: {interval_s: x}")

    loaded = load({"metrics_interval_s": 5}, environ={"OTEL_AGENT_HEALTH__PORT": "many"}, directory=tmp_path)
    assert (80, 5.0) == (loaded.config.health.port, loaded.config.metrics.interval_s)
    assert [
        "environment OTEL_AGENT_HEALTH__PORT: health.port: ",
        "otel-agent.yaml:2: metrics.interval_s: ",
    ] == [line[: line.index("expected")] for line in loaded.problems]


def test_switching_off_by_argument_wins_over_the_file(tmp_path: Path) -> None:
    """`health=False` and `spool=False` mean what they say whatever a file has."""
    (tmp_path / "otel-agent.yaml").write_text("health: {port: 80}\nspool: {directory: /a}")

    config = load({"health": False, "spool": False}, environ={}, directory=tmp_path).config
    assert (None, False) == (config.health.port, config.spool.enabled)


def test_an_empty_value_is_none_where_a_setting_may_be_none(tmp_path: Path) -> None:
    """As the reference page says of thresholds; elsewhere the default counts."""
    (tmp_path / "otel-agent.yaml").write_text("health: {thresholds: {cpu: null, memory: ~, disk: false, hold_s: null}}")
    found = load({}, environ={}, directory=tmp_path).config.health.thresholds

    assert (None, None, None, 30.0) == (found.cpu, found.memory, found.disk, found.hold_s)
    assert (
        0.9
        == load(
            {"config": {"health": {"thresholds": {}}}}, environ={}, directory=Path("/")
        ).config.health.thresholds.cpu
    )
