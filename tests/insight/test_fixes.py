"""What a fix saves, beside what its finding has said."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from agent_process import environment

FIXES = Path(__file__).parent / "programs" / "fixes.py"
TOLERANCE = 0.3
TRIES = 3
"""A machine that is busy with something else in the middle of one of both is measured again."""


def tried(rule: str, folder: Path) -> float:
    """The saving that was said, as a share of the one that was measured."""
    script = folder / "fixes.py"
    script.write_text(FIXES.read_text())
    done = subprocess.run(
        [sys.executable, str(script), rule],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    said, measured = json.loads(done.stdout)
    return float(said or 0.0) / float(measured)


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["cacheable", "n_plus_one", "blocked_loop"])
def test_a_fix_saves_what_its_finding_says(rule: str, tmp_path: Path) -> None:
    """Within 30 %: a function that is cached, queries that become one, and work that leaves the loop."""
    ratios: list[float] = []
    while len(ratios) < TRIES and not any(abs(ratio - 1) <= TOLERANCE for ratio in ratios):
        ratios.append(tried(rule, tmp_path))

    assert abs(ratios[-1] - 1) <= TOLERANCE, ratios
