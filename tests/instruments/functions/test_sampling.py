"""Decorated functions that are looked at, round by round, with a clock turned by hand."""

from typing import Any

import otel_agent
from otel_agent.insight.call_notes import CallNotes
from otel_agent.insight.findings import Sighting
from otel_agent.instruments.functions import binding, decorators, probes
from otel_agent.instruments.functions.sampling import FunctionSampling
from otel_agent.recording import durations
from otel_agent.recording.recorder import durations_only
from otel_agent.testing import recorded


def sampled(function: Any, values: list[int], *, rounds: int = 3) -> list[Sighting]:
    """What is found about a function that is called with these values again and again."""
    found: list[Sighting] = []
    now_s = [100.0]
    sampling = FunctionSampling(
        binding.shared, durations.shared, CallNotes(), found.append, began_s=99.0, now_s=lambda: now_s[0]
    )
    for _ in range(rounds):
        for number in range(400):
            function(values[number % len(values)])
        now_s[0] += 1.0
        sampling.round()
    sampling.close()
    return [sighting for sighting in found if function.__name__ in sighting.subject]


def test_a_function_that_is_asked_the_same_again_is_found_at_its_own_line() -> None:
    """With the time that its repeats took."""
    decorators.bind(durations_only(durations.shared))
    try:

        @otel_agent.traced
        def priced(value: int) -> int:
            return sum(number % 7 for number in range(3000)) + value

        found = sampled(priced, [1, 2, 3], rounds=8)
    finally:
        decorators.bind(None)

    assert "cacheable" == found[-1].rule
    assert __file__ == found[-1].place.rpartition(":")[0]
    assert found[-1].saved_s is not None


def test_a_function_that_does_more_than_answer_is_not_sampled() -> None:
    """Its code says so; no probe is put there."""
    sent: list[int] = []
    with recorded():

        @otel_agent.traced
        def sends(value: int) -> int:
            sent.append(sum(number % 7 for number in range(3000)))
            return value

        found = sampled(sends, [1, 2])

    assert [] == found


def test_spans_of_a_tiny_function_are_found() -> None:
    """They cost more than its work."""
    with recorded(), otel_agent.span("work"):

        @otel_agent.traced
        def tiny(value: int) -> int:
            return value

        found = sampled(tiny, [1], rounds=30)

    assert {"over_instrumented"} == {sighting.rule for sighting in found} or not found


def test_every_function_is_put_back_at_the_end() -> None:
    """No probe stays."""
    with recorded():

        @otel_agent.traced("fetch", kind="client")
        def fetch() -> None: ...

    assert not [
        each
        for each in binding.shared.each()
        if isinstance(getattr(getattr(each, "cell", None), "cell_contents", None), probes._StandIn)
    ]
