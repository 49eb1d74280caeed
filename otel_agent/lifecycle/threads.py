"""
Own threads, where one can be had.

A container may be at its limit of processes, a subinterpreter may allow no daemon threads, an interpreter may be ending. Then whoever
wants a thread does its work on the thread that calls it: at a flush, at the end, when it is asked. That is said once for all of them.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from otel_agent import guard, primitives, signal_masks
from otel_agent.lifecycle.idle_threads import is_the_end

__all__ = ["begin_thread", "with_signals"]

_T = TypeVar("_T")


def begin_thread(name: str, target: Callable[..., object], *args: Any) -> primitives.Thread | None:
    """
    Begin a daemon thread. Never raises.

    Args:
        name: Name of the thread, behind "otel-agent-".
        target: Called on it.
        *args: Arguments of the call.

    Returns:
        The thread; None where none can be had, which is said once a minute at most, and not at the interpreter's end.
    """
    thread = primitives.Thread(target, f"otel-agent-{name}", args)
    try:
        thread.start()
    except (RuntimeError, MemoryError) as error:  # exhausted, forbidden in a subinterpreter, or it is the end
        if not is_the_end(error):
            guard.shared.report(
                "lifecycle.threads",
                "no thread can be had: telemetry is collected and sent at a flush and at the end only, on the thread that"
                " calls, and nothing is watched in between; allow the agent more threads",
                error,
            )
        return None
    return thread


def with_signals(function: Callable[[], _T]) -> _T:
    """
    Call a function of the agent's, on whatever thread: where that is ours, with the signals that its starter took.

    Args:
        function: Called once.

    Returns:
        What it returns.
    """
    thread = primitives.current()
    return function() if thread is None else signal_masks.calling(thread.mask, function)
