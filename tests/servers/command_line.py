"""The command line in a process of its own, as a user would start it."""

import subprocess
import sys
from pathlib import Path

from agent_process import environment

PROGRAM = Path(sys.executable).with_name("otel-agent")


def otel_agent(*words: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [str(PROGRAM), *words],
        cwd=home,
        env=environment(home, **variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
