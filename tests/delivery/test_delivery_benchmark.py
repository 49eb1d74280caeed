"""The script behind the figures of delivery runs, and every span it sends arrives."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "delivery.py"


def test_the_smallest_run_compares_every_way() -> None:
    """Each way sends the same spans; the answer is JSON with the SDK's as the measure."""
    run = subprocess.run(
        [sys.executable, str(SCRIPT), "--smoke"], capture_output=True, text=True, timeout=60, check=True
    )
    ways = json.loads(run.stdout)

    assert 1.0 == ways["SDK"]["ratio"]
    assert 5 == len(ways)
