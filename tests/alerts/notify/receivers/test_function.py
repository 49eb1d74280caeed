"""Functions of the agent's are receivers too."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from otel_agent.alerts.notify.notification import Notification
from otel_agent.alerts.notify.receivers.function import FunctionReceiver, named_function
from otel_agent.errors import RuleError


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


def test_a_function_is_imported_when_it_is_told(
    make_note: Callable[..., Notification], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not before: the module may be one that is only being imported; a name within a class will do."""
    (tmp_path / "callers_of_mine.py").write_text(
        "told = []\nclass Desk:\n    @staticmethod\n    def page(note):\n        told.append(note.title)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    page = named_function("callers_of_mine:Desk.page")
    was_imported = "callers_of_mine" in sys.modules
    page(make_note())

    assert (False, ["[FIRING:1] High"]) == (was_imported, sys.modules.pop("callers_of_mine").told)


def test_what_is_no_function_is_refused() -> None:
    """A module that is not there, and an object that cannot be called, are mistakes at once."""
    with pytest.raises(RuleError, match="no module 'nowhere_at_all'"):
        named_function("nowhere_at_all.alerts:page")
    with pytest.raises(RuleError, match="a function of one notification is expected, not 5"):
        FunctionReceiver("f", 5)  # type: ignore[arg-type]
