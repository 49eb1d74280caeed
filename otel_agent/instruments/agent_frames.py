"""The agent's own frames on a stack: those whose code lies neither in this package nor in an installed one nor in the standard library."""

import os
import sys
import sysconfig
from types import CodeType, FrameType

__all__ = ["agent_frame", "frames_above", "is_agent_code", "place_of"]

_OURS = f"{os.path.dirname(str(sys.modules[__name__.partition('.')[0]].__file__))}/"  # noqa: PTH120 - as code objects write their paths
_STDLIB = tuple({f"{sysconfig.get_path(key)}/" for key in ("stdlib", "platstdlib")})
_INSTALLED = ("/site-packages/", "/dist-packages/")

MOST_FILES = 4096
DEPTH = 60
"""Frames that are looked at."""

_known: dict[str, bool] = {}
"""Whether a file is the agent's own, by the name that code objects have."""


def is_agent_code(code: CodeType) -> bool:
    """
    Whether code is the agent's own.

    Args:
        code: Code of a frame.
    """
    path = code.co_filename
    known = _known.get(path)
    if known is None:
        if len(_known) >= MOST_FILES:
            _known.clear()
        known = _known[path] = not (
            path.startswith((_OURS, "<frozen")) or any(mark in path for mark in _INSTALLED) or path.startswith(_STDLIB)
        )
    return known


def agent_frame(frame: FrameType | None) -> FrameType | None:
    """
    The innermost frame of the agent's own code.

    Args:
        frame: Frame from which to look outwards; None for none.
    """
    for _ in range(DEPTH):
        if frame is None or is_agent_code(frame.f_code):
            return frame
        frame = frame.f_back
    return None


def frames_above(frame: FrameType | None, most: int = 6) -> tuple[tuple[CodeType, int, int], ...]:
    """
    The agent's own frames, innermost first.

    Args:
        frame: Frame from which to look outwards.
        most: Not more frames than these.

    Returns:
        Code, offset of the present instruction, and identity of each.
    """
    found: list[tuple[CodeType, int, int]] = []
    for _ in range(DEPTH):
        if frame is None or len(found) >= most:
            break
        if is_agent_code(frame.f_code):
            found.append((frame.f_code, frame.f_lasti, id(frame)))
        frame = frame.f_back
    return tuple(found)


def place_of(code: CodeType, line: int | None = None) -> str:
    """
    File and line, as findings name them.

    Args:
        code: Code of a function.
        line: The line; None for the first line of its body or decorator.
    """
    return f"{code.co_filename}:{code.co_firstlineno if line is None else line}"
