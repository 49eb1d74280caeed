"""A forked child whose parent holds something at that moment."""

import multiprocessing
from collections.abc import Callable
from contextlib import AbstractContextManager

__all__ = ["status_of_child"]


def status_of_child(target: Callable[[], object], held: AbstractContextManager[object]) -> int | None:
    """
    Fork a child while something is held, and wait for it.

    Args:
        target: Called in the child.
        held: A lock, held in the parent at the fork.

    Returns:
        How the child ended; None when it did not within half a minute, and was killed.
    """
    child = multiprocessing.get_context("fork").Process(target=target)
    with held:
        child.start()
    child.join(30)
    status = child.exitcode
    child.kill()
    child.join()
    return status
