"""Others' wake-up descriptors, in real programs: whoever wants the descriptor finds it free, and SIGTERM is answered all the same."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from agent_process import Agent, environment
from otlp_server import OtlpServer

INIT = "import otel_agent; telemetry = otel_agent.init('t', instrument=False, spool=False, trace_modules=False)\n"
TRIO = "import trio\nasync def main():\n    await trio.sleep(SECONDS)\n    print('ran', flush=True)\nRUN"
ASYNCIO = "import asyncio\nasync def main():\n    print('done', flush=True)\n    await asyncio.sleep(60)\nRUN"


@pytest.mark.needs("trio")
def test_trio_runs_with_warnings_as_errors(tmp_path: Path) -> None:
    """It warns of whoever has the descriptor before it."""
    code = INIT + TRIO.replace("SECONDS", "0").replace("RUN", "trio.run(main)\ntrio.run(main)")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (0, "ran\nran\n", "") == (done.returncode, done.stdout, done.stderr)


RUNNERS = {
    "asyncio": "asyncio.run(main())",
    "trio": "trio.run(main)",
    "uvloop": "import uvloop\nuvloop.run(main())",
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.needs(name) if name != "asyncio" else ()) for name in RUNNERS]
)
def test_sigterm_ends_a_loop_as_ever_and_nothing_is_lost(tmp_path: Path, name: str) -> None:
    """Also while the loop has the descriptor."""
    body = ASYNCIO.replace("asyncio", "trio") if name == "trio" else ASYNCIO
    code = f"{INIT}with otel_agent.span('a'): pass\n{body.replace('RUN', RUNNERS[name])}"
    with OtlpServer() as server:
        with Agent(code, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint) as agent:
            agent.wait_for_line("done")
            agent.send(signal.SIGTERM)
            ended = agent.end()

        assert -signal.SIGTERM == ended.status, ended.err
        assert ["a"] == [name for _, _, name in server.spans]
