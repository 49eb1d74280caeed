"""How types and lines are told to people: where a line is, which types say nothing without one, which lines name a type."""

import linecache
import os
import re
import sys
from collections.abc import Mapping
from pathlib import PurePath

__all__ = ["is_common", "likely_place", "line_text", "names_type", "place"]

_MOST_READ = 200
"""Lines whose text is read, those with most blocks first."""


def place(filename: str, line: int) -> str:
    """
    File and line for people.

    Args:
        filename: As the frame names it.
        line: Its number.

    Returns:
        "trader/book.py:112": relative to the working directory, or the last two parts of the path.
    """
    path = PurePath(filename)
    try:
        path = path.relative_to(os.getcwd())  # noqa: PTH109 - a string is all that is needed
    except (ValueError, OSError):
        path = PurePath(*path.parts[-2:])
    return f"{path.as_posix()}:{line}"


def line_text(filename: str, line: int) -> str:
    """
    The text of a line, without the blanks around it.

    Args:
        filename: As the frame names it.
        line: Its number.

    Returns:
        Empty when the file is not there.
    """
    return linecache.getline(filename, line).strip()


def names_type(text: str, name: str) -> bool:
    """
    Whether a type stands in a line of code.

    Args:
        text: The line.
        name: Full name of the type.
    """
    return re.search(rf"\b{re.escape(name.rpartition('.')[2])}\b", text) is not None


def likely_place(name: str, lines: Mapping[tuple[str, int], tuple[int, int]]) -> tuple[str, int] | None:
    """
    The line that allocated most of those that name a type: Python 3.11 cannot tell where an object with attributes was allocated.

    Args:
        name: Full name of the type.
        lines: Bytes and blocks by file and line.

    Returns:
        File and line; `None` when no line names it.
    """
    largest = sorted(lines, key=lambda each: -lines[each][1])[:_MOST_READ]
    return next((each for each in largest if names_type(line_text(*each), name)), None)


def is_common(name: str) -> bool:
    """
    Whether a type is a builtin or of the standard library: without the line it says nothing.

    Args:
        name: Full name of the type.
    """
    return "." not in name or name.partition(".")[0] in sys.stdlib_module_names
