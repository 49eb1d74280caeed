"""The settings while they are being made to fit together."""

from otel_agent.config.merging import merge
from otel_agent.config.nodes import ConfigNode, Place
from otel_agent.config.problems import Problems
from otel_agent.config.relations.draft import SettingsDraft

PLACE = Place("f.yaml", "/")


def drafted(problems: Problems) -> SettingsDraft:
    """One setting given, in line 3."""
    return SettingsDraft(merge([("health.port", ConfigNode(80, PLACE, 3))], problems, "/"), problems)


def test_what_is_given_and_what_is_a_default() -> None:
    """A setting that nobody gave has its default and no origin."""
    draft = drafted(Problems())

    assert (True, False) == (draft.is_given("health.port"), draft.is_given("health.host"))
    assert (80, "127.0.0.1") == (draft.value("health.port"), draft.value("health.host"))
    assert ("f.yaml:3", "default") == (draft.origin("health.port"), draft.origin("health.host"))
    assert ["health.port"] == draft.given("health.")


def test_a_setting_is_changed_or_gets_its_default_back() -> None:
    """With where it comes from now."""
    draft = drafted(Problems())
    draft.put("metrics.collect_interval_s", 0.5, "argument x")
    draft.drop("health.port")

    assert (0.5, "argument x") == (
        draft.value("metrics.collect_interval_s"),
        draft.origin("metrics.collect_interval_s"),
    )
    assert (None, "default") == (draft.value("health.port"), draft.origin("health.port"))


def test_what_is_said_stands_where_the_setting_was_given() -> None:
    """Silent about a setting that nobody gave."""
    problems = Problems()
    draft = drafted(problems)
    draft.problem("health.port", "is taken")
    draft.warn_without_effect("health.port", "nobody asks")
    draft.warn_without_effect("health.host", "nobody asks")

    assert ("f.yaml:3: health.port: is taken",) == problems.lines
    assert ("f.yaml:3: health.port: has no effect: nobody asks",) == problems.warnings
