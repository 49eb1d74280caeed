"""
`pytest --otel-baseline FILE`: a session of tests that fails when code has become slower.

The session runs as always. When it has passed, it is run again several times with the same arguments, each time in a process of its
own, and each of these is a run. Rounds inside one process would share its luck: a test that took 125 µs in each of six rounds took
137 µs in each of six rounds of the next process, and that is no change of the code.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from otel_agent.errors import OtelAgentError
from otel_agent.insight.baselines.files import append_runs, read_runs
from otel_agent.insight.baselines.runs import Run, comparable, differences, medians
from otel_agent.insight.baselines.tables import as_table, refusal
from otel_agent.insight.baselines.verdicts import compare
from otel_agent.telemetry.assembly.measured_programs import measured

__all__ = ["BaselineJudge"]

TIMEOUT_S = 3600.0
"""Longest time one session may take, in seconds."""


class BaselineJudge:
    """
    The plugin of a session that is judged.

    Args:
        file: The baseline.
        runs: Sessions that are measured.
        is_recording: Whether runs are added to the file, and nothing is compared; so it is where there is no file yet.
    """

    def __init__(self, file: Path, runs: int, *, is_recording: bool) -> None:
        self._file = file
        self._runs = runs
        self._is_recording = is_recording or not file.exists()
        self._said = ""

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """
        Measure; then judge, or record.

        Args:
            session: It has failed when something is slower.
        """
        if session.exitstatus != pytest.ExitCode.OK:
            self._said = "not measured: the session did not pass"
            return
        try:
            baseline = [] if self._is_recording else read_runs(self._file)
            runs = self._measured(session.config)
            if self._is_recording:
                append_runs(self._file, runs)
                self._said = f"{len(runs)} runs of {len(medians(runs))} functions recorded in {self._file}"
            elif self._is_slower(baseline, runs):
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        except OtelAgentError as error:
            self._said = str(error)
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def _measured(self, config: pytest.Config) -> list[Run]:
        words = [sys.executable, "-m", "pytest", *map(str, config.invocation_params.args), "-p", "no:cacheprovider"]
        directory = config.invocation_params.dir
        return [
            measured(words, os.environ, number=number, timeout_s=TIMEOUT_S, directory=directory)
            for number in range(1, self._runs + 1)
        ]

    def _is_slower(self, baseline: list[Run], runs: Sequence[Run]) -> bool:
        alike = comparable(baseline, runs[0].environment)
        if baseline and not alike:
            reasons = differences(baseline[-1].environment, runs[0].environment)
            self._said = f"not compared: {refusal(self._file, reasons)} with --otel-baseline-record"
            return False
        comparisons = compare(medians(alike), medians([*runs]))
        self._said = as_table(comparisons)
        return any(each.verdict == "slower" for each in comparisons)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """
        Say what was found.

        Args:
            terminalreporter: Writes it.
        """
        terminalreporter.section("otel-agent baseline")
        for line in self._said.splitlines():
            terminalreporter.write_line(line)
