"""Files: overlays, OpenTelemetry's declarative file, and what paths in them are relative to."""

from pathlib import Path

import pytest

from otel_agent.config.loading import load

DECLARATIVE = """\
file_format: "1.0"
tracer_provider:
  processors: [{batch: {exporter: {otlp_http: {endpoint: "${SOMETHING_ELSE}"}}}}]
"""
OURS = "health: {port: 80}\nmetrics: {interval_s: 5, prcess: true}\nservice: {name: '${NAME}'}\n"


def test_a_declarative_file_and_our_own_give_the_same(tmp_path: Path) -> None:
    """The same keys under `distribution`; the rest of the file, references included, is left alone."""
    (tmp_path / "own.yaml").write_text(OURS)
    inner = "".join(f"    {line}\n" for line in OURS.splitlines())
    (tmp_path / "sdk.yaml").write_text(f"{DECLARATIVE}distribution:\n  otel-agent:\n{inner}")

    own = load({"config": "own.yaml"}, environ={"NAME": "a"}, directory=tmp_path)
    named = load({}, environ={"OTEL_CONFIG_FILE": "sdk.yaml", "NAME": "a"}, directory=tmp_path)
    assert own.config == named.config
    assert ("own.yaml:2: metrics.prcess: ", "sdk.yaml:7: metrics.prcess: ") == (
        own.problems[0][:28],
        named.problems[0][:28],
    )
    assert "sdk.yaml:6" == named.origins["health.port"]


def test_a_declarative_file_without_our_part_leaves_our_own_file(tmp_path: Path) -> None:
    """Then `otel-agent.yaml` is read as always; `OTEL_AGENT_CONFIG` wins over both."""
    (tmp_path / "sdk.yaml").write_text(DECLARATIVE)
    (tmp_path / "otel-agent.yaml").write_text("service: {name: a}")
    (tmp_path / "other.yaml").write_text("service: {name: b}")

    environ = {"OTEL_CONFIG_FILE": "sdk.yaml"}
    assert "a" == load({}, environ=environ, directory=tmp_path).config.service.name
    assert (
        "b" == load({}, environ={**environ, "OTEL_AGENT_CONFIG": "other.yaml"}, directory=tmp_path).config.service.name
    )
    assert "b" == load({"config": tmp_path / "other.yaml"}, environ=environ, directory=tmp_path).config.service.name


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        ({"environment": "x"}, {}),
        ({}, {"OTEL_AGENT_ENVIRONMENT": "x"}),
        ({}, {"OTEL_AGENT_SERVICE__ENVIRONMENT": "x"}),
        ({}, {"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=x"}),
        ({}, {"STAGE": "x"}),
    ],
)
def test_whatever_names_the_environment_chooses_the_overlay(
    tmp_path: Path, arguments: dict[str, str], environ: dict[str, str]
) -> None:
    """Argument, variables, or the file itself; the overlay stands beside the file and has its name."""
    inner = tmp_path / "conf"
    inner.mkdir()
    (inner / "mine.yaml").write_text('service: {environment: "${STAGE:-y}"}')
    (inner / "mine.x.yaml").write_text("service: {name: from-x}")

    loaded = load({"config": "conf/mine.yaml", **arguments}, environ=environ, directory=tmp_path)
    assert ("from-x", "x") == (loaded.config.service.name, loaded.config.service.environment)
    assert ("conf/mine.x.yaml", "conf/mine.yaml") == loaded.files


def test_an_environment_without_an_overlay_is_only_a_name(tmp_path: Path) -> None:
    """A file for every environment is not needed; a name that cannot be part of a file's name is said."""
    (tmp_path / "otel-agent.yaml").write_text("{}")

    assert ((), ()) == (
        (one := load({"environment": "x"}, environ={}, directory=tmp_path)).problems,
        one.warnings,
    )
    (warning,) = load({"environment": "../x"}, environ={}, directory=tmp_path).warnings
    assert "service.environment: '../x' names no overlay file; use letters, digits, - and _" == warning


def test_paths_are_absolute_before_the_agent_changes_its_directory(tmp_path: Path) -> None:
    """What is read is beside the file that names it, what is written in the working directory."""
    inner = tmp_path / "conf"
    inner.mkdir()
    (inner / "c.yaml").write_text(
        "alerts: {rule_files: [rules/*.yml], state_file: state}\nlogs: {files: [{path: a.log}]}\nspool: {directory: s}"
    )
    config = load({"config": "conf/c.yaml"}, environ={}, directory=tmp_path).config

    assert (f"{inner}/rules/*.yml",) == config.alerts.rule_files
    assert [f"{tmp_path}/state", f"{tmp_path}/a.log", f"{tmp_path}/s"] == [
        config.alerts.state_file,
        config.logs.files[0].path,
        config.spool.directory,
    ]
    assert f"{tmp_path}/s" == load({"spool": "s"}, environ={}, directory=tmp_path).config.spool.directory


@pytest.mark.parametrize(
    ("name", "hint"),
    [("accpetance", "did you mean acceptance?"), ("dev", "there are overlays for acceptance, live"), ("live", None)],
)
def test_an_environment_without_an_overlay_is_said_where_others_have_one(
    name: str, hint: str | None, tmp_path: Path
) -> None:
    """Two letters changed round would otherwise leave every setting of that environment away, in silence."""
    (tmp_path / "otel-agent.yaml").write_text("service: {name: mill}")
    (tmp_path / "otel-agent.acceptance.yaml").write_text("metrics: {interval_s: 20}")
    (tmp_path / "otel-agent.live.yaml").write_text("metrics: {interval_s: 30}")
    loaded = load({"environment": name}, environ={}, directory=tmp_path)

    assert [] == [line for line in loaded.problems if "overlay" in line]
    assert ([] if hint is None else [True]) == [
        f"no overlay file otel-agent.{name}.yaml for {name}; {hint}" in line for line in loaded.warnings
    ]


def test_an_environment_may_do_without_overlays(tmp_path: Path) -> None:
    """Where there are none, its name says where the agent runs and nothing more."""
    (tmp_path / "otel-agent.yaml").write_text("service: {name: mill}")

    assert () == load({"environment": "production"}, environ={}, directory=tmp_path).warnings
