"""Processes of `lifecycle/programs/ledger_agent.py`: an agent that keeps a ledger, and what it left behind when it ended."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from waiting import until

__all__ = ["DEADLINE_S", "LONG_S", "MARGIN_S", "ROOT", "Ledger", "ledger_agent"]

PROGRAM = Path(__file__).parents[1] / "lifecycle" / "programs" / "ledger_agent.py"
ROOT = Path(__file__).parents[2]
DEADLINE_S = 2.0
MARGIN_S = 5.0
"""What a noisy machine may add; a process that misses its deadline sleeps for 20 s."""
LONG_S = 12.0
"""A deadline that is not waited for: whoever ends long before it did not."""


@dataclass
class Ledger:
    """A process of the agent, and its files."""

    process: subprocess.Popen[str]
    directory: Path

    def ready(self) -> None:
        """Wait until the agent says so."""
        assert self.process.stdout is not None
        assert "ready" == self.process.stdout.readline().strip()

    def send(self, number: int) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def closing(self) -> None:
        """Wait until the ledger is being closed."""
        assert until(lambda: self.lines("closing"))

    def accepted(self, count: int) -> None:
        """Wait until something more was accepted than when it was ready."""
        before = len(self.lines("accepted"))
        assert until(lambda: len(self.lines("accepted")) >= before + count, interval_s=0.001)

    def end(self) -> tuple[int, float]:
        """Wait for the end; its status and how long that took from now, in seconds."""
        began_s = time.monotonic()
        _, self.errors = self.process.communicate(timeout=60)
        return self.process.returncode, time.monotonic() - began_s

    def lines(self, file: str) -> list[str]:
        """What was written to a file, as far as lines are whole."""
        path = self.directory / file
        return path.read_text().splitlines() if path.exists() else []

    def lost(self) -> set[str]:
        """What was accepted and not delivered."""
        return set(self.lines("accepted")) - set(self.lines("delivered"))


@contextmanager
def ledger_agent(directory: Path, mode: str, deadline_s: float = DEADLINE_S) -> Iterator[Ledger]:
    """Run the agent, and leave no process behind."""
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), str(directory), mode, str(deadline_s)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield Ledger(process, directory)
    finally:
        process.kill()
        process.communicate()
