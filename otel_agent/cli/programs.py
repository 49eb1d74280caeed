"""A program that a command is given, as it is found and started: with this interpreter, and with `init` before its first line."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from otel_agent.errors import OtelAgentError

__all__ = ["BOOTSTRAP", "find_program", "instrumented"]

BOOTSTRAP = Path(__file__).parent / "bootstrap"
"""Holds the `sitecustomize` that calls `init`."""

INTERPRETERS = ("python", "python3")


def find_program(words: Sequence[str]) -> tuple[str, list[str]]:
    """
    What to execute.

    Args:
        words: The command line as a user writes it; at least the program. A file of Python may stand without its interpreter.

    Returns:
        Path of the executable, and the words of its command line.

    Raises:
        OtelAgentError: There is no such program.
    """
    program = list(words)
    if program[0].endswith((".py", ".pyz")):
        program = [sys.executable, *program]
    elif program[0] in INTERPRETERS:
        # The one this command was installed for: another one on the PATH would not find the package.
        program = [sys.executable, *program[1:]]
    path = shutil.which(program[0])
    if path is None:
        raise OtelAgentError(
            f"program not found on the PATH: {program[0]!r}; write the command line as you would without otel-agent"
        )
    return path, program


def instrumented(environ: Mapping[str, str]) -> dict[str, str]:
    """
    Variables under which Python programs are instrumented before their first line.

    Args:
        environ: Variables of the program without that.
    """
    found = environ.get("PYTHONPATH")
    return {**environ, "PYTHONPATH": os.pathsep.join([str(BOOTSTRAP), *([found] if found else [])])}
