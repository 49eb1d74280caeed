"""The paths of the model."""

from otel_agent.config.model import Config
from otel_agent.config.sections.health import HealthSettings, ThresholdsSettings
from otel_agent.config.tree import build, leaves, sections


def test_every_setting_has_a_path_a_default_and_a_variable() -> None:
    """In the order of the model; the whole has the empty path."""
    leaf = leaves()["health.thresholds.clear_gap"]

    assert ("health.thresholds.clear_gap", 0.05, "OTEL_AGENT_HEALTH__THRESHOLDS__CLEAR_GAP") == (
        leaf.path,
        leaf.default,
        leaf.variable,
    )
    assert ("service.name", "disabled") == (next(iter(leaves())), list(leaves())[-1])
    assert (Config, HealthSettings, ThresholdsSettings) == tuple(
        sections()[path] for path in ("", "health", "health.thresholds")
    )


def test_a_tree_is_built_from_paths() -> None:
    """What is not given has its default."""
    config = build({"health.thresholds.cpu": 0.5, "strict": True})

    assert (0.5, 0.9, True) == (config.health.thresholds.cpu, config.health.thresholds.memory, config.strict)
    assert Config() == build({})
