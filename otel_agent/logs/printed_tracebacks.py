"""
Tracebacks that travel as text: what type of exception they tell of, and what it said.

A record that was pickled, or put into a queue, has no exception any more but the text that a formatter has made of it.

Source: https://docs.python.org/3/library/logging.handlers.html#logging.handlers.QueueHandler.prepare
"""

import re
from typing import Any

__all__ = ["described", "split"]

_HEADER = r"(?m)^(?:  \+ Exception Group )?Traceback \(most recent call last\):$"
_STACK = "\nStack (most recent call last):\n"
_GROUP_LINE = "  | "
_TYPE = r"[^\W\d][\w.<>]*"


def described(text: str) -> dict[str, Any]:
    """
    Attributes of an exception, read in its traceback.

    Args:
        text: Traceback with what may stand before it, as Python prints it; one that is printed otherwise gives the stack trace alone.

    Returns:
        `exception.stacktrace` and, where they can be told, `exception.type` and `exception.message`.
    """
    trace, _, stack = text.partition(_STACK)
    attributes: dict[str, Any] = {}
    headers = list(re.finditer(_HEADER, trace))
    said = _said(trace[headers[-1].end() :], is_group="Group" in headers[-1].group()) if headers else trace
    name, _, message = said.strip().partition(": ")
    if re.fullmatch(_TYPE, name):
        attributes = {"exception.type": name, "exception.message": message}
    attributes["exception.stacktrace"] = trace.rstrip("\n")
    if stack:
        attributes["code.stacktrace"] = f"{_STACK[1:]}{stack}".rstrip("\n")
    return attributes


def split(message: str) -> tuple[str, dict[str, Any]] | None:
    """
    A message and the exception that was joined to it.

    Args:
        message: A formatted message.

    Returns:
        The message alone, and attributes as `described` has them; None when no traceback stands in it.
    """
    header = re.search(_HEADER, message)
    if header is None or not header.start():
        return None
    return message[: header.start()].rstrip("\n"), described(message[header.start() :])


def _said(trace: str, *, is_group: bool) -> str:
    """Type and message: what follows the frames, which are indented."""
    found: list[str] = []
    for line in trace.splitlines():
        if is_group:
            if not line.startswith(_GROUP_LINE):
                if found:
                    break
                continue
            line = line[len(_GROUP_LINE) :]  # noqa: PLW2901 - the same line without its margin
        if found or (line and not line.startswith(" ")):
            found.append(line)
    return "\n".join(found)
