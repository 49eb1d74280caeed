"""
Forks: whoever has threads and locks comes to a rest before one, goes on in the parent and begins anew in the child.

The interpreter's hooks cannot be taken back, so there is one set of them for all, and followers are held weakly. One fork
follows another: a second thread that forks waits for the first, so that nobody is asked to rest twice. Nothing here raises,
because what a hook raises is printed on the agent's standard error.

Once everybody rests, a fork waits for modules that our threads are loading. The interpreter gives a child every module lock as
it is at the fork. One that another thread holds is never given back there, and whoever needs the module in the child waits for
ever. Much of this package is loaded when it is first needed, on threads the agent knows nothing of, so the agent cannot be asked
to take care. What libraries load by themselves on those threads is seen by importlib's locks, which are private to it; where they
have another shape, only what `late_imports` loads is waited for.
"""

import _thread
import os
import sys
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from otel_agent import guard, late_imports, primitives
from otel_agent.clock import monotonic_s
from otel_agent.lifecycle.fork_warning import ForkWarning

__all__ = ["Forking", "follow_forks", "resting", "wait_for_imports"]

ORDER_LOCK_S = 2.0
"""How long a fork waits for that of another thread, in seconds."""

LOADING_S = 3.0
"""How long a fork waits for modules that our threads are loading, in seconds."""

_LOOK_S = 0.001


class Forking(Protocol):
    """What takes part in a fork."""

    def hold_for_fork(self) -> None:
        """Come to a rest, before."""

    def go_on_after_fork(self) -> None:
        """Go on, in the parent."""

    def reinit_after_fork(self) -> None:
        """Begin anew, in the child."""


class _Followers:
    """Everybody who follows, in the order in which they began to."""

    def __init__(self) -> None:
        self._inner: list[weakref.ref[Forking]] = []
        self._outermost: list[weakref.ref[Forking]] = []
        self._order_lock = primitives.Lock()
        self._is_order_locked = False
        self._is_hooked = False
        self._warning = ForkWarning()
        self._held: tuple[list[Forking], list[Forking]] = [], []
        """Those inside and the outermost that were told of the present fork: whoever was held goes on, and does not vanish meanwhile."""

    def add(self, follower: Forking, *, is_outermost: bool) -> None:
        if any(reference() is follower for reference in self._inner + self._outermost):
            return
        if is_outermost:
            self._outermost = _with(self._outermost, follower)
        else:
            self._inner = _with(self._inner, follower)
        if not self._is_hooked and hasattr(os, "register_at_fork"):
            self._is_hooked = True
            os.register_at_fork(
                before=self._before, after_in_parent=self._after_in_parent, after_in_child=self._after_in_child
            )

    @contextmanager
    def resting(self) -> Iterator[None]:
        self._before()
        self._warning.restore()
        try:
            yield
        finally:
            self._after_in_parent()

    def _before(self) -> None:
        self._is_order_locked = self._order_lock.acquire(timeout=ORDER_LOCK_S)
        # The last to follow feeds those before it, so it rests first.
        inner, outermost = self._held = _alive(self._inner), _alive(self._outermost)
        self._each(reversed(inner + outermost), lambda follower: follower.hold_for_fork())
        with guard.guarded("lifecycle.fork", "a fork could not wait for modules that are being loaded"):
            late_imports.hold_for_fork()
            wait_for_imports(LOADING_S)
            self._warning.leave_out()

    def _after_in_parent(self) -> None:
        self._warning.restore_in_parent()
        late_imports.go_on_after_fork()
        (inner, outermost), self._held = self._held, ([], [])
        self._each(inner + outermost, lambda follower: follower.go_on_after_fork())
        if self._is_order_locked:
            self._order_lock.release()

    def _after_in_child(self) -> None:
        self._warning.restore()
        self._order_lock = primitives.Lock()
        primitives.reinit_after_fork()
        late_imports.reinit_after_fork()
        guard.shared.reinit_after_fork()
        (inner, outermost), self._held = self._held, ([], [])
        self._each(outermost + inner, lambda follower: follower.reinit_after_fork())

    @staticmethod
    def _each(followers: Iterable[Forking], action: Callable[[Forking], None]) -> None:
        for follower in followers:
            with guard.guarded("lifecycle.fork", "a part of the agent's telemetry could not follow a fork"):
                action(follower)


def _alive(references: list["weakref.ref[Forking]"]) -> list[Forking]:
    return [follower for reference in references if (follower := reference()) is not None]


def _with(followers: list["weakref.ref[Forking]"], follower: Forking) -> list["weakref.ref[Forking]"]:
    return [*(reference for reference in followers if reference() is not None), weakref.ref(follower)]


_shared = _Followers()


def follow_forks(follower: Forking, *, is_outermost: bool = False) -> None:
    """
    Tell somebody of every fork from now on, for as long as it lives; safe twice.

    Args:
        follower: Whoever takes part; held weakly. Those that began to follow later are held first, and go on and begin anew last.
        is_outermost: Whether it is held before all others, whenever it began to follow; goes on after them, and begins anew before them.
    """
    _shared.add(follower, is_outermost=is_outermost)


def resting() -> AbstractContextManager[None]:
    """
    Have everybody rest for as long as a block runs, as before a fork; not to be used one inside the other.

    For what must not happen while our threads are in the middle of something: modules that they load hold locks by the identity of
    the thread, and a library may be about to change what identities are.
    """
    return _shared.resting()


def wait_for_imports(timeout_s: float) -> bool:
    """
    Wait until none of our modules, and none that one of our threads needs, is half loaded.

    Args:
        timeout_s: At most, in seconds.

    Returns:
        Whether nothing is half loaded any more.
    """
    end_s = monotonic_s() + timeout_s
    while _loading():
        if monotonic_s() >= end_s:
            return False
        primitives.sleep(_LOOK_S)
    return True


def _loading() -> bool:
    if late_imports.is_loading_elsewhere():
        return True
    locks = getattr(sys.modules.get("_frozen_importlib"), "_module_locks", {})
    owners = [(name, getattr(reference(), "owner", None)) for name, reference in list(locks.items())]
    # importlib asks for what may be the identity of a greenlet by now.
    others = [
        (name, owner) for name, owner in owners if owner not in {None, primitives.get_ident(), _thread.get_ident()}
    ]
    ours = primitives.own_idents()
    return any(owner in ours or name.partition(".")[0] == "otel_agent" for name, owner in others)
