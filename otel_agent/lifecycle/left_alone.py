"""
Children that a thread has forked: where its function simply returns, the child's last thread ends, and so does the child.

A thread of ours would keep such a process alive for ever. So one of them looks whether the thread that has forked is gone, and
everybody else with it. Only Linux says so: the first thread of a process stays there as a zombie until the others have ended.
"""

import os
from collections.abc import Callable
from pathlib import Path

from otel_agent import primitives
from otel_agent.lifecycle.fork_warning import is_ours_alone
from otel_agent.lifecycle.threads import begin_thread

__all__ = ["end_when_left_alone"]

LOOK_S = 0.2
"""How often is looked, in seconds."""

_TASKS = Path("/proc/self/task")


def end_when_left_alone(on_end: Callable[[], object]) -> None:
    """
    In a child that a thread has forked: end the process when nobody but us is left in it, as it would end without us.

    Args:
        on_end: Called before; returns within its deadline.
    """
    if _TASKS.exists():
        begin_thread("left-alone", _wait, on_end)


def _wait(on_end: Callable[[], object]) -> None:
    while not _is_left_alone():
        primitives.sleep(LOOK_S)
    try:
        on_end()
    finally:
        os._exit(0)


def _is_left_alone() -> bool:
    try:
        state = (_TASKS / str(os.getpid()) / "stat").read_bytes().rpartition(b")")[2].split()[0]
    except OSError:
        return False  # nobody knows
    return state == b"Z" and is_ours_alone()
