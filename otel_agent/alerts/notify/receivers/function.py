"""
Receiver that hands alerts to a function of the agent's, plain or async.

A function named in the configuration is imported when the first alert is told, in the receiver's own thread: nothing of the
agent is imported before the agent does it, and a module that calls `init()` while it is imported is complete by then.
"""

import asyncio
import inspect
import os
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from otel_agent.alerts.notify.notification import Notification
from otel_agent.errors import RuleError

__all__ = ["FunctionReceiver", "named_function"]

Told = Callable[[Notification], Awaitable[Any] | Any]
"""A function of one notification, plain or async."""


class FunctionReceiver:
    """
    Calls a function with each notification, in the receiver's thread; a coroutine is run to its end there.

    Args:
        name: Name of the receiver, as routes call it.
        function: Function of one notification, plain or async.
        timeout_s: How long a coroutine may take, in seconds.

    Raises:
        RuleError: When it is no function.
    """

    repeats_s: float | None = None

    def __init__(self, name: str, function: Told, timeout_s: float = 10.0) -> None:
        if not callable(function):
            raise RuleError([f"notifier {name!r}: a function of one notification is expected, not {function!r}"])
        self.name = name
        self._function = function
        self._timeout_s = timeout_s

    def send(self, notification: Notification) -> None:
        """
        Call the function.

        Args:
            notification: The notification.

        Raises:
            Exception: What the function raises, or `TimeoutError`.
        """
        result = self._function(notification)
        if inspect.isawaitable(result):
            asyncio.run(self._awaited(result))

    async def _awaited(self, result: Awaitable[Any]) -> None:
        async with asyncio.timeout(self._timeout_s):
            await result


def named_function(path: str) -> Told:
    """
    A function by its path, imported at its first call.

    Args:
        path: Module and name: "trader.alerts:page".

    Returns:
        A function that calls it.

    Raises:
        RuleError: When there is no such module.
    """
    module, _, name = path.partition(":")
    top = module.partition(".")[0]
    try:
        is_there = top in sys.modules or find_spec(top) is not None
    except (ImportError, ValueError):
        is_there = False
    if not is_there:
        raise RuleError([f"there is no module {top!r} to import {path!r} from"])
    # Looked at now: a script that has ended by an exception has no file any more.
    return partial(_call, "__main__" if _is_the_script(module) else module, name)


def _call(module: str, name: str, notification: Notification) -> Any:
    found: Any = import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found(notification)


def _is_the_script(module: str) -> bool:
    """Whether a module is the started script, which must not run again under its other name."""
    if module in sys.modules or "." in module:
        return False
    started = getattr(sys.modules["__main__"], "__file__", None)
    spec = find_spec(module)
    if started is None or spec is None or spec.origin is None:
        return False
    return os.path.realpath(str(started)) == os.path.realpath(spec.origin)
