"""Attributes of every span of a place, some of which cannot be read."""

from typing import Any

from otel_agent.guard import shared
from otel_agent.instruments.functions.decorators import span, traced
from otel_agent.instruments.functions.static_attributes import are_plain, sound_attributes


class Unreadable:
    """A value whose text raises."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


class UnreadableText(str):
    """A text that raises when it is asked for itself."""

    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


def test_an_attribute_whose_text_raises_costs_only_itself(way: Any) -> None:
    """The call runs, the other attributes are there, and the failure is counted."""
    before = shared.counts().get("functions.attributes", 0)

    @traced("decide", attributes={"bad": Unreadable(), "good": 1, "text": UnreadableText("kept")})  # type: ignore[dict-item] # the mistake that is tested
    def decide() -> int:
        return 3

    assert 3 == decide()
    found = way.spans()[0].attributes

    assert (1, "kept", False) == (found["good"], found["text"], "bad" in found)
    assert before < shared.counts()["functions.attributes"]


def test_a_block_runs_with_attributes_that_cannot_be_read(way: Any) -> None:
    """Whoever records the span."""
    with span("block", bad=Unreadable()):  # type: ignore[arg-type] # the mistake that is tested
        pass

    assert ["block"] == [each.name for each in way.spans()]


def test_values_of_every_type_are_read() -> None:
    """Texts of classes of their own are plain texts then, and keys that are no texts are named by their type."""
    values: dict[Any, Any] = {"a": 1, "b": UnreadableText("b"), "c": [1, 2], 5: "e", ("x",): Unreadable()}

    assert not are_plain(values)
    assert are_plain({"a": 1, "b": "c", "d": None})
    assert {"a": 1, "b": "b", "c": (1, 2)} == {
        key: value for key, value in sound_attributes(values, "here").items() if key in ("a", "b", "c")
    }
