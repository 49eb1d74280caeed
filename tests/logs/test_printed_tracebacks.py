"""What a traceback says is read in its text, whatever stands around it."""

import traceback

import pytest

from otel_agent.logs.printed_tracebacks import described, split


def printed(error: BaseException) -> str:
    """The traceback of an exception as Python prints it."""
    try:
        raise error
    except BaseException as raised:
        return "".join(traceback.format_exception(raised))


class OrderError(Exception):
    """One of somebody's own."""


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (ValueError("no such row"), "ValueError", "no such row"),
        (KeyError(), "KeyError", ""),
        (OrderError("first\nsecond: third"), f"{__name__}.OrderError", "first\nsecond: third"),
        (ExceptionGroup("both", [ValueError(1), KeyError(2)]), "ExceptionGroup", "both (2 sub-exceptions)"),
    ],
    ids=["one line", "no message", "two lines", "group"],
)
def test_type_and_message_are_read(error: BaseException, kind: str, message: str) -> None:
    """They stand behind the frames; of a group, the group's own."""
    found = described(printed(error))

    assert (kind, message) == (found["exception.type"], found["exception.message"])
    assert found["exception.stacktrace"].startswith(("Traceback", "  + Exception Group Traceback"))


def test_a_stack_behind_the_exception_is_its_own() -> None:
    """A formatter puts what `stack_info` asked for behind the traceback."""
    found = described(printed(ValueError("x")) + "Stack (most recent call last):\n  File a.py, line 1, in f\n")

    assert "x" == found["exception.message"]
    assert "Stack (most recent call last):\n  File a.py, line 1, in f" == found["code.stacktrace"]


def test_another_form_is_a_stack_trace() -> None:
    """What is printed otherwise is kept as it is."""
    assert {"exception.stacktrace": "╭─ what rich prints ─╮"} == described("╭─ what rich prints ─╮")


def test_a_message_is_split_where_the_traceback_begins() -> None:
    """One without a traceback, or with nothing before it, is left alone."""
    found = split("failed\n" + printed(ValueError("x")))

    assert found is not None
    assert ("failed", "ValueError") == (found[0], found[1]["exception.type"])
    assert split("we print Traceback (most recent call last): in our help") is None
    assert split(printed(ValueError("x"))) is None
