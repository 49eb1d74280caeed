"""
Tools that are asked the same again and bring nothing new.

A run is made of calls with equal arguments, in one conversation, a minute apart at most. It is judged when the conversation ends, or when
no call has come for a while: a tool that is asked until its answer changes is polled, and that is another matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from otel_agent.insight.detectors.consecutive import is_writing_name
from otel_agent.insight.findings import Sighting
from otel_agent.insight.pieces import Call

__all__ = ["FEWEST", "MOST_GAP_S", "Conversations", "redundant_calls"]

FEWEST = 5
"""Successful calls that make a run."""

MOST_GAP_S = 60.0
"""Calls further apart are no run."""

IDLE_S = 1.0
"""A conversation has ended when no tool was called for so long, and for three times the longest pause there was."""

MOST_CONVERSATIONS = 256
MOST_CALLS = 256

LONG_WORD = 4
"""Shorter words of a name say little: to, get, of."""

EQUAL_SHARE = 0.8
"""Share of the answers that are those of the call before."""


@dataclass(slots=True)
class _Run:
    calls: list[Call] = field(default_factory=list)


@dataclass(slots=True)
class _Conversation:
    calls: list[Call] = field(default_factory=list)
    last_ns: int = 0
    longest_pause_ns: int = 0
    found: list[Sighting] = field(default_factory=list)
    """What was found in it; taken back when the tool has something new to say after all."""


class Conversations:
    """
    Calls of tools by conversation, which is a trace. Used by one thread at a time.

    Calls without a trace around them are one conversation.
    """

    def __init__(self) -> None:
        self._open: dict[int, _Conversation] = {}

    def add(self, call: Call) -> list[Sighting]:
        """
        Take in a call that has ended.

        Args:
            call: Call of a tool.

        Returns:
            What was found before and has turned out to be a tool that is polled.
        """
        key = call.trace_id if call.parent_id else 0
        conversation = self._open.get(key)
        if conversation is None:
            if len(self._open) >= MOST_CONVERSATIONS:
                del self._open[next(iter(self._open))]
            conversation = self._open[key] = _Conversation()
        if conversation.last_ns:
            conversation.longest_pause_ns = max(conversation.longest_pause_ns, call.start_ns - conversation.last_ns)
        conversation.last_ns = max(conversation.last_ns, call.end_ns)
        conversation.calls.append(call)
        if len(conversation.calls) > MOST_CALLS:
            del conversation.calls[0]
        if not conversation.found:
            return []
        taken_back = [sighting for sighting in conversation.found if sighting.subject == call.name]
        results = {
            each.result for each in conversation.calls[:-1] if (each.name, each.argument) == (call.name, call.argument)
        }
        return taken_back if results and call.result not in results else []

    def judge(self, now_ns: int) -> list[Sighting]:
        """
        Look at conversations that have come to an end.

        Args:
            now_ns: Nanoseconds since 1970.

        Returns:
            What was seen.
        """
        found: list[Sighting] = []
        for conversation in list(self._open.values()):
            pause_ns = max(IDLE_S * 1e9, 3 * conversation.longest_pause_ns)
            if conversation.calls and now_ns - conversation.last_ns > pause_ns and not conversation.found:
                conversation.found = redundant_calls(sorted(conversation.calls, key=lambda call: call.start_ns))
                found += conversation.found
        return found


def redundant_calls(calls: Sequence[Call]) -> list[Sighting]:
    """
    Find tools that are asked the same again.

    Args:
        calls: Calls of tools within one conversation, in the order in which they began.

    Returns:
        What was seen.
    """
    runs: dict[tuple[str, int], _Run] = {}
    found: list[Sighting] = []
    for call in calls:
        if is_writing_name(call.name):
            for key, run in list(runs.items()):
                if run.calls and _touches(call, run.calls[-1]):
                    found += _judge(run.calls)
                    del runs[key]
            continue  # what changes something is done again for that
        if call.argument is None or call.result is None or call.is_error:
            continue
        run = runs.setdefault((call.name, call.argument), _Run())
        if run.calls and (call.start_ns - run.calls[-1].end_ns) / 1e9 > MOST_GAP_S:
            found += _judge(run.calls)
            run.calls = []
        run.calls.append(call)
    for run in runs.values():
        found += _judge(run.calls)
    return found


def _touches(writing: Call, reading: Call) -> bool:
    """Whether a tool that changes something may change what another one answers: an argument or a word of the name in common."""
    if writing.name == reading.name:
        return False
    words = {word for word in writing.name.lower().split("_") if len(word) >= LONG_WORD}
    words &= set(reading.name.lower().split("_"))
    return bool(words) or bool(writing.arguments & reading.arguments)


def _judge(calls: Sequence[Call]) -> list[Sighting]:
    if len(calls) < FEWEST:
        return []
    # An answer that has been there, but not the last time, tells of something that changes back and forth.
    again = [later for earlier, later in pairwise(calls) if earlier.result == later.result]
    if calls[-1] not in again or len(again) < EQUAL_SHARE * (len(calls) - 1):
        return []
    saved_s = sum(call.took_s for call in again)
    place = next((call.place for call in calls if call.place), "")
    return [
        Sighting(
            "redundant_tool_calls",
            calls[0].name,
            place,
            {"calls": len(calls), "repeats": len(again), "took_s": sum(call.took_s for call in calls)},
            "Keep what the tool answered for the conversation, and give it to the model instead of asking again.",
            saved_s,
            calls[0].start_ns / 1e9,
            calls[-1].end_ns / 1e9,
            0.9,
            (f"{calls[0].trace_id:032x}",),
        )
    ]
