"""
A session of tests that is measured, in a process that `pytest --otel-baseline` or `otel-agent baseline` has started.

Functions that are counted while tests run are measured, whether the agent calls `init` or not; a test in which none is counted is
measured as a whole.
"""

import os
from collections.abc import Iterator

import pytest

from otel_agent.clock import perf_ns
from otel_agent.config.sources.variables import BASELINE
from otel_agent.instruments.functions import binding
from otel_agent.recording import durations
from otel_agent.recording.exponential_buckets import ExponentialBuckets
from otel_agent.recording.recorder import durations_only
from otel_agent.telemetry.assembly.baselines import counted, counted_since, leave_note

__all__ = ["MeasuredSession"]


class MeasuredSession:
    """The plugin of such a session."""

    def __init__(self) -> None:
        self._whole: dict[str, tuple[ExponentialBuckets | None, int]] = {}
        self._is_bound = binding.shared.recorder is None
        if self._is_bound:
            binding.bind(durations_only(durations.shared))  # an agent's own `init` stands above it

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """
        Look what a test calls.

        Args:
            item: The test.
        """
        before, begin_ns = counted(), perf_ns()
        yield
        duration_ns = perf_ns() - begin_ns
        if not counted_since(before, counted()):
            buckets = ExponentialBuckets()
            buckets.add([duration_ns])
            self._whole[item.nodeid] = (buckets, 0)

    def pytest_sessionfinish(self) -> None:
        """Leave notes, and record nothing any more."""
        notes = os.environ[BASELINE]
        leave_note(notes)
        leave_note(notes, self._whole)
        if self._is_bound:
            binding.bind(None)
