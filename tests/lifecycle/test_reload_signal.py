"""SIGHUP: a daemon reads its configuration again, everybody else ends."""

import signal
import subprocess
import sys
from pathlib import Path

from agent_process import Agent

CODE = """
import logging, os, signal, sys, time
BEFORE
import otel_agent
telemetry = otel_agent.init("x", instrument=False)
os.write(1, b"ready\\n")
end_s, logger = time.monotonic() + 20, logging.getLogger("otel_agent")
while time.monotonic() < end_s and logger.level != logging.DEBUG:
    time.sleep(0.02)
os.write(1, f"{logging.getLevelName(logger.level)}\\n".encode())
"""


def ended(
    home: Path, config: str | None, before: str = "", after: str = "logs: {own_level: DEBUG}\n"
) -> tuple[int, str, str]:
    """Status, output and error of an agent that gets SIGHUP after its file was changed."""
    file = home / "otel-agent.yaml"
    if config is not None:
        file.write_text(config)
    code = CODE.replace("BEFORE", before)
    with Agent(code, home) as agent:
        agent.wait_for_line("ready")
        if config is not None:
            file.write_text(after)
        agent.send(signal.SIGHUP)
        found = agent.end()
    return found.status, found.out, found.err


def test_an_agent_with_a_file_and_without_a_terminal_reads_it_again(tmp_path: Path) -> None:
    """It goes on running, and what has changed counts."""
    assert (0, "ready\nDEBUG\n") == ended(tmp_path, "logs: {own_level: INFO}\n")[:2]


def test_without_a_file_it_ends(tmp_path: Path) -> None:
    """As by SIGTERM, with the signal as its status."""
    assert -signal.SIGHUP == ended(tmp_path, None)[0]


def test_it_ends_where_that_is_wanted(tmp_path: Path) -> None:
    """The file says so itself."""
    assert -signal.SIGHUP == ended(tmp_path, "lifecycle: {on_hangup: end}\n")[0]


def test_a_handler_of_the_agents_own_is_left_alone(tmp_path: Path) -> None:
    """The agent ends as it always has."""
    before = "signal.signal(signal.SIGHUP, lambda number, frame: os._exit(7))"

    assert 7 == ended(tmp_path, "logs: {own_level: INFO}\n", before)[0]


def test_a_file_that_is_wrong_by_now_changes_nothing(tmp_path: Path) -> None:
    """The mistake is said; a second signal after it is mended is answered too."""
    (tmp_path / "otel-agent.yaml").write_text("logs: {own_level: INFO}\n")
    code = CODE.replace("BEFORE", "")
    with Agent(code, tmp_path) as agent:
        agent.wait_for_line("ready")
        (tmp_path / "otel-agent.yaml").write_text("logs: {own_level: LOUD}\n")
        agent.send(signal.SIGHUP)
        assert "LOUD" in agent.process.stderr.readline()  # type: ignore[union-attr]
        (tmp_path / "otel-agent.yaml").write_text("logs: {own_level: DEBUG}\n")
        agent.send(signal.SIGHUP)
        found = agent.end()

    assert (0, "ready\nDEBUG\n") == (found.status, found.out)


def test_a_terminal_is_noticed() -> None:
    """Whatever standard input and output are."""
    ask = "from otel_agent.lifecycle.reload_signal import has_terminal; print(has_terminal())"
    beside = f"import pty, sys; pty.spawn([sys.executable, '-c', {ask!r}])"
    found = [
        subprocess.run(
            [sys.executable, "-c", code],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            start_new_session=True,
        ).stdout.strip()
        for code in (ask, beside)
    ]

    assert ["False", "True"] == found
