"""Seeded faults beside their near-misses, in one program that does nothing but `init` and its work."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from agent_process import environment

CORPUS = Path(__file__).parent / "programs" / "corpus.py"
LEAST_RECALL = 0.95


@pytest.mark.slow
def test_faults_are_found_and_near_misses_are_not(tmp_path: Path) -> None:
    """At least 95 % of the faults, each under its own rule, and nothing about the near-misses."""
    script = tmp_path / "corpus.py"
    script.write_text(CORPUS.read_text())
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    lines = re.findall(r"^(ok |BAD) (\w+) expected (\w+)", done.stdout, re.MULTILINE)
    faults = [sign == "ok " for sign, _, rule in lines if rule != "None"]
    false = [name for sign, name, rule in lines if sign == "BAD" and rule == "None"]

    assert 24 <= len(lines), done.stderr
    assert [] == false, done.stdout
    assert sum(faults) >= LEAST_RECALL * len(faults), done.stdout
