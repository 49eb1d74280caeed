"""
Standard streams as programs leave them: absent, closed, replaced by an object that has nothing but `write`.

Whoever asks a stream something, or writes to standard error, does it through here: a stream is foreign code, and what it raises is
nobody's concern but its own.

Source: https://docs.python.org/3/library/sys.html#sys.stderr ("any object is acceptable as long as it has a write() method")
"""

import threading
from typing import Any

__all__ = ["descriptor", "is_terminal", "write", "writing"]

writing: set[int] = set()
"""
Threads inside of `write`.

A stream may hand on what it takes: to a logger, most of all. What is logged on such a thread then is our own line again.
"""


def is_terminal(stream: Any) -> bool:
    """
    Whether somebody can read at once what is written to a stream. Never raises.

    Args:
        stream: `sys.stderr` or what stands in its place; None counts as nobody.
    """
    try:
        return stream.isatty() is True
    except Exception:  # noqa: BLE001 - a stream is foreign code; one that cannot tell is no terminal
        return False


def descriptor(stream: Any) -> int | None:
    """
    The file descriptor behind a stream. Never raises.

    Args:
        stream: `sys.stderr` or what stands in its place.

    Returns:
        None where there is none.
    """
    try:
        found = stream.fileno()
    except Exception:  # noqa: BLE001 - see `is_terminal`
        return None
    return found if type(found) is int and found >= 0 else None


def write(stream: Any, text: str) -> bool:
    """
    Write a text and flush it, where the stream can be flushed. Never raises.

    Args:
        stream: `sys.stderr` or what stands in its place; None takes nothing.
        text: Whole lines, with their line breaks.

    Returns:
        Whether the stream took it.
    """
    thread = threading.get_ident()
    writing.add(thread)
    try:
        stream.write(text)
        flush = getattr(stream, "flush", None)
        if flush is not None:
            flush()
    except Exception:  # noqa: BLE001 - see `is_terminal`
        return False
    finally:
        writing.discard(thread)
    return True
