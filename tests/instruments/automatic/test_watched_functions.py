"""What is known of one function that is watched: whole counts, or none."""

from opentelemetry.trace import NoOpTracer

from otel_agent.instruments.automatic.pending_spans import CallSite
from otel_agent.instruments.automatic.watched_functions import WatchedFunction


def watched(counted: list[tuple[int, str | None]], forgotten: list[str]) -> WatchedFunction:
    """A function with somebody who counts."""
    site = CallSite("work", {}, 1, NoOpTracer())
    return WatchedFunction(
        watched.__code__, site, lambda: lambda ns, error: counted.append((ns, error)), lambda: forgotten.append("work")
    )


def test_calls_are_counted_from_the_first_one_on_once_one_mattered() -> None:
    """Before that nobody hears of them."""
    counted: list[tuple[int, str | None]] = []
    function = watched(counted, [])
    function.count(1, None, mattered=False)
    before = [*counted]
    function.count(2, ValueError("no"), mattered=True)
    function.count(3, None, mattered=False)

    assert [] == before
    assert [(1, None), (2, "ValueError"), (3, None)] == counted


def test_a_function_that_is_left_alone_is_forgotten_for_good() -> None:
    """Calls went by unseen, so nothing is counted any more."""
    counted: list[tuple[int, str | None]] = []
    forgotten: list[str] = []
    function = watched(counted, forgotten)
    function.count(1, None, mattered=True)
    function.stop_counting()
    function.stop_counting()
    function.count(2, None, mattered=True)

    assert ([(1, None)], ["work"]) == (counted, forgotten)


def test_code_that_pauses_is_known() -> None:
    """A coroutine waits where it pauses; a generator hands something out."""

    async def waits() -> None: ...

    def hands_out() -> object:
        yield

    site = CallSite("work", {}, 1, NoOpTracer())
    functions = [WatchedFunction(each.__code__, site) for each in (waits, hands_out, watched)]

    assert [(True, True), (True, False), (False, False)] == [(each.is_stepwise, each.waits) for each in functions]
