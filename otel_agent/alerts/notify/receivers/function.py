"""Receiver that hands alerts to a function of the agent's, plain or async."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from otel_agent.alerts.notify.notification import Notification

__all__ = ["FunctionReceiver"]


class FunctionReceiver:
    """
    Calls a function with each notification, in the receiver's thread; a coroutine is run to its end there.

    Args:
        name: Name of the receiver, as routes call it.
        function: Function of one notification, plain or async.
        timeout_s: How long a coroutine may take, in seconds.
    """

    repeats_s: float | None = None

    def __init__(
        self, name: str, function: Callable[[Notification], Awaitable[Any] | Any], timeout_s: float = 10.0
    ) -> None:
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
