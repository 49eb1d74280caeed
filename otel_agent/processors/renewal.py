"""
Forks: no collection is cut in two by one, and the SDK's metric storage is made anew in the child.

A child inherits locks that a thread of the parent held, and with it a deadlock at its first measurement; and it inherits the
parent's counts, which would be reported twice. So the child drops both: its storage begins empty, with locks of its own.

The SDK offers no public way to do this. The private names stand in this file only; where one of them is gone, the child keeps
what it inherited and a line says so.
Source: https://github.com/open-telemetry/opentelemetry-python/issues/4345
"""

import os
import threading
import weakref
from collections.abc import Callable
from typing import Any, Protocol

from opentelemetry.sdk.metrics.export import MetricReader

from otel_agent import guard

__all__ = ["Forking", "follow_forks", "renew"]


class Forking(Protocol):
    """What takes part in a fork."""

    def hold_for_fork(self) -> None:
        """Come to a rest, before."""

    def go_on_after_fork(self) -> None:
        """Go on, in the parent."""

    def reinit_after_fork(self) -> None:
        """Begin anew, in the child."""


_followers: "weakref.WeakSet[Forking]" = weakref.WeakSet()
_is_following = False


def follow_forks(follower: Forking) -> None:
    """
    Tell somebody of every fork from now on, for as long as it lives.

    Args:
        follower: Held weakly.
    """
    global _is_following
    _followers.add(follower)
    if _is_following or not hasattr(os, "register_at_fork"):
        return
    # Hooks cannot be taken back, so there is one set of them for all.
    _is_following = True
    os.register_at_fork(
        before=lambda: _each(lambda follower: follower.hold_for_fork()),
        after_in_parent=lambda: _each(lambda follower: follower.go_on_after_fork()),
        after_in_child=lambda: _each(lambda follower: follower.reinit_after_fork()),
    )


def _each(action: Callable[[Forking], None]) -> None:
    for follower in list(_followers):
        with guard.guarded("metrics.fork", "metrics could not follow a fork"):
            action(follower)


def renew(reader: MetricReader) -> None:
    """
    Empty what a reader's provider has stored and replace its locks; only in a child, before its first measurement.

    Args:
        reader: Registered at a provider of the SDK; one that is not is left alone.
    """
    collect = getattr(reader, "_collect", None)
    consumer: Any = getattr(collect, "__self__", None)
    if consumer is None:
        return
    try:
        consumer._lock = threading.Lock()  # noqa: SLF001 - see the module
        storages = consumer._reader_storages  # noqa: SLF001 - see the module
        for storage in list(storages.values()):
            storage._lock = threading.RLock()  # noqa: SLF001 - see the module
            storage._instrument_view_instrument_matches = {}  # noqa: SLF001 - see the module
    except AttributeError as error:
        guard.shared.report("metrics.fork", "the forked child reports its parent's counts: the SDK has changed", error)
