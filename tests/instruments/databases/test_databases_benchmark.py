"""The benchmark of watched queries runs, and says what it compares."""

import json
import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "databases.py"


def test_the_benchmark_compares_a_watched_query_with_the_official_packages() -> None:
    """What it comes to is the benchmark's to say: on a machine that does something else, a time is nobody's fact."""
    result = subprocess.run(
        [sys.executable, str(BENCHMARK), "--turns", "1", "--rounds", "3", "--queries", "200", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    found = json.loads(result.stdout)

    assert {"ours", "ours, unsampled", "ours, SDK", "contrib, SDK"} == set(found["subjects"])
    assert all(subject["us"] > 0 and subject["bare_us"] > 0 for subject in found["subjects"].values())
    assert isinstance(found["contrib_to_ours"], float)
