"""
Modules that are just being loaded by one of our threads: a fork waits for them.

The interpreter gives a child every module lock as it is at the fork. One that another thread holds is never given back there, and
whoever needs the module in the child waits for ever. Much of this package is loaded when it is first needed, on threads the agent
knows nothing of, so the agent cannot be asked to take care. The locks themselves are private to importlib; where they have another
shape nothing is waited for.
"""

import sys
import threading
import time

from otel_agent.clock import monotonic_s

__all__ = ["wait_for_imports"]

_LOOK_S = 0.001


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
        time.sleep(_LOOK_S)
    return True


def _loading() -> bool:
    locks = getattr(sys.modules.get("_frozen_importlib"), "_module_locks", {})
    owners = [(name, getattr(reference(), "owner", None)) for name, reference in list(locks.items())]
    others = [(name, owner) for name, owner in owners if owner not in {None, threading.get_ident()}]
    if not others:
        return False
    ours = {thread.ident for thread in threading.enumerate() if thread.name.startswith("otel-agent")}
    return any(owner in ours or name.partition(".")[0] == "otel_agent" for name, owner in others)
