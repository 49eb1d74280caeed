"""Tools that are asked the same again."""

from otel_agent.insight.detectors.tools import Conversations, redundant_calls
from otel_agent.insight.pieces import Call

MS = 1_000_000


def calls(results: list[int], name: str = "look_up", step_ms: int = 40) -> list[Call]:
    return [
        Call(
            "tool", name, 1, number, 99, number * step_ms * MS, (number * step_ms + 30) * MS, argument=7, result=result
        )
        for number, result in enumerate(results)
    ]


def test_a_tool_that_answers_the_same_again_is_found() -> None:
    """All calls but the first could be saved."""
    (sighting,) = redundant_calls(calls([1] * 9))

    assert ("redundant_tool_calls", "look_up", 8) == (sighting.rule, sighting.subject, sighting.evidence["repeats"])


def test_what_brings_something_new_is_not() -> None:
    """A poll, four calls, a pause of minutes, and what is written in between."""
    both = zip(calls([1] * 6, "read_file"), calls([2] * 6, "edit_file"), strict=True)

    assert [] == redundant_calls(calls([1, 1, 1, 1, 1, 1, 1, 2]))
    assert [] == redundant_calls(calls([1, 2, 3, 4, 5, 6]))
    assert [] == redundant_calls(calls([1, 2, 1, 2, 1, 2, 1, 1]))
    assert [] == redundant_calls(calls([1] * 4))
    assert [] == redundant_calls(calls([1] * 6, step_ms=90_000))
    assert [] == redundant_calls([each for pair in both for each in pair])


def test_a_conversation_is_judged_when_it_has_come_to_rest() -> None:
    """And what was found is taken back when the tool has something new to say."""
    conversations = Conversations()
    made = calls([1] * 6)
    for call in made:
        conversations.add(call)
    last_ns = made[-1].end_ns

    assert [] == conversations.judge(last_ns + 100 * MS)
    assert ["look_up"] == [sighting.subject for sighting in conversations.judge(last_ns + 2000 * MS)]
    assert ["look_up"] == [sighting.subject for sighting in conversations.add(calls([9])[0])]
