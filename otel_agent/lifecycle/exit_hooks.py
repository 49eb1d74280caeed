"""
Ways a process ends that are not signals: return, exception, `sys.exit`, and the children of process pools.

`atexit` covers the first three. It calls the last one registered first, so that what the agent registers after `init` is done
before the end. Children of `multiprocessing` and of billiard (celery's) leave by `os._exit`, which skips it; they run
finalizers of their own, and those are joined in the child, where the inherited ones have been dropped. A celery worker that
has done its share of tasks skips even those, and sends a signal of celery's before it goes. Children of others, such as rq's work
horse, have nothing of the kind; see `leaving`.
Source: https://github.com/open-telemetry/opentelemetry-python-contrib/issues/4916

A child that a thread has forked ends with that thread; see `left_alone`.

Child processes come into being by a fork of this process, by a fork of a server that never called `init`, or afresh. In the
first case the fork's hook finds us in the child; in the other two `init` is called in the child, and joins there.
"""

import atexit
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from otel_agent import primitives
from otel_agent.late_imports import late_module
from otel_agent.lifecycle.forks import follow_forks
from otel_agent.lifecycle.leaving import SPAWNED_HORSE, told_of_leaving

if TYPE_CHECKING:
    from otel_agent.lifecycle import left_alone
else:
    left_alone = late_module("otel_agent.lifecycle.left_alone")  # for children of threads alone

__all__ = ["ExitHooks"]

LAST = -100
"""Priority of the finalizer: after everybody else's, and after the child's own children have ended."""


class ExitHooks:
    """
    Calls one function at the end of this process and of every forked child's; nothing is registered before `install`.

    Args:
        on_end: Called at the end, perhaps more than once; returns within its deadline and does not raise.
        hurry: Called when a person presses Ctrl-C while it runs: save what can be saved now; returns at once.
    """

    def __init__(self, on_end: Callable[[], object], *, hurry: Callable[[], object] | None = None) -> None:
        self._on_end = on_end
        self._hurry = hurry
        self._is_installed = self._is_forked_in_thread = False
        self._pid = 0

    def install(self) -> None:
        """Register; safe twice."""
        if self._is_installed:
            return
        self._is_installed = True
        self._pid = os.getpid()
        atexit.register(self._end)
        follow_forks(self)
        self._join_pools()
        if SPAWNED_HORSE in os.environ:
            told_of_leaving(self._end)

    def close(self) -> None:
        """Take back what can be taken back; safe before `install` and twice."""
        self._is_installed = False
        atexit.unregister(self._end)

    def hold_for_fork(self) -> None:
        """Nothing is held; who forks is remembered."""
        self._is_forked_in_thread = not primitives.is_main_thread()

    def go_on_after_fork(self) -> None:
        """Nothing was held."""

    def reinit_after_fork(self) -> None:
        """Join the finalizers of the child."""
        if self._is_installed:
            self._join_pools()
            if self._pid != os.getpid():
                told_of_leaving(self._end)
                if self._is_forked_in_thread:
                    left_alone.end_when_left_alone(self._end)

    def _join_pools(self) -> None:
        for package in ("multiprocessing", "billiard", "multiprocess"):
            util: Any = sys.modules.get(f"{package}.util")
            process: Any = sys.modules.get(f"{package}.process")
            if util is None or process is None:
                continue  # not loaded: this process is not a child of its
            # Run in the child once the inherited finalizers and exit functions have been dropped.
            util.register_after_fork(self, _joining(util))
            if getattr(process, "parent_process", _nobody)() is not None:
                _joining(util)(self)
        celery: Any = sys.modules.get("celery.signals")
        if celery is not None:
            celery.worker_process_shutdown.connect(
                self._end_with_celery, weak=False, dispatch_uid=f"otel_agent-{id(self)}"
            )

    def _end_with_celery(self, **_: object) -> None:
        self._end()

    def _end(self) -> None:
        if not self._is_installed:
            return
        try:
            self._on_end()
        except KeyboardInterrupt:
            if self._hurry is not None:
                self._hurry()
                with suppress(KeyboardInterrupt):
                    self._on_end()
        _keep_interrupted_status()


def _joining(util: Any) -> Callable[[ExitHooks], None]:
    def join(hooks: ExitHooks) -> None:
        util.Finalize(None, hooks._end, exitpriority=LAST)  # noqa: SLF001 - of this module
        # From 3.13 on such a child runs its exit functions too, after having dropped the inherited ones.
        atexit.unregister(hooks._end)  # noqa: SLF001 - of this module
        atexit.register(hooks._end)  # noqa: SLF001 - of this module

    return join


def _keep_interrupted_status() -> None:
    """
    Let a process that a KeyboardInterrupt has ended be seen to have died of SIGINT.

    The interpreter remembers it in a flag that any source text run meanwhile, such as that of a data class in a module
    imported at the end, sets back. Running one that ends with a KeyboardInterrupt sets it again.

    Source: `run_eval_code_obj` in CPython's Python/pythonrun.c.
    """
    if getattr(sys, "last_type", None) is KeyboardInterrupt and not hasattr(sys, "ps1"):
        with suppress(KeyboardInterrupt):
            exec("raise KeyboardInterrupt")  # noqa: S102 - our own text


def _nobody() -> None:
    return None
