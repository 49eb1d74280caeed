"""
Whole programs, run as they are and with us: what they print, how they end, and what they say on standard error must be the same.

With us means twice: with `init` in the first line, every call of an own function having a span, and under `otel-agent run`. Both
write to a file, so that everything of ours is at work.
"""

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

__all__ = ["Ended", "ends_alike"]

INIT = 'import otel_agent; otel_agent.init(export="file", trace_min_duration_s=0)'
TIMEOUT_S = 100
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}|(?<=pid=)\d+")


class Ended(NamedTuple):
    """How a program ended."""

    status: int
    output: str
    errors: str


def ends_alike(
    text: str,
    folder: Path,
    options: Sequence[str] = ("-W", "default"),
    files: Mapping[str, str] | None = None,
) -> dict[str, Ended]:
    """
    Run a program in every way, all at once.

    Args:
        text: The program, indented or not; its first line becomes the second one of the file.
        folder: For what it writes.
        options: Of the interpreter.
        files: More files beside it, by path.

    Returns:
        How it ended, by the way it was run; folders, addresses and process numbers are made the same.
    """
    program = textwrap.dedent(text.strip("\n"))
    running = {}
    for way in ("bare", "init", "run"):
        place = folder / way
        for path, content in {**(files or {}), "agent.py": f"{INIT if way == 'init' else 'pass'}\n{program}"}.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_text(textwrap.dedent(content.strip("\n")) if path != "agent.py" else content)
        (place / "state").mkdir()
        command = [sys.executable, *options, "agent.py"]
        if way == "run":
            command = [sys.executable, "-m", "otel_agent", "run", "--export", "file", "--", *command]
        running[way] = subprocess.Popen(
            command, cwd=place, env=_environment(place), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    return {way: _ended(process, str(folder / way)) for way, process in running.items()}


def _environment(place: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "COVERAGE", "PYTHON"))}
    return {
        **kept,
        "HOME": str(place),
        "XDG_STATE_HOME": str(place / "state"),
        # Of children that leave by `os._exit` a line says what is lost; with a journal nothing is. And a busy machine has no say.
        "OTEL_AGENT_SPOOL__LEVEL": "journal",
        "OTEL_AGENT_LIFECYCLE__SHUTDOWN_TIMEOUT_S": "30",
    }


def _ended(process: subprocess.Popen[str], place: str) -> Ended:
    try:
        output, errors = process.communicate(timeout=TIMEOUT_S)
    finally:
        process.kill()
    return Ended(process.returncode, _comparable(output, place), _comparable(errors, place))


def _comparable(text: str, place: str) -> str:
    """Without addresses and process numbers, which differ between two runs of anything."""
    return _ADDRESS.sub("0x", text.replace(place, "."))
