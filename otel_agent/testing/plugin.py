"""
The pytest plugin, found by its entry point: the fixture `recorded_telemetry`.

Every run of pytest loads this module, and few need the SDK: it is loaded by the fixture. No late module stands at the top, because
pytest asks everything that stands there whether it is a fixture, and the question would load it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from otel_agent.late_imports import load

if TYPE_CHECKING:
    from otel_agent.testing.recording import Recorded

__all__ = ["recorded_telemetry"]


@pytest.fixture
def recorded_telemetry() -> "Iterator[Recorded]":
    """What the agent records during the test, and nothing from any other; see `otel_agent.testing.recorded`."""
    with load("otel_agent.testing.recording").recorded() as kept:
        yield kept
