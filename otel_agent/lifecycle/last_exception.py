"""
The exception that ends this process, when no span has seen it: raised by a script's own lines, or by a function without a span.

Nothing is installed for it. The interpreter keeps an exception that nobody has caught in `sys.last_exc` (before 3.12 in
`sys.last_value`) before it runs exit functions; a child of `multiprocessing` and a `with` block are being left by it at that moment.

Source: https://docs.python.org/3/library/sys.html#sys.last_exc
"""

import sys
from types import TracebackType

__all__ = ["last_exception"]


def last_exception() -> tuple[str, str] | None:
    """
    Asked in the thread that ends the process, while it ends.

    Returns:
        Name of the function that raised it, or of the module for a line outside every function; and the name of its type. `None` when
        the process ends in peace, by `sys.exit` or Ctrl-C, or is a session in which somebody types, whose exceptions end nothing.
    """
    error = sys.exc_info()[1]
    if error is None:
        error = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
        if error is None or not _has_ended_script(error.__traceback__):
            return None
    if not isinstance(error, Exception):
        return None
    return _place(error.__traceback__), type(error).__name__


def _has_ended_script(trace: TracebackType | None) -> bool:
    """Whether an exception has left the program's outermost frame: notebooks, shells and test runners catch theirs below it."""
    if trace is None or hasattr(sys, "ps1"):
        return False
    code = trace.tb_frame.f_code
    return code.co_name == "<module>" or "runpy" in code.co_filename


def _place(trace: TracebackType | None) -> str:
    if trace is None:
        return "__main__"
    while trace.tb_next is not None:
        trace = trace.tb_next
    frame = trace.tb_frame
    name = getattr(frame.f_code, "co_qualname", frame.f_code.co_name)
    return str(frame.f_globals.get("__name__", name)) if name == "<module>" else name
