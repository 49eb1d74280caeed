"""The tests of libraries end as they do without us: eight suites that are quick, of those that `make suites` runs."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("run_library_suites.py")
QUICK = ("boltons", "cachetools", "h11", "itsdangerous", "marshmallow", "pluggy", "toolz", "voluptuous")


@pytest.mark.e2e
@pytest.mark.timeout(900)
def test_the_tests_of_libraries_end_as_they_do_without_us() -> None:
    """Each of them, under `otel-agent run`, and with the library's own functions traced."""
    ended = subprocess.run(
        [sys.executable, str(SCRIPT), *QUICK], capture_output=True, text=True, check=False, timeout=850
    )

    assert 0 == ended.returncode, ended.stdout + ended.stderr[-2000:]
