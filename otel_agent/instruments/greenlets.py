"""
Context propagation into the greenlets that the agent spawns, with gevent and eventlet.

A greenlet begins in an empty context. Its spawner's is put there before it begins: the OpenTelemetry context alone, since the agent's
own context variables stay as the library leaves them. gevent says when a greenlet is started (`Greenlet.add_spawn_callback`), so nothing
is replaced for that; `gevent.spawn_raw` and `eventlet.spawn_n` do not say so, and begin without. Jobs of `gevent.threadpool` bring the
context of whoever submits them. A greenlet that has a context already (SQLAlchemy's, Playwright's) keeps it.

The import of the library is also the moment when our own threads leave the list of `threading`; see `primitives`. While the library
replaces the standard library's parts they rest: a module that one of them is loading would never be given back.
"""

import sys
from collections.abc import Callable
from contextvars import Context as Variables
from functools import wraps
from types import ModuleType
from typing import Any

from opentelemetry.context import Context, attach, detach, get_current

from otel_agent import primitives
from otel_agent.guard import guarded
from otel_agent.instruments.imports import Watch, after_import
from otel_agent.lifecycle.forks import resting

__all__ = ["install", "uninstall"]

_watch: Watch | None = None
_undo: dict[str, Callable[[], object]] = {}
"""By module that is followed: what takes that back."""


_PATCHING = ("patch_all", "patch_thread", "monkey_patch")
"""Functions that replace what threads, or their identities, are."""

_patching: set[int] = set()
"""Threads that are doing so."""


def install() -> None:
    """Make greenlets keep the context, from the import of their library on; safe to call twice."""
    global _watch
    if _watch is None:
        _watch = after_import(_IMPORTS.__contains__, _follow)
    _follow()


def uninstall() -> None:
    """Put back what was replaced; safe to call twice and without `install`."""
    global _watch
    if _watch is not None:
        _watch.close()
        _watch = None
    while _undo:
        _, undo = _undo.popitem()
        with guarded("instruments.greenlets", "the context of greenlets could not be left alone again"):
            undo()


def _follow(_imported: ModuleType | None = None) -> None:
    for name, follow in _FOLLOW.items():
        module = sys.modules.get(name)
        if module is not None and name not in _undo:
            primitives.unlist()
            with guarded("instruments.greenlets", f"greenlets of {name} begin without their spawner's context"):
                _undo[name] = follow(module)


def _follow_patching(module: Any) -> Callable[[], object]:
    undo = [_replace(module, name, _resting(getattr(module, name))) for name in _PATCHING if hasattr(module, name)]

    def undo_all() -> None:
        for each in undo:
            each()

    return undo_all


def _resting(below: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(below)
    def patch(*args: Any, **kwargs: Any) -> Any:
        thread = primitives.get_ident()
        if thread in _patching:  # one of these calls the others
            return below(*args, **kwargs)
        _patching.add(thread)
        try:
            with resting():
                return below(*args, **kwargs)
        finally:
            _patching.discard(thread)

    return patch


def _follow_gevent(module: Any) -> Callable[[], object]:
    kind = module.Greenlet
    kind.add_spawn_callback(_carry)
    return lambda: kind.remove_spawn_callback(_carry)


def _follow_eventlet(module: Any) -> Callable[[], object]:
    kind = module.GreenThread
    below = kind.__init__

    @wraps(below)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        below(self, *args, **kwargs)
        _carry(self)

    return _replace(kind, "__init__", init)


def _follow_thread_pools(module: Any) -> Callable[[], object]:
    kind = module.ThreadPool
    below = kind.spawn

    @wraps(below)
    def spawn(self: Any, func: Any, /, *args: Any, **kwargs: Any) -> Any:
        context = get_current()
        return below(self, _job, context, func, *args, **kwargs) if context else below(self, func, *args, **kwargs)

    return _replace(kind, "spawn", spawn)


def _replace(kind: Any, name: str, ours: Any) -> Callable[[], object]:
    below = getattr(kind, name)
    setattr(kind, name, ours)

    def undo() -> None:
        if getattr(kind, name) is ours:
            setattr(kind, name, below)

    return undo


def _carry(greenlet: Any) -> None:
    """Called in the spawner, before the greenlet begins."""
    context = get_current()
    if not context:
        return
    with guarded("instruments.greenlets", "a greenlet begins without its spawner's context"):
        if greenlet.gr_context is None:
            variables = Variables()
            variables.run(attach, context)
            greenlet.gr_context = variables


def _job(context: Context, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    token = attach(context)
    try:
        return function(*args, **kwargs)
    finally:
        detach(token)


_FOLLOW: dict[str, Callable[[Any], Callable[[], object]]] = {
    "gevent.greenlet": _follow_gevent,
    "gevent.threadpool": _follow_thread_pools,
    "gevent.monkey": _follow_patching,
    "eventlet.greenthread": _follow_eventlet,
    "eventlet.patcher": _follow_patching,
    "eventlet": _follow_patching,
}

_IMPORTS = frozenset({*_FOLLOW, "gevent"}) - {"gevent.greenlet"}
"""After whose import there is something to follow; gevent puts compiled modules in the place of its own while it is imported."""
