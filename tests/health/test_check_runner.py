"""Runs of health checks: beside each other, bounded in time and threads."""

import asyncio
import threading
from collections.abc import Callable

from waiting import until

from otel_agent.clock import ManualClock
from otel_agent.health.check_runner import CheckRunner
from otel_agent.health.registry import Check
from otel_agent.health.states import CheckOutcome


class Board:
    """A runner, its clock, and what was reported."""

    def __init__(self, *checks: Check) -> None:
        self.clock = ManualClock()
        self.outcomes: list[tuple[str, bool, str]] = []
        self.checks = list(checks)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.runner = CheckRunner(self._report, self.clock, lambda: self.loop)

    def _report(self, check: Check, outcome: CheckOutcome) -> None:
        self.outcomes.append((check.name, outcome.is_ok, outcome.message))

    def tick(self, after_s: float = 0.0) -> None:
        """One round, after some time."""
        self.clock.advance(after_s)
        self.runner.tick(self.checks)

    def settle(self, busy: int = 0) -> None:
        """Wait until no more than so many workers are busy, and collect what they answered."""
        until(self.runner.threads, lambda threads: threads <= busy, interval_s=0.005)
        self.tick()


def fail(text: str) -> Callable[[], object]:
    """A check that raises."""

    def function() -> None:
        raise ConnectionError(text)

    return function


def test_sync_and_async_checks_answer_in_their_own_words() -> None:
    """Returning is success, False and exceptions are not."""

    async def good() -> str:
        await asyncio.sleep(0)
        return "fine"

    async def slow() -> None:
        await asyncio.sleep(60)

    board = Board(
        Check("returns", lambda: None),
        Check("says no", lambda: False),
        Check("raises", fail("refused")),
        Check("coroutine", good),
        Check("slow coroutine", slow, timeout_s=0.05),
    )
    board.tick()
    board.settle()

    assert {
        ("returns", True, ""),
        ("says no", False, "returned False"),
        ("raises", False, "ConnectionError: refused"),
        ("coroutine", True, ""),
        ("slow coroutine", False, "TimeoutError"),
    } == set(board.outcomes)


def test_an_error_whose_text_cannot_be_had_is_named_by_its_type() -> None:
    """An exception's own `__str__` may raise."""

    class OddError(Exception):
        def __str__(self) -> str:
            raise ValueError

    def odd() -> None:
        raise OddError

    board = Board(Check("odd", odd))
    board.tick()
    board.settle()

    assert [("odd", False, "OddError")] == board.outcomes


def test_checks_run_beside_each_other() -> None:
    """Two that wait for each other both succeed."""
    meeting = threading.Barrier(2)
    board = Board(Check("a", lambda: meeting.wait(10)), Check("b", lambda: meeting.wait(10)))
    board.tick()
    board.settle()

    assert {("a", True, ""), ("b", True, "")} == set(board.outcomes)


def test_a_hanging_check_occupies_one_worker_and_no_more() -> None:
    """It is reported as late again and again, and the others go on."""
    release = threading.Event()
    board = Board(Check("hangs", release.wait, interval_s=10, timeout_s=5), Check("works", lambda: None, interval_s=10))
    for _ in range(20):
        board.tick(10)
        board.settle(busy=1)

    assert 1 == board.runner.threads()
    assert 20 == board.outcomes.count(("works", True, ""))
    assert 19 <= board.outcomes.count(("hangs", False, "timeout: no answer within 5 s")) <= 20
    release.set()
    board.settle()


def test_an_answer_that_comes_too_late_does_not_count() -> None:
    """What was reported as late stays a failure; the next run begins at once."""
    release = threading.Event()
    board = Board(Check("a", release.wait, interval_s=10, timeout_s=5))
    board.tick()
    board.tick(6)
    release.set()
    board.settle()

    assert [("a", False, "timeout: no answer within 5 s")] == board.outcomes


def test_an_answer_between_two_rounds_is_judged_by_how_long_it_took() -> None:
    """A success after the timeout is none."""
    board = Board()
    board.checks = [Check("a", lambda: board.clock.advance(7), interval_s=30, timeout_s=5)]
    board.tick()
    board.settle()

    assert [("a", False, "timeout: no answer within 5 s")] == board.outcomes


def test_a_check_runs_each_interval_and_not_before() -> None:
    """The interval counts from one beginning to the next."""
    calls: list[float] = []
    board = Board()
    board.checks = [Check("a", lambda: calls.append(board.clock.monotonic_s()), interval_s=30)]
    for _ in range(7):
        board.tick(10)
        board.settle()

    assert [10, 40, 70] == calls


def test_a_check_that_is_gone_is_forgotten() -> None:
    """Its outcome is nobody's."""
    board = Board(Check("a", lambda: None))
    board.tick()
    board.checks = []
    board.settle()

    assert [] == board.outcomes


def test_a_coroutine_check_runs_on_the_agents_own_loop() -> None:
    """What it asks (a pool, a client) belongs to that loop."""
    loops: list[asyncio.AbstractEventLoop] = []

    async def check() -> None:
        loops.append(asyncio.get_running_loop())

    async def main() -> asyncio.AbstractEventLoop:
        board = Board(Check("a", check))
        board.loop = asyncio.get_running_loop()
        board.tick()
        await asyncio.to_thread(board.settle)
        return board.loop

    assert [asyncio.run(main())] == loops
