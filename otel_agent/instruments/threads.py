"""
Context propagation into the threads and thread pools that the agent starts.

`asyncio` carries the context into tasks and `to_thread` by itself; `threading` and `concurrent.futures` do not. Two methods
are replaced while installed: `Thread.start` (which covers timers and subclasses) and `ThreadPoolExecutor.submit` (which covers
`map` and `loop.run_in_executor`); see `thread_pools` for those of `multiprocessing`. Only the OpenTelemetry context travels; the agent's own context variables stay as Python
leaves them. Process pools are left alone: a context means nothing in another process.

A pool's worker thread does not inherit the context of whoever happened to start it: each job brings its own. Any other thread has its
starter's context until that is over, see `inherited_context`, and lets go of it when it ends.
"""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from opentelemetry.context import Context, attach, detach, get_current

from otel_agent import primitives
from otel_agent.guard import guarded
from otel_agent.instruments import thread_pools
from otel_agent.instruments.inherited_context import InheritedContext, is_late, settled

__all__ = ["install", "uninstall"]

CONTRIB_MODULE = "opentelemetry.instrumentation.threading"
EMPTY = Context()

_THREAD: Any = threading.Thread
_POOL: Any = ThreadPoolExecutor

_lock = primitives.Lock()
"""Guards installing and uninstalling; never taken by a starting thread."""

_is_active = False
"""Whether contexts are carried. Read without the lock: a wrapper that stayed in place only passes calls on."""

_start_below: Callable[[threading.Thread], None] | None = None
"""What `Thread.start` was before us; `None` while we are not in its chain."""

_submit_below: Callable[..., Future[Any]] | None = None
"""What `ThreadPoolExecutor.submit` was before us; `None` while we are not in its chain."""

_thread_pools: thread_pools.ThreadPoolPropagation | None = None

_of_thread = threading.local()
"""`inherited`: the context that the thread has from its starter; `is_late`: whether that one had outlived its own starter's span."""


def install() -> str:
    """
    Make threads and thread pools keep the context; safe to call twice.

    Returns:
        "instrumented", or why nothing was done.
    """
    global _is_active, _start_below, _submit_below, _thread_pools
    with _lock:
        if _is_contrib_active():
            return "already instrumented by opentelemetry-instrumentation-threading"
        _is_active = True
        if _start_below is None:
            _start_below = _THREAD.start
            _THREAD.start = _start
        if _submit_below is None:
            _submit_below = _POOL.submit
            _POOL.submit = _submit
        if _thread_pools is None:
            _thread_pools = thread_pools.install()
    return "instrumented"


def uninstall() -> None:
    """
    Put back what `install` replaced; safe to call twice and without `install`.

    What somebody else has wrapped since stays in place and merely passes calls on.
    """
    global _is_active, _start_below, _submit_below, _thread_pools
    with _lock:
        _is_active = False
        if _thread_pools is not None:
            _thread_pools.close()
            _thread_pools = None
        if _start_below is not None and _THREAD.start is _start:
            _THREAD.start = _start_below
            _start_below = None
        if _submit_below is not None and _POOL.submit is _submit:
            _POOL.submit = _submit_below
            _submit_below = None


def _is_contrib_active() -> bool:
    contrib = sys.modules.get(CONTRIB_MODULE)
    is_active = False
    if contrib is not None:
        with guarded("instruments.threads", "cannot ask opentelemetry-instrumentation-threading whether it is active"):
            is_active = bool(contrib.ThreadingInstrumentor().is_instrumented_by_opentelemetry)
    return is_active


def _start(self: threading.Thread) -> None:
    """Start a thread that begins in the context of its starter."""
    start = _start_below or type(self).start
    context = get_current()
    if not context or not _is_active or self.ident is not None or "run" in self.__dict__:
        start(self)
        return
    carried, late = None, False
    with guarded("instruments.threads", "a thread starts without the context of its starter"):
        late = getattr(_of_thread, "is_late", False) or is_late(getattr(_of_thread, "inherited", None))
        carried = _inheritance(context, late=late)
    if carried is None:
        start(self)
        return
    # An attribute of the instance hides `run` of whatever subclass this is. It is removed by the thread itself when `run`
    # has ended, so that neither the context nor the circle thread -> attribute -> bound method -> thread outlives it.
    self.run = partial(_run, self, self.run, carried, late)  # type: ignore[method-assign]
    try:
        start(self)
    except BaseException:
        self.__dict__.pop("run", None)
        raise


def _inheritance(context: Context, *, late: bool) -> InheritedContext | None:
    """What a thread has from a starter whose context is given; nothing of what a late one merely had from its own starter."""
    if not context or (late and context is getattr(_of_thread, "inherited", None)):
        return None
    return InheritedContext(context, _run.__code__, is_late=late)


def _run(
    thread: threading.Thread,
    run: Callable[[], None],
    context: InheritedContext,
    is_from_late: bool,  # noqa: FBT001 - by `partial`
) -> None:
    _of_thread.inherited = context
    _of_thread.is_late = is_from_late
    token = attach(context)
    try:
        run()
    except BaseException as error:
        thread_pools.forget_frame(error)
        raise
    finally:
        detach(token)
        thread.__dict__.pop("run", None)


def _submit(self: ThreadPoolExecutor, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
    """Submit a job that runs in the context of its submitter."""
    submit = _submit_below or type(self).submit
    context = settled(get_current())
    if not context or not _is_active:
        return submit(self, function, *args, **kwargs)
    # A worker thread may be started in here. It must not begin in the context of this one job.
    token = attach(EMPTY)
    try:
        return submit(self, thread_pools.run_in, context, function, *args, **kwargs)
    finally:
        detach(token)


def _reinit_after_fork() -> None:
    """Make the lock anew in a forked child: a thread that stayed behind may have held it."""
    global _lock
    _lock = primitives.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reinit_after_fork)
