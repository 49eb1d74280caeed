"""Findings as people read them."""

from typing import get_args, get_type_hints

from otel_agent.catalog import ATTRIBUTES
from otel_agent.config.sections.alert_rules import FindingRuleSettings
from otel_agent.config.sections.insight import FindingRulesSettings
from otel_agent.insight.findings import RULES, Finding, fingerprint_of

FINDING = Finding(
    "cacheable",
    "bonds.price",
    "bonds.py:16",
    {"calls": 400, "repeats": 0.985},
    12.34,
    0.9,
    "Decorate it with `otel_agent.cached`.",
)


def test_a_finding_is_one_line_that_names_rule_place_and_fix() -> None:
    """So it can be logged, printed, and searched for."""
    assert (
        "cacheable at bonds.py:16: bonds.price: calls 400, repeats 0.985. Decorate it with `otel_agent.cached`."
        " (saves 12 s a minute)" == str(FINDING)
    )


def test_a_fingerprint_tells_rule_subject_and_place_apart() -> None:
    """Moving a letter from one to the next makes another finding."""
    assert fingerprint_of("a", "b", "c") == fingerprint_of("a", "b", "c")
    assert 3 == len({fingerprint_of("a", "b", "c"), fingerprint_of("ab", "", "c"), fingerprint_of("a", "bc", "")})


def test_every_rule_can_be_switched_off_and_is_in_the_catalogue() -> None:
    """Names of rules are the same in findings, settings and telemetry."""
    assert list(RULES) == list(FindingRulesSettings.__struct_fields__)
    assert tuple(RULES) == ATTRIBUTES["agent.finding.rule"].values


def test_every_rule_can_be_an_alert() -> None:
    """The settings of alerts name the same rules."""
    named, _ = get_args(get_type_hints(FindingRuleSettings)["rule"])

    assert tuple(RULES) == get_args(named)


def test_a_finding_as_plain_values_has_every_field() -> None:
    """JSON has them all."""
    assert set(Finding.__dataclass_fields__) == set(FINDING.as_dict())
