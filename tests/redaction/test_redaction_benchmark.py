"""The script behind the figures of redaction runs."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "redaction.py"


def test_the_smallest_run_measures_every_case() -> None:
    """Both sides of each case do their work, and the answer is JSON with a share."""
    result = subprocess.run(
        [sys.executable, str(SCRIPT), "--smoke", "--json"], capture_output=True, text=True, check=True, timeout=60
    )
    cases = json.loads(result.stdout)

    assert all({"redact_ns", "encode_ns", "share"} == set(case) for case in cases.values())
    assert len(cases) >= 8
