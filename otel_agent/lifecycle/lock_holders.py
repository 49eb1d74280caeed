"""
Lock holders: whether a thread that was stopped between two instructions may hold a lock that the end needs.

A module of ours that calls the agent's functions says so with a mark at its top:

    CALLS_THE_AGENT = True

It promises that it holds nothing of ours meanwhile, neither in its own lines nor in those that called it. What it calls is the
agent's own even where the agent is an installed package.
"""

import os
from pathlib import Path
from types import FrameType

__all__ = ["may_hold_locks"]

LOCKING = frozenset({"otel_agent", "opentelemetry", "threading", "logging", "queue", "importlib", "urllib3", "grpc"})
"""Packages whose locks the end takes: ours, what it collects from and sends with, and what threads are started with."""

_MARK = "CALLS_THE_AGENT"

_STANDARD = str(Path(os.__file__).parent)
_INSTALLED = ("site-packages", "dist-packages")
_FREE = frozenset({("otel_agent.lifecycle.shutdown", "wait"), ("otel_agent.lifecycle.signals", "go_on_after_fork")})
"""Where the main thread waits for the end itself, or lets signals come that had to wait, and holds nothing."""


def may_hold_locks(frame: FrameType | None) -> bool:
    """
    Whether somebody of `LOCKING` is at work on behalf of the innermost code that is the agent's own.

    Args:
        frame: Where the thread was stopped. Libraries in between are passed by; the agent's own code, which may itself have
            been called by one of ours, ends the search.
    """
    is_found = False
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if (module, frame.f_code.co_name) in _FREE:
            return False
        if frame.f_globals.get(_MARK) is True and module.startswith("otel_agent."):
            break
        if module.partition(".")[0] in LOCKING:
            is_found = True
        elif not _is_library(frame.f_code.co_filename):
            break
        frame = frame.f_back
    return is_found


def _is_library(file: str) -> bool:
    return file.startswith((_STANDARD, "<frozen")) or any(part in file for part in _INSTALLED)
