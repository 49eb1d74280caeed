"""
The pytest plugin, found by its entry point: the fixture `recorded_telemetry`, and the option `--otel-baseline`.

Every run of pytest loads this module, and few need the SDK: it is loaded by the fixture. No late module stands at the top, because
pytest asks everything that stands there whether it is a fixture, and the question would load it.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from otel_agent.late_imports import load

if TYPE_CHECKING:
    from otel_agent.testing.recording import Recorded

__all__ = ["pytest_addoption", "pytest_configure", "recorded_telemetry"]


@pytest.fixture
def recorded_telemetry() -> "Iterator[Recorded]":
    """What the agent records during the test, and nothing from any other; see `otel_agent.testing.recorded`."""
    with load("otel_agent.testing.recording").recorded() as kept:
        yield kept


def pytest_addoption(parser: pytest.Parser) -> None:
    """
    Add the options of baselines.

    Args:
        parser: Takes them.
    """
    group = parser.getgroup("otel-agent", "baselines of otel-agent")
    group.addoption(
        "--otel-baseline",
        type=Path,
        metavar="FILE",
        help="when all tests have passed, run the session again several times, each in a process of its own, and fail when a function has become slower than in FILE; without FILE, record it",
    )
    group.addoption(
        "--otel-baseline-record", action="store_true", help="add this session's runs to FILE and compare nothing"
    )
    group.addoption(
        "--otel-baseline-runs", type=int, default=10, metavar="N", help="sessions that are measured; default: 10"
    )


def pytest_configure(config: pytest.Config) -> None:
    """
    Measure the session, where a file was given.

    Args:
        config: Holds the options.
    """
    if os.environ.get("OTEL_AGENT_BASELINE_NOTES"):
        config.pluginmanager.register(
            load("otel_agent.testing.measured_session").MeasuredSession(), "otel-agent-measured"
        )
        return
    file = config.getoption("--otel-baseline")
    if file is None or hasattr(config, "workerinput"):
        return
    runs = config.getoption("--otel-baseline-runs")
    if runs < 1:
        raise pytest.UsageError("--otel-baseline-runs: expected at least 1")
    judge = load("otel_agent.testing.baselines").BaselineJudge(
        file, runs, is_recording=config.getoption("--otel-baseline-record")
    )
    config.pluginmanager.register(judge, "otel-agent-baseline")
