"""
Stack traces as Python prints them, with the text of each place worked out once.

Most of what `traceback` does for an exception is the same for the next one from the same place: it asks the file system whether the
source has changed, reads the line, works out which part of it to underline. That text is kept by code object and instruction, so
an exception that comes again costs a fraction. Whatever has more to it than frames and a message (a syntax error, a name that is
almost another, a group, notes) is left to `traceback`.
"""

import sys
import traceback
from types import CodeType, TracebackType

__all__ = ["CAUSED", "DURING", "formatted"]

CAUSED = "\nThe above exception was the direct cause of the following exception:\n\n"
DURING = "\nDuring handling of the above exception, another exception occurred:\n\n"

_HEADING = "Traceback (most recent call last):\n"
_MORE_TO_SAY = (SyntaxError, NameError, AttributeError, ImportError, BaseExceptionGroup)
"""Exceptions for which `traceback` prints more than their message."""
_SHOWN_REPEATS = 3
"""Times that the same line is printed in a row; see `traceback.StackSummary.format`."""
_MOST_PLACES = 1024
_MOST_FRAMES = 200
"""A longer stack is a recursion, which costs what it costs."""

_places: dict[tuple[int, int], tuple[CodeType, str]] = {}
"""Printed frames, by the identity of their code and the instruction in it; the code is held, so that its identity stays its own."""


def formatted(error: BaseException) -> str:
    """
    An exception's traceback with its causes, exactly as `traceback.format_exception` gives it.

    Args:
        error: The exception.

    Raises:
        Exception: Whatever the exception's own code raises when `traceback` asks it.
    """
    text = None if hasattr(sys, "tracebacklimit") else _quickly(error)
    return "".join(traceback.format_exception(error)) if text is None else text


def _quickly(error: BaseException) -> str | None:
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None:
        if isinstance(current, _MORE_TO_SAY) or getattr(current, "__notes__", None) is not None or id(current) in seen:
            return None
        seen.add(id(current))
        frames, line = _frames(current.__traceback__), _last_line(current)
        if frames is None or line is None:
            return None
        parts.append(f"{_HEADING}{frames}{line}" if frames else line)
        if current.__cause__ is not None:
            parts.append(CAUSED)
            current = current.__cause__
        elif current.__context__ is not None and not current.__suppress_context__:
            parts.append(DURING)
            current = current.__context__
        else:
            current = None
    return "".join(reversed(parts))


def _last_line(error: BaseException) -> str | None:
    try:
        kind, text = type(error), str(error)
    except Exception:  # noqa: BLE001 - an exception's own __str__ may raise
        return None
    module = kind.__module__
    name = kind.__qualname__ if module in {"__main__", "builtins"} else f"{module}.{kind.__qualname__}"
    return f"{name}: {text}\n" if text else f"{name}\n"


def _frames(step: TracebackType | None) -> str | None:
    texts: list[str] = []
    last: tuple[str, int | None, str] | None = None
    repeats = 0
    while step is not None:
        code = step.tb_frame.f_code
        place = (code.co_filename, step.tb_lineno, code.co_name)
        repeats = repeats + 1 if place == last else 0
        last = place
        if repeats >= _SHOWN_REPEATS or len(texts) >= _MOST_FRAMES:
            return None
        known = _places.get((id(code), step.tb_lasti))
        texts.append(_place(step, code) if known is None else known[1])
        step = step.tb_next
    return "".join(texts)


def _place(step: TracebackType, code: CodeType) -> str:
    alone = TracebackType(None, step.tb_frame, step.tb_lasti, step.tb_lineno)
    text = "".join(traceback.extract_tb(alone).format())
    if len(_places) >= _MOST_PLACES:
        _places.clear()
    _places[id(code), step.tb_lasti] = (code, text)
    return text
