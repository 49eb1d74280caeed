"""
Context propagation into `multiprocessing.pool.ThreadPool`: each job runs in the context of its submitter, and in none without one.

The methods that take jobs are replaced on `ThreadPool` alone, once its module has been imported. Pools of processes are left alone.
"""

import functools
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from opentelemetry.context import Context, attach, detach, get_current

from otel_agent.instruments.imports import Watch, after_import
from otel_agent.instruments.inherited_context import settled

__all__ = ["forget_frame", "install", "run_in"]

MODULE = "multiprocessing.pool"
METHODS = ("apply_async", "imap", "imap_unordered", "map", "map_async", "starmap", "starmap_async")


class ThreadPoolPropagation:
    """What is replaced; made by `install`, ends with `close`."""

    def __init__(self) -> None:
        self._is_active = True
        self._placed: list[tuple[type, str, Any]] = []
        self._watch: Watch | None = None
        module = sys.modules.get(MODULE)
        if module is not None and hasattr(module, "ThreadPool"):
            self._replace(module)
        else:
            self._watch = after_import(MODULE.__eq__, self._replace)

    def close(self) -> None:
        """Put everything back; what somebody else has wrapped since merely passes calls on."""
        self._is_active = False
        if self._watch is not None:
            self._watch.close()
        while self._placed:
            pool, name, method = self._placed.pop()
            if vars(pool).get(name) is method:
                delattr(pool, name)

    def _replace(self, module: ModuleType) -> None:
        pool: Any = module.ThreadPool
        for name in METHODS:
            if name not in vars(pool) and hasattr(pool, name):
                method = self._method(getattr(pool, name))
                setattr(pool, name, method)
                self._placed.append((pool, name, method))

    def _method(self, below: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(below)
        def method(pool: Any, /, *args: Any, **kwargs: Any) -> Any:
            if self._is_active:
                if args:
                    args = (_carried(args[0]), *args[1:])
                elif "func" in kwargs:
                    kwargs["func"] = _carried(kwargs["func"])
            return below(pool, *args, **kwargs)

        return method


def install() -> ThreadPoolPropagation:
    """
    Let jobs of thread pools run in the context of their submitter.

    Returns:
        What ends it with `close`.
    """
    return ThreadPoolPropagation()


def run_in(context: Context, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """
    Call a function in a context of OpenTelemetry's.

    Args:
        context: Current while it runs.
        function: The agent's; its exceptions pass without a trace of this call.
        *args: For the function.
        **kwargs: For the function.
    """
    token = attach(context)
    try:
        return function(*args, **kwargs)
    except BaseException as error:
        forget_frame(error)
        raise
    finally:
        detach(token)


def forget_frame(error: BaseException) -> None:
    """
    Take the frame that has caught an exception off its traceback; a `raise` without more adds none.

    Args:
        error: Caught just now, on its way through.
    """
    caught = error.__traceback__
    if caught is not None:
        BaseException.with_traceback(error, caught.tb_next)


def _carried(function: Any) -> Any:
    return functools.partial(run_in, settled(get_current()), function)
