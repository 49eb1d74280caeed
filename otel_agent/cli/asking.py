"""Questions to a running agent of the same user; see `telemetry.control`."""

import json
import os
import socket
import time
from pathlib import Path
from typing import Any

from otel_agent.errors import OtelAgentError
from otel_agent.telemetry.control import control_directory

__all__ = ["ask", "is_pid"]

PATIENCE_S = 5.0
"""So long an agent may take to notice that it is asked, in seconds; it looks once a second."""


def is_pid(word: str) -> bool:
    """
    Whether a word is the number of a process rather than the name of a file.

    Args:
        word: As given.
    """
    return word.isdigit() and not Path(word).exists()


def ask(pid: int, question: str, *, timeout_s: float = 10.0, **more: Any) -> Any:
    """
    Ask an agent.

    Args:
        pid: Its process.
        question: Name of the question.
        timeout_s: How long the answer may take, in seconds.
        **more: What belongs to the question.

    Returns:
        The answer, as plain values.

    Raises:
        OtelAgentError: There is no such agent, it does not answer, or it says what is wrong.
    """
    directory = control_directory()
    if directory is None:
        raise OtelAgentError("agents are asked through a directory of the user's state; set HOME or XDG_STATE_HOME")
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        raise OtelAgentError(f"there is no process {pid}") from None
    except PermissionError:
        raise OtelAgentError(f"process {pid} is another user's; ask as that user") from None
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = _connect(directory, pid)
    with connection:
        connection.settimeout(timeout_s)
        try:
            connection.sendall(json.dumps({"ask": question, **more}).encode() + b"\n")
            with connection.makefile("rb") as lines:
                found = json.loads(lines.readline() or b"{}")
        except (OSError, ValueError) as error:
            raise OtelAgentError(f"process {pid} did not answer: {error}") from error
    if "answer" not in found:
        raise OtelAgentError(f"process {pid} could not answer: {found.get('error', 'it closed the connection')}")
    return found["answer"]


def _connect(directory: Path, pid: int) -> socket.socket:
    asked, path = directory / f"{pid}.ask", directory / f"{pid}.sock"
    end_s = time.monotonic() + PATIENCE_S
    asked.touch(mode=0o600)
    try:
        while time.monotonic() < end_s:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.connect(str(path))
                return connection
            except OSError:  # it has not looked yet, or what lies there is of an agent that is gone
                connection.close()
                time.sleep(0.05)
    finally:
        asked.unlink(missing_ok=True)
    raise OtelAgentError(
        f"process {pid} does not answer: it is no agent that otel_agent instruments, has `insight.control: false`,"
        " or keeps its state elsewhere (XDG_STATE_HOME)"
    )
