"""
Checks and heartbeats as the agent declares them, before or after `init`.

One registry for the process, because the decorators stand at the top of the agent's modules. It only remembers; `monitor`
runs what is in it.
"""

import functools
import inspect
import math
from collections.abc import Awaitable, Callable
from numbers import Integral, Real
from typing import Any, NamedTuple, TypeVar, overload

from otel_agent import primitives
from otel_agent.arguments import with_known_names
from otel_agent.clock import SYSTEM, Clock

__all__ = ["Check", "CheckRegistry", "Heartbeat", "health_check", "heartbeat", "shared"]

CheckFunction = Callable[[], object] | Callable[[], Awaitable[object]]
F = TypeVar("F", bound=Callable[..., object])

INTERVAL_S = 30.0
TIMEOUT_S = 5.0
FAILURE_THRESHOLD = 3
SUCCESS_THRESHOLD = 1


class Check(NamedTuple):
    """A question to ask again and again."""

    name: str
    """Name of the component in /healthz."""
    function: CheckFunction
    """Takes nothing; returns when all is well (False counts as a failure), raises when not. May be a coroutine function."""
    is_critical: bool = False
    """Whether its failure makes the agent unhealthy rather than degraded."""
    interval_s: float = INTERVAL_S
    """Seconds between the beginnings of two runs."""
    timeout_s: float = TIMEOUT_S
    """Seconds after which a run counts as failed."""
    failure_threshold: int = FAILURE_THRESHOLD
    """Failures in a row before the component is unhealthy."""
    success_threshold: int = SUCCESS_THRESHOLD
    """Successes in a row before it is healthy again."""


class Heartbeat:
    """
    A sign of life the agent gives itself; silence is the failure.

    Calling it costs one reading of the clock and one assignment, from any thread. Silence counts from the declaration, or from the
    end of the set-up, whichever is later.

    Args:
        name: Name of the component in /healthz.
        within_s: Longest silence that is still life, in seconds.
        is_critical: Whether silence makes the agent unhealthy rather than degraded.
        clock: Clock that times the silence.
    """

    def __init__(self, name: str, within_s: float, *, is_critical: bool, clock: Clock) -> None:
        self.name = name
        self.within_s = within_s
        self.is_critical = is_critical
        self._now_s = clock.monotonic_s
        self.last_s = self._now_s()
        """When it last beat, on the monotonic clock."""
        self.thread_id: int | None = None
        """The thread that beat last, whose stack is shown when it falls silent; None before the first beat."""

    def __call__(self) -> None:
        """Give a sign of life."""
        self.last_s = self._now_s()
        self.thread_id = primitives.get_ident()

    def stop(self) -> None:
        """Say that the loop has ended as it should, so that silence is no failure any more; the next beat ends that."""
        self.last_s = math.inf

    def age_s(self) -> float:
        """Seconds since the last beat; never late, and negative, after `stop`."""
        return self._now_s() - self.last_s


class CheckRegistry:
    """
    Every check and heartbeat declared so far. Thread-safe: `_lock` guards both dictionaries.

    Args:
        clock: Clock of its heartbeats.
    """

    def __init__(self, clock: Clock = SYSTEM) -> None:
        self._clock = clock
        self._lock = primitives.Lock()
        self._checks: dict[str, Check] = {}
        self._heartbeats: dict[str, Heartbeat] = {}

    def add(self, check: Check) -> None:
        """Remember a check; what else went by its name is forgotten."""
        with self._lock:
            self._heartbeats.pop(check.name, None)
            self._checks[check.name] = check

    def heartbeat(self, name: str, within_s: float, *, critical: bool = True) -> Heartbeat:
        """
        Remember a heartbeat; what else went by its name is forgotten.

        Args:
            name: Name of the component in /healthz.
            within_s: Longest silence that is still life, in seconds.
            critical: Whether silence makes the agent unhealthy rather than degraded.

        Returns:
            The heartbeat, to be called.
        """
        beat = Heartbeat(name, within_s, is_critical=critical, clock=self._clock)
        with self._lock:
            self._checks.pop(name, None)
            self._heartbeats[name] = beat
        return beat

    def remove(self, name: str) -> None:
        """Forget what goes by a name; unknown names are ignored."""
        with self._lock:
            self._checks.pop(name, None)
            self._heartbeats.pop(name, None)

    def checks(self) -> list[Check]:
        """Every check, in order of declaration."""
        with self._lock:
            return list(self._checks.values())

    def heartbeats(self) -> list[Heartbeat]:
        """Every heartbeat, in order of declaration."""
        with self._lock:
            return list(self._heartbeats.values())

    def reinit_after_fork(self) -> None:
        """Make the lock anew in a forked child."""
        self._lock = primitives.Lock()


shared = CheckRegistry()
"""The process's own registry."""


@overload
def health_check(name: F, /) -> F: ...
@overload
def health_check(
    name: str | None = None,
    *,
    critical: bool = False,
    interval_s: float = INTERVAL_S,
    timeout_s: float = TIMEOUT_S,
    failure_threshold: int = FAILURE_THRESHOLD,
    success_threshold: int = SUCCESS_THRESHOLD,
) -> Callable[[F], F]: ...
@with_known_names
def health_check(
    name: Any = None,
    *,
    critical: bool = False,
    interval_s: float = INTERVAL_S,
    timeout_s: float = TIMEOUT_S,
    failure_threshold: int = FAILURE_THRESHOLD,
    success_threshold: int = SUCCESS_THRESHOLD,
) -> Any:
    """
    Declare a function as a health check.

    Args:
        name: Name of the component in /healthz; the function's by default. The decorated function itself when used without brackets.
        critical: Whether its failure makes the agent unhealthy, and so not ready, rather than degraded.
        interval_s: Seconds between two runs, above 0.
        timeout_s: Seconds after which a run counts as failed; it keeps its one worker until it returns.
        failure_threshold: Failures in a row before the component is unhealthy; at least 1.
        success_threshold: Successes in a row before it is healthy again; at least 1.

    Returns:
        A decorator that gives the function back unchanged. The function takes nothing, may be a coroutine function, and
        says that all is well by returning anything but False.

    Raises:
        TypeError: An argument has the wrong type, or there is none of that name; or what is decorated cannot be called or is a
            generator function.
        ValueError: A number is out of its range.

    Example:
        ```python
        @otel_agent.health_check("broker", critical=True)
        def broker_answers():
            ...  # return, or raise
        ```
    """
    if callable(name):
        return health_check()(name)
    if name is not None:
        _check_name("health check", name)
    place = "health check" if name is None else f"health check {name!r}"
    _check_flag(place, "critical", critical)
    _check_seconds(place, "interval_s", interval_s)
    _check_seconds(place, "timeout_s", timeout_s)
    _check_count(place, "failure_threshold", failure_threshold)
    _check_count(place, "success_threshold", success_threshold)

    def declare(function: F) -> F:
        if not callable(function):
            raise TypeError(f"{place}: function must be something that can be called, not {function!r}")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{place}: function is a generator function, whose body a call does not run: let it return or raise"
            )
        named = _name_of(function) if name is None else name
        shared.add(Check(named, function, critical, interval_s, timeout_s, failure_threshold, success_threshold))
        return function

    return declare


@with_known_names
def heartbeat(name: str, within_s: float, *, critical: bool = True) -> Heartbeat:
    """
    Declare a sign of life for a loop that cannot be asked.

    Args:
        name: Name of the component in /healthz.
        within_s: Longest silence that is still life, in seconds, above 0.
        critical: Whether silence makes the agent unhealthy rather than degraded.

    Returns:
        The heartbeat, to be called each time the loop comes round.

    Raises:
        TypeError: An argument has the wrong type, or there is none of that name.
        ValueError: `within_s` is not above 0.

    Example:
        ```python
        beat = otel_agent.heartbeat("main loop", within_s=10)
        beat()
        ```
    """
    _check_name("heartbeat", name)
    _check_seconds(f"heartbeat {name!r}", "within_s", within_s)
    _check_flag(f"heartbeat {name!r}", "critical", critical)
    return shared.heartbeat(name, within_s, critical=critical)


def _name_of(function: Any) -> str:
    inner = function.func if isinstance(function, functools.partial) else function
    name: str = getattr(inner, "__name__", None) or type(inner).__name__
    return name


def _check_name(place: str, name: Any) -> None:
    if not isinstance(name, str):
        raise TypeError(f"{place}: name must be a string, not {name!r}")


def _check_flag(place: str, argument: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise TypeError(f"{place}: {argument} must be True or False, not {value!r}")


def _check_seconds(place: str, argument: str, value: Any) -> None:
    if type(value) is bool or not isinstance(value, Real):
        raise TypeError(f"{place}: {argument} must be a number of seconds, not {value!r}")
    if not float(value) > 0:  # nor "not a number"
        raise ValueError(f"{place}: {argument} must be above 0, not {value!r}")


def _check_count(place: str, argument: str, value: Any) -> None:
    if type(value) is bool or not isinstance(value, Integral):
        raise TypeError(f"{place}: {argument} must be a whole number, not {value!r}")
    if value < 1:
        raise ValueError(f"{place}: {argument} must be at least 1, not {value!r}")
