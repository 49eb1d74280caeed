"""
An agent in a process of its own, as a service manager would start it: in its own session, without a terminal.

    ended = run_agent("import otel_agent; otel_agent.init('x')", tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint)
    ended.status, ended.out, ended.err, ended.took_s
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Self

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Ended:
    """What an agent left behind."""

    status: int
    out: str
    err: str
    took_s: float
    """From the line `done` on its standard output, or else from its start, to its end, in seconds."""


def environment(home: Path, **more: str) -> dict[str, str]:
    """The variables of an agent: none of OpenTelemetry's but those given, and a home of its own."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "XDG_", "PYTEST_"))}
    return kept | {
        "HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        **more,
    }


class Agent:
    """A running agent; always ended by the `with` block."""

    def __init__(self, code: str, home: Path, **variables: str) -> None:
        script = home / "agent.py"
        script.write_text(dedent(code))
        self._started_s = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, str(script)],
            cwd=home,
            env=environment(home, **variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._said: list[str] = []
        self._done_s = self._started_s

    def wait_for_line(self, *words: str) -> None:
        """Read its output up to a line, or until several have come, in any order: an agent may be several processes."""
        assert self.process.stdout is not None
        left = Counter(words)
        for line in self.process.stdout:
            self._said.append(line)
            left -= Counter([line.strip()])
            if not left:
                self._done_s = time.monotonic()
                return
        raise AssertionError(f"the agent ended without saying {[*left]}: {self.process.stderr.read()}")  # type: ignore[union-attr]

    def send(self, number: int) -> None:
        """Send a signal; how long it takes to end is counted from here."""
        self._done_s = time.monotonic()
        self.process.send_signal(number)

    def end(self) -> Ended:
        """Wait for its end."""
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return Ended(self.process.returncode, "".join(self._said) + out, err, time.monotonic() - self._done_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self.process:  # closes its pipes, whether it has ended or not
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGKILL)


def run_agent(code: str, home: Path, *, until: str | None = None, **variables: str) -> Ended:
    """
    Run an agent to its end.

    Args:
        code: Python.
        home: Where it runs; its state stays there for the next one.
        until: A line of its output from which on its ending is timed.
        variables: Of its environment.
    """
    with Agent(code, home, **variables) as agent:
        if until is not None:
            agent.wait_for_line(until)
        return agent.end()
