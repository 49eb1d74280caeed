"""Ends that are not signals: return, exception, exit function, worker's end. The last ones in real processes."""

import atexit
import re
import signal
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest
from ledger_process import LONG_S, ledger_agent

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


@pytest.mark.parametrize(
    ("mode", "status", "says"),
    [("return", 0, ""), ("raise", 1, "ValueError: the agent's own mistake"), ("status", 3, ""), ("closed", 0, "")],
)
def test_a_program_that_ends_by_itself_loses_nothing(tmp_path: Path, mode: str, status: int, says: str) -> None:
    """Return, exception and `sys.exit` keep their status and their last words."""
    with ledger_agent(tmp_path, mode) as run:
        code, _ = run.end()

    assert (status, set()) == (code, run.lost())
    assert 100 == len(run.lines("accepted"))
    assert says in run.errors
    assert says or run.errors == ""


def test_what_exit_functions_of_the_agent_do_is_kept(tmp_path: Path) -> None:
    """Those registered after init run before the end."""
    with ledger_agent(tmp_path, "late") as run:
        code, _ = run.end()

    assert (0, 150, set()) == (code, len(run.lines("accepted")), run.lost())


def test_an_impatient_interrupt_at_the_end_ends_at_once(tmp_path: Path) -> None:
    """Ctrl-C while a program that has returned still delivers."""
    with ledger_agent(tmp_path, "stuck-end", LONG_S) as run:
        run.ready()
        run.closing()
        run.send(signal.SIGINT)
        code, took_s = run.end()

    assert (0, set()) == (code, run.lost())
    assert took_s < LONG_S / 2


def test_forked_children_deliver_what_is_theirs(tmp_path: Path) -> None:
    """`os.fork` and `sys.exit`: each child's own, once."""
    with ledger_agent(tmp_path, "fork") as run:
        code, _ = run.end()

    assert (0, 150, set()) == (code, len(run.lines("accepted")), run.lost())
    assert len(run.lines("delivered")) == len(set(run.lines("delivered")))


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_children_of_multiprocessing_lose_nothing(tmp_path: Path, method: str) -> None:
    """Process, ProcessPoolExecutor, and a Pool that is terminated: all of 110 arrive, once each."""
    with ledger_agent(tmp_path, f"pools-{method}") as run:
        code, _ = run.end()

    assert (0, "") == (code, re.sub(r"(?m)^.*resource_tracker.*$", "", run.errors).strip())
    assert (110, set()) == (len(run.lines("accepted")), run.lost())
    assert len(run.lines("delivered")) == len(set(run.lines("delivered")))


def test_init_outside_the_main_thread_says_so_and_still_covers_the_exit(tmp_path: Path) -> None:
    """Only the main thread may install handlers."""
    with ledger_agent(tmp_path, "thread") as run:
        code, _ = run.end()

    assert (0, set()) == (code, run.lost())
    assert "main thread" in run.lines("events")[0]
