"""Samplers by name, and the rules by which they decide."""

from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.sdk.trace import sampling as sdk

from otel_agent.recording.sampling.samplers import (
    EVERY,
    NAMES,
    SamplerRules,
    build_sampler,
    sampler_rules_of,
)


@pytest.mark.parametrize("name", NAMES)
def test_samplers_have_the_names_of_the_environment_variable(name: str) -> None:
    """Each is the one the SDK makes of the same name, whatever its case."""
    sampler, problems = build_sampler(name=f" {name.upper()} ", argument="0.25")
    known: Any = sdk._KNOWN_SAMPLERS[name]
    expected = known if isinstance(known, sdk.Sampler) else known(0.25)

    assert () == problems
    assert expected.get_description() == sampler.get_description()


def test_a_ratio_alone_decides_at_the_root() -> None:
    """Everything, or a share by trace id; children follow."""
    assert (sdk.DEFAULT_ON, ()) == build_sampler()
    tenth: Any = sdk.ParentBasedTraceIdRatio(0.1)
    assert tenth.get_description() == build_sampler(0.1)[0].get_description()
    assert sdk.TraceIdRatioBased(1.0).get_description() == build_sampler(name="traceidratio")[0].get_description()


@pytest.mark.parametrize("argument", ["half", "1.5", "-1"])
def test_a_wrong_argument_is_said_and_everything_sampled(argument: str) -> None:
    """Losing traces to a typing error would be worse."""
    sampler, problems = build_sampler(name="traceidratio", argument=argument)

    assert 1.0 == sampler.rate  # type: ignore[attr-defined] # of the SDK's class
    assert repr(argument) in problems[0]


def test_an_unknown_sampler_is_said_with_the_known_ones() -> None:
    """One line names what was found and what there is."""
    sampler, problems = build_sampler(name="jaeger_remote_typo")

    assert sdk.DEFAULT_ON is sampler
    assert "'jaeger_remote_typo' is no sampler" in problems[0]
    assert "parentbased_traceidratio" in problems[0]


def test_samplers_of_others_come_from_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """A factory behind the SDK's entry point is given the argument; one that fails is said."""

    def factory(argument: Any) -> sdk.Sampler:
        return sdk.TraceIdRatioBased(float(argument))

    found = [
        SimpleNamespace(name="mine", load=lambda: factory),
        SimpleNamespace(name="broken", load=lambda: 1 / 0),
    ]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: found)

    assert 0.5 == build_sampler(name="mine", argument="0.5")[0].rate  # type: ignore[attr-defined] # of the SDK's class
    assert "'broken' is no sampler" in build_sampler(name="broken")[1][0]


@pytest.mark.parametrize(
    ("sampler", "expected"),
    [
        (sdk.DEFAULT_ON, SamplerRules(EVERY, True, True)),
        (sdk.DEFAULT_OFF, SamplerRules(0, True, True)),
        (sdk.ALWAYS_ON, SamplerRules(EVERY, True, False)),
        (sdk.ALWAYS_OFF, SamplerRules(0, False, True)),
        (sdk.TraceIdRatioBased(0.5), SamplerRules(1 << 63, True, True)),
        (sdk.ParentBased(sdk.ALWAYS_ON, local_parent_sampled=sdk.ALWAYS_OFF), SamplerRules(EVERY, False, True)),
        (sdk.ParentBased(sdk.AlwaysRecordSampler(sdk.ALWAYS_OFF)), SamplerRules(None, True, True)),
        (sdk.AlwaysRecordSampler(sdk.ALWAYS_OFF), SamplerRules()),
        (object(), SamplerRules()),
    ],
)
def test_the_rules_of_samplers_are_known(sampler: Any, expected: SamplerRules) -> None:
    """Only what the SDK's own classes decide by the parent and the trace id alone is taken for granted."""
    assert expected == sampler_rules_of(sampler)
