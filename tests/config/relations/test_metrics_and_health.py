"""Metrics and health: settings that depend on each other."""

from typing import Any

import pytest
from relations_rig import about, with_config


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"health": {"host": "0.0.0.0"}}, ["health.host"]),
        ({"health": {"port": 1, "host": "0.0.0.0"}}, ["health.host"]),
        ({"health": {"port": 1, "host": "0.0.0.0", "token": "t"}}, []),
        ({"health": {"port": 1, "host": "::1"}}, []),
        ({"health": {"port": 1, "host": "localhost"}}, []),
        ({"health": {"token": "t"}}, ["health.token"]),
        (
            {"health": {"thresholds": {"cpu": "off", "memory": False, "disk": False, "hold_s": 1}}},
            ["health.thresholds.hold_s"],
        ),
        ({"metrics": {"host": False, "process": False, "detail": True}}, ["metrics.detail"]),
        ({"metrics": {"enabled": False}, "alerts": {"defaults": True}}, ["alerts.defaults"]),
        ({"metrics": {"enabled": False}, "health": {"thresholds": {"cpu": 0.5}}}, ["health.thresholds.cpu"]),
    ],
    ids=str,
)
def test_what_surprises_is_said_by_name(config: dict[str, Any], expected: list[str]) -> None:
    """A setting without effect, or with one that is easily overlooked, is in exactly one warning."""
    loaded = with_config(config)

    assert (expected, ()) == (about(loaded), loaded.problems)


def test_collecting_follows_a_shorter_interval() -> None:
    """Only who gave both made a mistake."""
    loaded = with_config({}, metrics_interval_s=0.5)

    assert ((0.5, 0.5), ()) == (
        (loaded.config.metrics.interval_s, loaded.config.metrics.collect_interval_s),
        loaded.problems,
    )
    assert "argument metrics_interval_s" == loaded.origins["metrics.collect_interval_s"]


def test_a_gap_follows_a_low_threshold() -> None:
    """The default gap gives way to a threshold below it."""
    loaded = with_config({"health": {"thresholds": {"cpu": 0.04}}})

    assert (0.02, ()) == (loaded.config.health.thresholds.clear_gap, loaded.problems)
