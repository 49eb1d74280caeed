"""Values of any type: nested, circular, odd."""

from typing import Any

from wire_shapes import Light

from otel_agent.guard import shared
from otel_agent.redaction.redactor import Redactor


def test_a_command_line_in_a_list(redactor: Redactor) -> None:
    """The value of an option may be the next item; resources carry the command line of the process."""
    expected = {"process.command_args": ["agent", "--token", "[redacted: token]", "--author", "Bob"]}

    assert expected == redactor.mapping({"process.command_args": ["agent", "--token", "abc", "--author", "Bob"]})


def test_what_cannot_be_looked_at_does_not_leave(redactor: Redactor, refuses: object) -> None:
    """A value that raises is dropped and counted, its record and its neighbours are kept."""
    before = shared.counts().get("redaction", 0)
    (span,) = redactor.spans([Light(own={"x": refuses, "y": 1})])

    assert {} == span.own
    assert before < shared.counts()["redaction"]


def test_odd_values_are_bounded(redactor: Redactor) -> None:
    """Circles, depth without end and numbers of all kinds neither hang nor raise."""
    circle: list[Any] = ["password=hunter2"]
    circle.append(circle)
    deep: Any = "password=hunter2"
    for _ in range(100):
        deep = [deep]
    cleaned = redactor.mapping({"circle": circle, "deep": deep, "many": ["a"] * 100_000, "number": 1 << 200})

    assert ["password=[redacted: password]", "<circular>"] == cleaned["circle"]
    assert "hunter2" not in str(cleaned["deep"])
