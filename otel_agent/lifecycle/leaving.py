"""
Libraries whose forked children leave by `os._exit`, which skips every exit function, and offer nothing to be told of it.

Such a child is known by the module that calls `os._exit` in it. In the child alone, that module's name `os` stands for the same module
with one function that is ours: it ends telemetry, within its deadline, and leaves as before. Nobody else sees it, and no parent has it.
"""

import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

__all__ = ["LEAVERS", "SPAWNED_HORSE", "told_of_leaving"]

LEAVERS = (
    "rq.worker",  # one module in rq 1, the package of the others since
    "rq.worker.base",
    "rq.worker.worker_classes",
    "billiard.pool",
    "gunicorn.dirty.arbiter",
    "multiprocess.popen_fork",
    "socketserver",
)
"""Modules that end their own forked children by `os._exit`."""

SPAWNED_HORSE = "RQ_EXECUTION_ID"
"""What rq's `SpawnWorker` tells a work horse that it has not forked; it leaves in the same way."""


class _LeavingModule(ModuleType):
    """`os`, but for how a process leaves."""

    def __init__(self, on_leave: Callable[[], object]) -> None:
        super().__init__(os.__name__, os.__doc__)
        self._on_leave = on_leave

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def __dir__(self) -> list[str]:
        return dir(os)

    def _exit(self, status: int) -> None:
        try:
            self._on_leave()
        finally:
            os._exit(status)


def told_of_leaving(on_leave: Callable[[], object]) -> None:
    """
    Have a function called before this process leaves by one of `LEAVERS`; call it in a forked child.

    Args:
        on_leave: Returns within its deadline.
    """
    leaving = _LeavingModule(on_leave)
    for name in LEAVERS:
        module = sys.modules.get(name)
        if module is not None and vars(module).get("os") is os:
            vars(module)["os"] = leaving
