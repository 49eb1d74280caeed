"""
Call sites: where in the agent's code a statement comes from.

Looked up only for statements that deserve it, because walking up the stack costs microseconds. Under asyncio SQLAlchemy runs in
a greenlet of its own, whose stack ends where the greenlet begins; the search goes on in the greenlet that awaits it.
"""

import os
import sys
import sysconfig
from collections.abc import Iterator
from types import FrameType
from typing import Any

from otel_agent.catalog import database as names

__all__ = ["call_site"]

_OURS = __name__.partition(".")[0]
_PACKAGE = f"{os.path.dirname(str(sys.modules[_OURS].__file__))}/"  # noqa: PTH120 - as code objects write their paths
"""Folder of this whole package, wherever this module stands in it."""
_MACHINERY = ("sqlalchemy", "greenlet", "sqlmodel")
"""Packages that stand between the agent's code and the database."""
_STDLIB = tuple({f"{sysconfig.get_path(key)}/" for key in ("stdlib", "platstdlib")})
_INSTALLED = ("/site-packages/", "/dist-packages/")

_DEPTH = 200
"""Frames that are looked at."""


def call_site() -> dict[str, Any] | None:
    """
    Find the innermost frame of the agent's own code; of installed packages when there is none.

    Returns:
        `code.function.name`, `code.file.path`, `code.line.number`; `None` when only machinery is on the stack.
    """
    installed: FrameType | None = None
    for frame in _frames():
        path = frame.f_code.co_filename
        if path.startswith((_PACKAGE, "<")) or _package(frame) in _MACHINERY:
            continue
        if any(mark in path for mark in _INSTALLED):
            installed = installed or frame
        elif not path.startswith(_STDLIB):
            return _describe(frame)
    return None if installed is None else _describe(installed)


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _frames() -> Iterator[FrameType]:
    looked_at = 0
    for innermost in (sys._getframe(2), _awaiting_frame()):  # noqa: SLF001 - the documented way to the stack
        frame = innermost
        while frame is not None and looked_at < _DEPTH:
            yield frame
            frame = frame.f_back
            looked_at += 1


def _awaiting_frame() -> FrameType | None:
    greenlet = sys.modules.get("greenlet")
    if greenlet is None:
        return None
    parent = greenlet.getcurrent().parent
    frame: FrameType | None = parent.gr_frame if parent is not None else None
    return frame


def _describe(frame: FrameType) -> dict[str, Any]:
    module = frame.f_globals.get("__name__")
    name = frame.f_code.co_qualname
    return {
        names.CODE_FUNCTION_NAME: f"{module}.{name}" if module else name,
        names.CODE_FILE_PATH: frame.f_code.co_filename,
        names.CODE_LINE_NUMBER: frame.f_lineno,
    }
