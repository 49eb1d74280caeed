"""What is called at the end of a process, in the process that ends."""

import atexit
import sys
import types
from collections.abc import Callable

import pytest

from otel_agent.lifecycle.exit_hooks import ExitHooks


class Exits:
    """Stands in for `atexit`: the last one registered is called first."""

    def __init__(self) -> None:
        self.functions: list[Callable[[], object]] = []

    def register(self, function: Callable[[], object]) -> None:
        self.functions.append(function)

    def unregister(self, function: Callable[[], object]) -> None:
        self.functions = [known for known in self.functions if known != function]

    def run(self) -> None:
        while self.functions:
            self.functions.pop()()


@pytest.fixture
def exits(monkeypatch: pytest.MonkeyPatch) -> Exits:
    """Nobody is registered."""
    found = Exits()
    monkeypatch.setattr(atexit, "register", found.register)
    monkeypatch.setattr(atexit, "unregister", found.unregister)
    return found


def test_it_is_called_once_and_after_what_was_registered_later(exits: Exits) -> None:
    """Install is safe twice."""
    told: list[str] = []
    hooks = ExitHooks(lambda: told.append("end"))
    hooks.install()
    hooks.install()
    exits.register(lambda: told.append("the agent's own"))
    exits.run()

    assert ["the agent's own", "end"] == told


def test_what_was_closed_is_not_called(exits: Exits) -> None:
    """Close is safe before install and twice."""
    told: list[str] = []
    hooks = ExitHooks(lambda: told.append("end"))
    hooks.close()
    hooks.install()
    hooks.close()
    hooks.close()
    exits.run()

    assert [] == told


def test_an_interrupt_hurries_the_end_and_goes_no_further(exits: Exits) -> None:
    """The second call waits for what the first one began."""
    told: list[str] = []

    def end() -> None:
        told.append("end")
        if len(told) == 1:
            raise KeyboardInterrupt

    hooks = ExitHooks(end, hurry=lambda: told.append("hurry"))
    hooks.install()
    exits.run()

    assert ["end", "hurry", "end"] == told


def test_a_celery_worker_that_has_done_its_share_is_noticed(exits: Exits, monkeypatch: pytest.MonkeyPatch) -> None:
    """It leaves without exit functions and finalizers, after a signal of celery's."""
    told: list[str] = []
    receivers: dict[str, Callable[..., object]] = {}

    def connect(receiver: Callable[..., object], *, weak: bool, dispatch_uid: str) -> None:
        receivers[dispatch_uid] = receiver

    signals = types.ModuleType("celery.signals")
    signals.worker_process_shutdown = types.SimpleNamespace(connect=connect)  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, "celery.signals", signals)
    hooks = ExitHooks(lambda: told.append("end"))
    hooks.install()
    hooks.reinit_after_fork()
    for receiver in receivers.values():
        receiver(sender="worker", pid=1, exitcode=0)
    hooks.close()

    assert ["end"] == told


def test_without_process_pools_there_is_nothing_to_join(exits: Exits, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is imported for it."""
    for name in ("multiprocessing.util", "billiard.util", "celery.signals"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    before = set(sys.modules)
    hooks = ExitHooks(lambda: None)
    hooks.install()
    hooks.close()

    assert before == set(sys.modules)
