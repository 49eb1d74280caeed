"""
Where a logger hands a record to its handlers: the one place that sees every record, exchanged without a trace.

    logging.Logger.handle ──► callHandlers: first ours, then exactly what would have happened
"""

import logging
import sys
import threading
from collections.abc import Callable
from types import FrameType, FunctionType
from typing import Any

__all__ = ["handed_on_here", "install_bridge", "quietly"]

_reading: set[int] = set()
"""Threads that ask something of the agent's for us, see `quietly`."""


def quietly(function: Callable[..., Any], *arguments: Any) -> Any:
    """
    Call what may run code of the agent's, to read a record: whatever is logged meanwhile is logged because of us, and goes nowhere.

    Args:
        function: Reads something.
        *arguments: Of the call.

    Returns:
        What it returns.
    """
    thread = threading.get_ident()
    if thread in _reading:
        return function(*arguments)
    _reading.add(thread)
    try:
        return function(*arguments)
    finally:
        _reading.discard(thread)


def install_bridge(handler: logging.Handler, *, is_last_resort: bool = False) -> Callable[[], None]:
    """
    Let a handler see every record any logger hands out, without being among any logger's handlers.

    A handler on the root would stop `logging.basicConfig` from doing anything, would be thrown out by `dictConfig`, would
    silence `logging.lastResort`, and would be found by `hasHandlers` and by frameworks that look for handlers before they
    add theirs. So the one method through which a logger hands a record to its handlers is wrapped: first ours, then exactly
    what would have happened. Filters and levels of loggers apply; loggers with `propagate = False` are seen too.

    Args:
        handler: Its `handle` must not raise.
        is_last_resort: True when the handler writes to the console itself: then `logging.lastResort`, which writes there
            what no handler took, would say everything twice and is not asked.

    A handler that looks for whoever logged walks up the frames past those of logging, or counts them. So where the method is
    logging's own, it is exchanged for one that does the same in as many frames, which say that they are logging's.

    A message that logs when it is turned into a text, does so because of us while it is being taken; that never was.

    Returns:
        A function that takes it out again. It may be called twice, and when somebody else has wrapped the method since,
        it leaves a wrapper behind that does nothing.

    Source: the same place is used by sentry_sdk/integrations/logging.py, for the same reasons.
    """
    original = logging.Logger.callHandlers
    hook = _Hook(handler, is_last_resort=is_last_resort)
    make = _standard_dispatch if _is_standard(original) else _wrapping_dispatch
    callHandlers = _disguised(make(hook, original), original)  # noqa: N806 - logging's own name
    _dispatches.add(id(callHandlers.__code__))

    def remove() -> None:
        hook.is_installed = False
        if logging.Logger.callHandlers is callHandlers:
            logging.Logger.callHandlers = original  # type: ignore[method-assign]

    logging.Logger.callHandlers = callHandlers  # type: ignore[method-assign]
    return remove


def handed_on_here() -> logging.LogRecord | None:
    """The record of logging whose handlers the calling thread is in, when the bridge has seen it; None outside of them."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - as logging does
    while frame is not None:
        if id(frame.f_code) in _dispatches:
            record = frame.f_locals.get("record")
            return record if isinstance(record, logging.LogRecord) else None
        frame = frame.f_back
    return None


_dispatches: set[int] = set()
"""Code objects that stand in for `Logger.callHandlers`, by identity; they live as long as the process."""
_STANDARD_NAMES = (
    "handlers", "levelno", "level", "handle", "propagate", "parent", "lastResort", "raiseExceptions", "manager",
    "emittedNoHandlerWarning", "sys", "stderr", "write", "name",
)  # fmt: skip
"""What the method that `_standard_dispatch` stands in for makes use of; one that uses anything else is wrapped."""


class _Hook:
    """One installation of a handler."""

    __slots__ = ("handler", "is_installed", "is_last_resort")

    def __init__(self, handler: logging.Handler, *, is_last_resort: bool) -> None:
        self.handler = handler
        self.is_last_resort = is_last_resort
        self.is_installed = True


def _is_standard(method: Any) -> bool:
    code = getattr(method, "__code__", None)
    return (
        getattr(method, "__globals__", None) is vars(logging) and code is not None and code.co_names == _STANDARD_NAMES
    )


def _disguised(function: Any, original: Any) -> Any:
    """The same function, as if it stood in logging: what walks up the frames compares files, or the dictionaries of globals."""
    code = function.__code__.replace(
        co_filename=logging.__file__,
        co_firstlineno=getattr(getattr(original, "__code__", None), "co_firstlineno", 1),
        co_qualname="Logger.callHandlers",
    )
    made = FunctionType(code, vars(logging), "callHandlers", None, function.__closure__)
    made.__doc__, made.__module__, made.__qualname__ = original.__doc__, "logging", "Logger.callHandlers"
    return made


def _standard_dispatch(hook: _Hook, original: Any) -> Any:  # noqa: ARG001, C901 - in place of `_wrapping_dispatch`; as long as logging's own
    module, busy, thread = logging, _reading, threading.get_ident

    # Names of logging's own locals, which debuggers show; whatever else is used comes by closure, for the globals will be logging's.
    def callHandlers(self: Any, record: Any) -> None:  # noqa: N802 - logging's own name
        if busy and thread() in busy:
            return
        is_taken = hook.is_installed and record.levelno >= hook.handler.level
        if is_taken:
            hook.handler.handle(record)
        c = self
        found = 0
        while c:
            for hdlr in c.handlers:
                found = found + 1
                if record.levelno >= hdlr.level:
                    hdlr.handle(record)
            c = c.parent if c.propagate else None
        if found == 0 and not (is_taken and hook.is_last_resort):
            if module.lastResort:
                if record.levelno >= module.lastResort.level:
                    module.lastResort.handle(record)
            elif module.raiseExceptions and not self.manager.emittedNoHandlerWarning:
                module.sys.stderr.write(f'No handlers could be found for logger "{self.name}"\n')  # type: ignore[attr-defined] # logging imports it
                self.manager.emittedNoHandlerWarning = True

    return callHandlers


def _wrapping_dispatch(hook: _Hook, original: Any) -> Any:
    busy, thread = _reading, threading.get_ident

    def callHandlers(self: Any, record: Any) -> None:  # noqa: N802 - logging's own name
        if busy and thread() in busy:
            return
        if hook.is_installed and record.levelno >= hook.handler.level:
            hook.handler.handle(record)
            if hook.is_last_resort and not self.hasHandlers():
                return
        original(self, record)

    return callHandlers
