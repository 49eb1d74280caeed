"""The way in: sources, their order, and what is said about them."""

from pathlib import Path

import pytest

from otel_agent.config.loading import load
from otel_agent.config.model import Config
from otel_agent.errors import ConfigurationError


def test_nothing_given_is_the_model_s_defaults(tmp_path: Path) -> None:
    """Without arguments, variables and files the tree is the model's own, but for the name of the script."""
    loaded = load({}, environ={}, directory=tmp_path, script="/opt/trader.py")

    assert Config().export == loaded.config.export
    assert "trader" == loaded.config.service.name
    assert ((), ()) == (loaded.problems, loaded.warnings)
    assert {"default", "name of the script"} == set(loaded.origins.values())


def test_sources_win_in_the_promised_order(tmp_path: Path) -> None:
    """Argument, OTEL_AGENT_, OTEL_, overlay, file: each wins over those after it."""
    (tmp_path / "otel-agent.yaml").write_text(
        "service: {name: e, version: e, namespace: e, environment: x}\nstrict: true"
    )
    (tmp_path / "otel-agent.x.yaml").write_text("service: {name: d, version: d}\n")
    environ = {"OTEL_AGENT_SERVICE__NAME": "b", "OTEL_SERVICE_NAME": "c"}

    loaded = load({"service_name": "a"}, environ=environ, directory=tmp_path)
    assert "a" == loaded.config.service.name
    assert "b" == load({}, environ=environ, directory=tmp_path).config.service.name
    assert "c" == load({}, environ={"OTEL_SERVICE_NAME": "c"}, directory=tmp_path).config.service.name
    assert ("d", "d", "e") == (
        load({}, environ={}, directory=tmp_path).config.service.name,
        loaded.config.service.version,
        loaded.config.service.namespace,
    )
    assert {
        "service.name": "argument service_name",
        "service.version": "otel-agent.x.yaml:1",
        "service.namespace": "otel-agent.yaml:1",
        "strict": "otel-agent.yaml:2",
        "health.port": "default",
    }.items() <= loaded.origins.items()


def test_a_line_about_a_setting_gets_its_place(tmp_path: Path) -> None:
    """As deep as the file has it; other lines stay as they are."""
    (tmp_path / "otel-agent.yaml").write_text("alerts:\n  routes:\n    - {to: desk}\n")
    loaded = load({}, environ={}, directory=tmp_path)

    assert [
        "otel-agent.yaml:3: alerts.routes[0].to: 'desk' is no notifier",
        "r.yml:3: group 'g'",
        "no colon",
    ] == list(map(loaded.located, ["alerts.routes[0].to: 'desk' is no notifier", "r.yml:3: group 'g'", "no colon"]))


def test_strict_raises_all_mistakes_together(tmp_path: Path) -> None:
    """Only when there are mistakes, and only when it is on; warnings are none."""
    loaded = load({"strict": True, "config": {"health": {"port": "x", "prt": 1}}}, environ={}, directory=tmp_path)

    with pytest.raises(ConfigurationError, match=r"health\.port") as caught:
        loaded.raise_if_strict()
    assert 2 == len(caught.value.problems)
    load({"config": {"health": {"port": "x"}}}, environ={}, directory=tmp_path).raise_if_strict()
    load({"strict": True, "health": "0.0.0.0:1"}, environ={}, directory=tmp_path).raise_if_strict()
