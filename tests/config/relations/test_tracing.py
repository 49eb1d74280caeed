"""Resource, sampling and propagation: settings that depend on each other."""

from typing import Any

import pytest
from relations_rig import about, with_config


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"sampling": {"sampler": "always_on", "ratio": 0.5}}, ["sampling.ratio"]),
        ({"sampling": {"sampler": "always_on", "argument": "1"}}, ["sampling.argument"]),
        ({"sampling": {"argument": "1"}}, ["sampling.argument"]),
        ({"instrument": {"min_duration_s": 1, "modules": False}}, ["instrument.min_duration_s"]),
        ({"propagators": ["none", "baggage"]}, ["propagators"]),
        (
            {"resource": {"attributes": {"service.name": "a"}}, "service": {"name": "b"}},
            ["resource.attributes.service.name"],
        ),
    ],
    ids=str,
)
def test_what_surprises_is_said_by_name(config: dict[str, Any], expected: list[str]) -> None:
    """A setting without effect, or with one that is easily overlooked, is in exactly one warning."""
    loaded = with_config(config)

    assert (expected, ()) == (about(loaded), loaded.problems)


def test_an_attribute_with_a_setting_of_its_own_is_that_setting() -> None:
    """`service.name` among the resource attributes names the service."""
    loaded = with_config({"resource": {"attributes": {"service.name": "a", "service.version": 2, "b": 1}}})

    assert ("a", "2", {"b": 1}) == (
        loaded.config.service.name,
        loaded.config.service.version,
        loaded.config.resource.attributes,
    )
    assert ((), ()) == (loaded.problems, loaded.warnings)


def test_an_installed_entry_point_is_a_sampler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that are not built in are looked up among what is installed."""
    from importlib import metadata

    point = metadata.EntryPoint("mine", "a:b", "opentelemetry_traces_sampler")
    monkeypatch.setattr(metadata, "entry_points", lambda group: [point] if group == point.group else [])

    assert () == with_config({"sampling": {"sampler": "mine", "argument": "anything"}}).problems
    assert "did you mean mine?" in with_config({"sampling": {"sampler": "minee"}}).problems[0]
