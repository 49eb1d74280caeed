"""
Runs of health checks, beside each other and each with a deadline.

A check occupies at most one worker thread: while one hangs it is reported as timed out and not started again, so a hanging
check costs one thread however long it hangs, and delays no other. Threads are made for a run and end with it; at one run in
thirty seconds that is nothing.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from otel_agent import primitives
from otel_agent.clock import SYSTEM, Clock
from otel_agent.health.registry import Check
from otel_agent.health.states import CheckOutcome
from otel_agent.late_imports import late_module
from otel_agent.lifecycle.threads import with_signals

if TYPE_CHECKING:
    import asyncio
else:
    # For the first check that is a coroutine.
    asyncio = late_module("asyncio")

__all__ = ["CheckRunner"]

REASON_LENGTH = 500
"""Characters of a failure's text that are kept."""


@dataclass(slots=True)
class _CheckRun:
    """One run of a check, finished or not."""

    check: Check
    started_s: float
    report_at_s: float
    """When its being late is worth a word."""
    is_late: bool = False
    """Whether its timeout was reported; what it answers then comes too late."""
    outcome: CheckOutcome | None = None
    """Set once, by the worker, when it has ended."""


class CheckRunner:
    """
    Starts checks that are due and reports their outcomes. Called from one thread, the monitor's.

    Args:
        report: Called with every outcome, from the thread that calls `tick`.
        clock: Clock that says what is due.
        find_loop: Returns the event loop where coroutine checks run, because what they ask belongs to the agent's own loop; None:
            they run on a loop made for the run.
    """

    def __init__(
        self,
        report: Callable[[Check, CheckOutcome], None],
        clock: Clock = SYSTEM,
        find_loop: "Callable[[], asyncio.AbstractEventLoop | None]" = lambda: None,
    ) -> None:
        self._report = report
        self._clock = clock
        self._find_loop = find_loop
        self._runs: dict[str, _CheckRun] = {}
        self._due_s: dict[str, float] = {}

    def tick(self, checks: list[Check]) -> None:
        """
        Collect outcomes, report timeouts, start what is due.

        Args:
            checks: All checks there are now; runs of others are forgotten.
        """
        now_s = self._clock.monotonic_s()
        names = {check.name for check in checks}
        for known in (self._runs, self._due_s):
            for name in [name for name in known if name not in names]:
                del known[name]
        for check in checks:
            run = self._runs.get(check.name)
            if run is not None:
                self._collect(run, now_s)
            if check.name not in self._runs and now_s >= self._due_s.get(check.name, now_s):
                self._due_s[check.name] = now_s + check.interval_s
                self._start(check, now_s)

    def threads(self) -> int:
        """Workers busy now."""
        return sum(run.outcome is None for run in self._runs.values())

    def is_busy(self) -> bool:
        """Whether a check runs that may still answer in time, or has answered and was not collected."""
        return any(not run.is_late for run in list(self._runs.values()))

    def _collect(self, run: _CheckRun, now_s: float) -> None:
        check, outcome = run.check, run.outcome
        if outcome is not None:
            del self._runs[check.name]
            if not run.is_late:
                self._report(
                    check, outcome if outcome.duration_s <= check.timeout_s else _too_late(check, outcome.duration_s)
                )
        elif now_s >= run.report_at_s:
            # Said again each interval, so that thresholds keep counting while it hangs.
            run.is_late = True
            run.report_at_s = now_s + check.interval_s
            self._report(check, _too_late(check, now_s - run.started_s))

    def _start(self, check: Check, now_s: float) -> None:
        run = self._runs[check.name] = _CheckRun(check, now_s, now_s + check.timeout_s)
        try:
            primitives.Thread(target=self._work, args=(run,), name=f"otel-agent-check-{check.name}").start()
        except RuntimeError as error:  # the interpreter is ending or threads are exhausted
            run.outcome = CheckOutcome(is_ok=False, message=f"could not be run: {error}")

    def _work(self, run: _CheckRun) -> None:
        began_s = self._clock.monotonic_s()
        try:
            answer = with_signals(lambda: self._answer(run.check))
            text = "returned False" if answer is False else ""
            is_ok = answer is not False
        except BaseException as error:  # noqa: BLE001 - whatever a check raises is its answer
            text, is_ok = _reason(error), False
        run.outcome = CheckOutcome(is_ok=is_ok, message=text, duration_s=self._clock.monotonic_s() - began_s)

    def _answer(self, check: Check) -> object:
        answer = check.function()
        return _await(answer, check.timeout_s, self._find_loop()) if inspect.isawaitable(answer) else answer


def _too_late(check: Check, duration_s: float) -> CheckOutcome:
    return CheckOutcome(is_ok=False, message=f"timeout: no answer within {check.timeout_s:g} s", duration_s=duration_s)


def _await(answer: Awaitable[object], timeout_s: float, loop: "asyncio.AbstractEventLoop | None") -> object:
    async def within() -> object:
        async with asyncio.timeout(timeout_s):
            return await answer

    if loop is None:
        return asyncio.run(within())
    # No bound here: while the agent's loop is blocked this is a check that hangs, and is reported as one.
    return asyncio.run_coroutine_threadsafe(within(), loop).result()


def _reason(error: BaseException) -> str:
    try:
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    except Exception:  # noqa: BLE001 - an exception's own __str__ may raise
        text = type(error).__name__
    return text[:REASON_LENGTH]
