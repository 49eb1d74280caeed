"""The script behind the figures of endings runs, and its subjects deliver."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "endings.py"


def test_the_smallest_run_compares_both() -> None:
    """The SDK, ours and a program without telemetry end at a receiver that is well; the answer is JSON with seconds, a ratio, and what arrived."""
    run = subprocess.run(
        [sys.executable, str(SCRIPT), "--smoke"], capture_output=True, text=True, timeout=100, check=True
    )
    well = json.loads(run.stdout)["well"]

    assert {"none", "SDK", "ours"} == set(well)
    assert (1.0, 1.0) == (well["SDK"]["ratio"], well["ours"]["arrived"])
