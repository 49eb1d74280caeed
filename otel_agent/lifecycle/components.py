"""A component: a name, how it starts, how it closes, what it does around a fork. `lifecycle` owns them, `shutdown` closes them."""

from collections.abc import Callable
from typing import NamedTuple

__all__ = ["Component"]


class Component(NamedTuple):
    """A part that starts and closes. Each callable may be None: there is nothing to do then."""

    name: str
    start: Callable[[], object] | None = None
    """Raises when it cannot."""
    close: Callable[[float], object] | None = None
    """Takes the seconds it may use and returns within them; called at most once, from any thread."""
    at_most_s: float | None = None
    """Of the time that is left it may use no more than this to close, in seconds; None sets no bound of its own."""
    saves_data: bool = False
    """Whether a reserve of time is kept for it, whatever hangs before it; where nobody says so, it is kept for the last."""
    hurry: Callable[[], object] | None = None
    """Called from another thread while it closes, when there is no more time: save what can be saved now."""
    hold_for_fork: Callable[[], object] | None = None
    go_on_after_fork: Callable[[], object] | None = None
    reinit_after_fork: Callable[[], object] | None = None
    """In a child. What saves data begins anew there even if its parent was closing it; it is closed in the child too."""
