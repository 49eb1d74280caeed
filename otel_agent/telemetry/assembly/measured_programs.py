"""A program executed once, and what its processes have counted: one run of a baseline."""

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from otel_agent.clock import perf_s
from otel_agent.config.installed import version
from otel_agent.config.sources.variables import BASELINE, STARTED_BY
from otel_agent.errors import OtelAgentError
from otel_agent.insight.baselines.environment import read_environment
from otel_agent.insight.baselines.runs import Run
from otel_agent.telemetry.assembly.baselines import read_notes, whole_command

__all__ = ["WHOLE", "measured"]

WHOLE = "the whole command"
"""What a program in which nothing is counted is called among functions."""

_SILENT = {"OTEL_AGENT_EXPORT__TO": "none", "OTEL_AGENT_SPOOL__ENABLED": "false", "OTEL_AGENT_ALERTS__ENABLED": "false"}
"""A measured program sends nothing and calls nobody."""

_LAST_CHARS = 2000


def measured(
    program: Sequence[str], environ: Mapping[str, str], *, number: int, timeout_s: float, directory: Path | None = None
) -> Run:
    """
    Execute a program to its end.

    Args:
        program: The words of its command line.
        environ: Its variables.
        number: Which run this is, for messages.
        timeout_s: Longest time it may take, in seconds.
        directory: Where it is started; the working directory by default.

    Returns:
        What its processes have counted; where that is nothing, the program as a whole.

    Raises:
        OtelAgentError: It cannot be executed, ended with a status other than 0, or took too long.
    """
    with tempfile.TemporaryDirectory(prefix="otel-agent-baseline-") as notes:
        begin_s = perf_s()
        try:
            ended = subprocess.run(  # noqa: S603 - the user's own command
                program,
                env={**{key: value for key, value in environ.items() if key != STARTED_BY}, **_SILENT, BASELINE: notes},
                cwd=directory,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise OtelAgentError(f"run {number} took more than {timeout_s:g} s; allow it more time") from error
        except OSError as error:
            raise OtelAgentError(f"{program[0]} cannot be executed: {error.strerror}") from error
        duration_s = perf_s() - begin_s
        if ended.returncode:
            said = (ended.stderr + ended.stdout).decode(errors="replace")[-_LAST_CHARS:].rstrip()
            raise OtelAgentError(
                f"run {number} ended with status {ended.returncode}; nothing is kept. It said:\n{said}"
            )
        found = read_notes(Path(notes))
    if found is not None and found.functions:
        return found
    environment = read_environment(version("otel-agent") or "") if found is None else found.environment
    return whole_command(WHOLE, duration_s, environment)
