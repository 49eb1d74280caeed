"""Checks and heartbeats, declared anywhere."""

import asyncio
import functools
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from otel_agent.clock import ManualClock
from otel_agent.health import registry as registry_module
from otel_agent.health.registry import Check, CheckRegistry, health_check, heartbeat


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> CheckRegistry:
    """A registry of the test's own in the place of the process's."""
    fresh = CheckRegistry(ManualClock())
    monkeypatch.setattr(registry_module, "shared", fresh)
    return fresh


def test_the_decorator_gives_the_function_back(registry: CheckRegistry) -> None:
    """A check can still be called by its name."""

    @health_check("broker", critical=True, interval_s=10)
    def broker() -> str:
        return "here"

    @health_check("feed")
    async def feed() -> str:
        return "there"

    awaited: Awaitable[str] = feed()

    assert "here" == broker()
    assert "there" == asyncio.run(_result(awaited))
    assert [("broker", True, 10, 5), ("feed", False, 30, 5)] == [
        (check.name, check.is_critical, check.interval_s, check.timeout_s) for check in registry.checks()
    ]


async def _result(awaited: Awaitable[str]) -> str:
    return await awaited


@pytest.mark.parametrize(
    "wrong", [{"interval_s": 0}, {"timeout_s": -1}, {"failure_threshold": 0}, {"success_threshold": 0}]
)
def test_impossible_numbers_are_refused(registry: CheckRegistry, wrong: dict[str, float]) -> None:
    """At the decorator, where the mistake stands."""
    with pytest.raises(ValueError, match="health check 'a'"):
        health_check("a", **wrong)  # type: ignore[call-overload]  # the mistake that is tested


def test_without_brackets_a_check_is_named_by_its_function(registry: CheckRegistry) -> None:
    """It has the defaults, and stays what it was."""

    @health_check
    def printer() -> None:
        return None

    partial = health_check(functools.partial(printer))

    @health_check(interval_s=10)
    def broker() -> None:
        return None

    assert None is printer()
    assert [("printer", partial, 30.0), ("broker", broker, 10)] == [
        (check.name, check.function, check.interval_s) for check in registry.checks()
    ]


check_of_anything: Any = health_check
beat_of_anything: Any = heartbeat


@pytest.mark.parametrize(
    ("declare", "words"),
    [
        (lambda: check_of_anything("disk", interval_s="1m"), "interval_s must be a number of seconds, not '1m'"),
        (lambda: check_of_anything("disk", timeout_s=None), "timeout_s must be a number of seconds, not None"),
        (lambda: check_of_anything("disk", failure_threshold=1.5), "failure_threshold must be a whole number, not 1.5"),
        (lambda: check_of_anything("disk", success_threshold="1"), "success_threshold must be a whole number, not '1'"),
        (lambda: check_of_anything(5), "name must be a string, not 5"),
        (lambda: check_of_anything("disk")(5), "function must be something that can be called, not 5"),
        (lambda: check_of_anything("disk")(lambda: (yield)), "function is a generator function"),
        (lambda: beat_of_anything("loop", within_s="5s"), "within_s must be a number of seconds, not '5s'"),
        (lambda: beat_of_anything(b"loop", within_s=5), "name must be a string, not b'loop'"),
    ],
)
def test_wrong_types_are_refused_where_they_are_written(
    registry: CheckRegistry, declare: Callable[[], object], words: str
) -> None:
    """With the name of the argument, before anything is declared."""
    with pytest.raises(TypeError, match=words):
        declare()

    assert [] == [*registry.checks(), *registry.heartbeats()]


def test_a_heartbeat_without_time_is_refused(registry: CheckRegistry) -> None:
    """It would always be late."""
    with pytest.raises(ValueError, match="within_s must be above 0"):
        heartbeat("loop", 0)


def test_a_name_stands_for_one_thing(registry: CheckRegistry) -> None:
    """Declared again, the last one counts."""
    heartbeat("a", 1)
    registry.add(Check("a", lambda: None))

    assert ([], ["a"]) == (registry.heartbeats(), [check.name for check in registry.checks()])

    heartbeat("a", 1)

    assert (["a"], []) == ([beat.name for beat in registry.heartbeats()], registry.checks())

    registry.remove("a")

    assert ([], []) == (registry.heartbeats(), registry.checks())


def test_the_front_door_stays_light() -> None:
    """Declaring checks loads neither asyncio nor any SDK."""
    code = (
        "import sys; import otel_agent.health.registry; "
        "print([name for name in ('asyncio', 'psutil', 'opentelemetry.sdk', 'msgspec') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert "[]" == result.stdout.strip()
