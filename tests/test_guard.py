"""Our own failures are said seldom, counted always, and raised never."""

import logging

import pytest

from otel_agent.clock import ManualClock
from otel_agent.guard import Guard


@pytest.fixture
def clock() -> ManualClock:
    """Turned by hand."""
    return ManualClock()


@pytest.fixture
def guard(clock: ManualClock) -> Guard:
    """A guard with a logger of its own."""
    return Guard(logging.getLogger("otel_agent.tests"), clock)


def test_a_kind_is_said_once_a_minute(guard: Guard, clock: ManualClock, caplog: pytest.LogCaptureFixture) -> None:
    """Repetitions are counted and told with the next line; another kind has a line of its own."""
    for _ in range(5):
        guard.report("export", "it failed")
    guard.report("spool", "it failed too")
    clock.advance(61)
    guard.report("export", "it failed", ValueError("why"))

    assert ["it failed", "it failed too", "it failed (ValueError: why) [4 more since the last line]"] == caplog.messages
    assert {"export": 6, "spool": 1} == guard.counts()


def test_what_fails_and_recovers_by_turns_is_quiet(
    guard: Guard, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A receiver that comes and goes has one line of failure and one of recovery a minute."""
    for _ in range(20):
        guard.report("export", "it failed")
        guard.recovered("export", "it works again")
        clock.advance(1)

    assert ["it failed", "it works again"] == caplog.messages


def test_a_recovery_is_said_when_a_failure_was(guard: Guard, caplog: pytest.LogCaptureFixture) -> None:
    """Without a failure there is nothing to recover from."""
    guard.recovered("export", "it works again")

    assert [] == caplog.messages


def test_a_broken_handler_is_not_felt(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log handler of the agent's that raises costs a line and nothing else."""

    def broken(*_: object) -> None:
        raise RuntimeError("foreign")

    monkeypatch.setattr(logging.getLogger("otel_agent.tests"), "log", broken)
    guard.report("export", "it failed")

    assert {"export": 1, "guard.log": 1} == guard.counts()


def test_an_error_without_a_text_is_said(guard: Guard, caplog: pytest.LogCaptureFixture) -> None:
    """An exception whose own `__str__` raises is named by its type."""

    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    guard.report("export", "it failed", MuteError())

    assert ["it failed (MuteError: <no text: its __str__ raised>)"] == caplog.messages


def test_what_others_say_is_printable_short_and_without_secrets(guard: Guard, caplog: pytest.LogCaptureFixture) -> None:
    """The answer of somebody else's server is one line of bounded length, and has passed redaction."""
    guard.redact_with(lambda text: text.replace("hunter2", "[redacted]"))
    guard.report("export", "it answered \x1b[31mno hunter2\r\nERROR forged", ValueError("hunter2 " + "x" * 100_000))
    (line,) = caplog.messages

    assert line.isprintable()
    assert len(line) < 1100
    assert "hunter2" not in line
    assert line.startswith("it answered �[31mno [redacted]  ERROR forged (ValueError: [redacted] xxx")


def test_a_redactor_that_fails_shows_nothing(guard: Guard, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be checked for secrets is not said, and nothing is raised."""

    def fail(text: str) -> str:
        raise RuntimeError(text)

    guard.redact_with(fail)
    guard.report("export", "hunter2")

    assert 1 == len(caplog.messages)
    assert "hunter2" not in caplog.text
