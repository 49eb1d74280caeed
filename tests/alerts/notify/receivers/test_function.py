"""Functions of the agent's are receivers too."""

import asyncio
from collections.abc import Callable

import pytest

from otel_agent.alerts.notify.notification import Notification
from otel_agent.alerts.notify.receivers.function import FunctionReceiver


def test_functions_may_be_async_and_are_bounded(make_note: Callable[..., Notification]) -> None:
    """A coroutine is run to its end in the receiver's thread; one that does not end is ended."""
    told: list[str] = []

    async def tell(notification: Notification) -> None:
        told.append(notification.title)

    async def never(_: Notification) -> None:
        await asyncio.Event().wait()

    FunctionReceiver("f", tell).send(make_note())
    with pytest.raises(TimeoutError):
        FunctionReceiver("f", never, timeout_s=0.01).send(make_note())

    assert ["[FIRING:1] High"] == told


def test_what_a_function_raises_is_a_failed_attempt(make_note: Callable[..., Notification]) -> None:
    """The worker hears of it, and tries again."""

    def broken(_: Notification) -> None:
        raise LookupError("no desk")

    with pytest.raises(LookupError, match="no desk"):
        FunctionReceiver("f", broken).send(make_note())
