"""A program executed once."""

import os
import sys
from pathlib import Path

import pytest

from otel_agent.errors import OtelAgentError
from otel_agent.telemetry.assembly.measured_programs import WHOLE, measured


def test_a_program_that_counts_nothing_is_measured_as_a_whole(tmp_path: Path) -> None:
    """From its start to its end, where it is started."""
    program = [sys.executable, "-c", "import os, time; time.sleep(0.05); open('here', 'w')"]
    run = measured(program, os.environ, number=1, timeout_s=60, directory=tmp_path)

    assert [WHOLE] == list(run.functions)
    assert run.functions[WHOLE].median_s >= 0.05
    assert (tmp_path / "here").exists()


def test_a_program_that_fails_is_no_run() -> None:
    """What it said is told."""
    with pytest.raises(OtelAgentError, match=r"run 3 ended with status 7; nothing is kept\. It said:\noh"):
        measured([sys.executable, "-c", "print('oh'); raise SystemExit(7)"], os.environ, number=3, timeout_s=60)
    with pytest.raises(OtelAgentError, match="cannot be executed: No such file"):
        measured(["/no/such/program"], os.environ, number=1, timeout_s=60)
