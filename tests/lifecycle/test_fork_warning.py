"""The interpreter's warning of forks with threads, in whole agents."""

import sys
import warnings
from pathlib import Path

import pytest
from agent_process import run_agent

from otel_agent.lifecycle.fork_warning import ForkWarning

CODE = """
import os, sys, threading, warnings
import otel_agent
telemetry = otel_agent.init("x", export="none", instrument=False)
before = list(warnings.filters)
THREADS
for _ in range(2):
    pid = os.fork()
    if pid == 0:
        assert before == warnings.filters
        sys.exit(0)
    assert 0 == os.waitpid(pid, 0)[1]
assert before == warnings.filters
"""


@pytest.mark.parametrize("is_threaded", [False, True])
def test_only_who_has_threads_of_its_own_is_warned(tmp_path: Path, is_threaded: bool) -> None:
    """As without us; and the list of filters is as it was, in parent and child."""
    threads = "threading.Thread(target=threading.Event().wait, daemon=True).start()" if is_threaded else ""
    ended = run_agent(CODE.replace("THREADS", threads), tmp_path)

    assert 0 == ended.status, ended.err
    assert (is_threaded and sys.version_info >= (3, 12)) == ("multi-threaded" in ended.err)


def test_restoring_is_safe_twice_and_without_a_fork() -> None:
    """Whoever has changed the list meanwhile keeps what it did."""
    before = list(warnings.filters)
    warning = ForkWarning()
    warning.restore()
    warning.leave_out()
    warning.restore()
    warning.restore()

    assert before == list(warnings.filters)
