"""
What is measured: each module starts one way of instrumenting an agent and offers the same operations.

A module defines `start(endpoint) -> Subject`. It may import only its own environment's packages, because each runs in its
own process, peers in their own virtual environment.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any


@dataclass
class Subject:
    """One way of instrumenting, started."""

    root: Callable[[], AbstractContextManager[Any]]
    """A span that the traced calls stand under."""
    traced: Callable[[], None]
    """A call of an empty traced function."""
    traced5: Callable[[], None]
    """The same, setting a text, an int, a float, a bool and another text in its body."""
    flush: Callable[[], object]
    """Send what waits, and return when it was sent."""
    coroutine: Callable[[], Any] | None = None
    """A traced coroutine function."""
    generator: Callable[[], Any] | None = None
    """A traced generator function that yields once."""
    log: Callable[[], None] | None = None
    """A log record with three extras."""


FIVE = {"symbol": "ACME", "size": 300, "price": 101.25, "is_paper": True, "venue": "XNYS"}
"""The attributes of `traced5`."""
