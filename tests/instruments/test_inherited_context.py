"""What a thread has of its starter's context, and for how long."""

import asyncio
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

import pytest
from opentelemetry import baggage
from opentelemetry import context as context_api
from opentelemetry.context import Context
from waiting import until

import otel_agent
from otel_agent.instruments.inherited_context import MOST_LATE_LOOKS, InheritedContext, is_in_loop, is_late, settled
from otel_agent.recording.context import SPAN_KEY
from otel_agent.testing import Recorded, recorded

LONG_S = 20.0


class Span:
    """A span that can be ended."""

    is_open = True

    def is_recording(self) -> bool:
        return self.is_open


def here() -> CodeType:
    """Code of whoever asks: what stands below it is not looked at."""
    return sys._getframe(1).f_code


def caller() -> CodeType:
    """Code of whoever called whoever asks: the test itself is looked at."""
    frame = sys._getframe(2)
    return frame.f_code


def made(span: Span | None = None, *, bottom: CodeType, late: bool = False) -> tuple[InheritedContext, Context]:
    """An inherited context with a mark, and the starter's."""
    source = Context({"mark": "here"} if span is None else {"mark": "here", SPAN_KEY: span})
    return InheritedContext(source, bottom, is_late=late), source


def test_it_reads_like_the_starters_context_while_the_span_is_open() -> None:
    """In every way a dictionary is read, in a loop too."""
    span = Span()
    context, source = made(span, bottom=here())
    for _ in range(2):
        assert ("here", None, True, False) == (context.get("mark"), context.get("x"), "mark" in context, "x" in context)
        assert dict(source) == dict(context.items()) == context.copy() == Context(context)
        assert set(source) == set(context) == set(context.keys())
        assert ["here", span] == list(context.values())
        assert 2 == len(context)


def test_in_a_loop_it_is_over_with_the_span() -> None:
    """It is an ordinary empty context from then on."""
    span = Span()
    context, _ = made(span, bottom=caller())
    span.is_open = False
    for _ in range(1):
        assert None is context.get("mark")

    assert Context is type(context)
    assert (0, [], {}) == (len(context), list(context), context.copy())
    assert None is context.get("mark")


def test_outside_a_loop_it_stays_but_not_for_ever() -> None:
    """One thing that is done late is done for the starter; something that looks again and again is not one thing."""
    span = Span()
    context, _ = made(span, bottom=here())
    span.is_open = False

    assert ["here", "here"] == [context.get("mark"), context.get("mark")]
    assert is_late(context)
    any(map(context.get, ["nothing"] * MOST_LATE_LOOKS))  # a loop that Python's code does not show
    assert None is context.get("mark")
    assert not is_late(context)


def test_a_late_thread_hands_it_on_only_while_the_span_is_open() -> None:
    """Nothing is carried from one late thread to the next."""
    span = Span()
    context, _ = made(span, bottom=here(), late=True)
    assert "here" == context.get("mark")
    span.is_open = False

    assert None is context.get("mark")


def test_without_a_span_it_is_over_when_nobody_holds_the_starters_context() -> None:
    """A remote parent, or baggage alone, has no end that could be seen."""
    context, source = made(bottom=caller())
    for _ in range(1):
        assert "here" == context.get("mark")
    del source
    for _ in range(1):
        assert None is context.get("mark")


def test_a_span_that_cannot_be_asked_counts_as_ended() -> None:
    """Its failure is not the thread's."""

    class Broken(Span):
        looks = 0

        def is_recording(self) -> bool:
            self.looks += 1
            return self.looks == 1 or bool(1 / 0)

    context, _ = made(Broken(), bottom=caller())
    for _ in range(1):
        assert None is context.get("mark")


def test_what_is_handed_on_is_as_it_is_now() -> None:
    """A job that is submitted keeps the context of its submission."""
    span = Span()
    context, source = made(span, bottom=here())
    handed = settled(context)
    span.is_open = False

    assert Context is type(handed)
    assert dict(source) == dict(handed)
    assert source is settled(source)


def test_a_child_of_a_thread_knows_the_same_end() -> None:
    """What a thread hands on to its own threads ends with the same span."""
    span = Span()
    context, _ = made(span, bottom=caller())
    child = InheritedContext(context, caller(), is_late=False)
    span.is_open = False
    for _ in range(1):
        assert None is child.get("mark")


def test_loops_are_found_on_the_stack() -> None:
    """In the function itself or further up, but not where the loop is over, in an `await`, or below the bottom."""
    bottom = here()

    def look() -> bool:
        return is_in_loop(sys._getframe(), bottom)

    def over() -> bool:
        for _ in range(2):
            pass
        return look()

    async def awaited() -> bool:
        return await asyncio.sleep(0, look())

    def drive(steps: Any) -> bool:
        try:
            steps.send(None)
            steps.send(None)
        except StopIteration as stop:
            return bool(stop.value)
        return False

    assert not look()
    assert not over()
    assert not drive(awaited())
    found = []
    for _ in range(1):
        found.append(is_in_loop(sys._getframe(), look.__code__))
    is_running = True
    while is_running:
        is_running = False
        found.append(is_in_loop(sys._getframe(), look.__code__))
    assert [True, True] == found
    assert is_in_loop(sys._getframe(), look.__code__) is _is_called_in_loop()


def _is_called_in_loop() -> bool:
    """Whether the tests themselves are called in a loop."""
    return is_in_loop(sys._getframe(1), here())


def test_an_event_loop_is_a_loop() -> None:
    """Also one that is not written in Python."""

    async def look() -> bool:
        return is_in_loop(None, here())

    assert asyncio.run(look())


@otel_agent.traced
def job() -> None:
    """What threads do."""


def parents(telemetry: Recorded, name: str = "job") -> list[str | None]:
    """Names of the parents of the spans of a name."""
    names = {span["number"]: span["name"] for span in telemetry.spans}
    return [names.get(span["parent"]) for span in telemetry.spans if span["name"] == name]


@pytest.fixture
def telemetry() -> Iterator[Recorded]:
    """Telemetry that is on during a test."""
    with recorded() as found:
        yield found


def run(work: Callable[[], object]) -> threading.Thread:
    """Start a thread that ends with the tests at the latest."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_a_consumer_is_not_below_the_request_that_started_it(telemetry: Recorded) -> None:
    """Not even with its first job, when that comes later."""
    jobs: queue.Queue[int | None] = queue.Queue()

    def consume() -> None:
        while jobs.get() is not None:
            job()

    with otel_agent.span("request 1"):
        thread = run(consume)
    with otel_agent.span("request 2"):
        jobs.put(1)
        until(lambda: parents(telemetry))
    jobs.put(None)
    thread.join(LONG_S)

    assert [None] == parents(telemetry)


def test_a_thread_that_ends_within_the_request_is_below_it(telemetry: Recorded) -> None:
    """A loop over what there is to do included."""

    def work() -> None:
        for _ in range(2):
            job()

    with otel_agent.span("request 1"):
        run(work).join(LONG_S)

    assert ["request 1", "request 1"] == parents(telemetry)


def test_one_thing_that_is_done_later_is_below_the_request(telemetry: Recorded) -> None:
    """A mail that is sent when the answer is out belongs to the request."""
    is_answered = threading.Event()

    def work() -> None:
        is_answered.wait(LONG_S)
        job()
        job()

    with otel_agent.span("request 1"):
        thread = run(work)
    is_answered.set()
    thread.join(LONG_S)

    assert ["request 1", "request 1"] == parents(telemetry)


@pytest.mark.parametrize("is_traced", [False, True])
def test_a_timer_that_starts_itself_anew_leaves_the_request(telemetry: Recorded, is_traced: bool) -> None:
    """Its first turn belongs to the request, no later one to it or to each other."""
    timers: list[threading.Timer] = []
    is_over = threading.Event()

    def begin() -> None:
        timer = threading.Timer(0.001, turn)
        timers.append(timer)
        timer.start()

    def tick() -> None:
        if not is_traced:
            job()
        if len(timers) < 4:
            begin()

    work = otel_agent.traced("job")(tick) if is_traced else tick

    def turn() -> None:
        is_over.wait(LONG_S)  # also where the first one is quicker than the request
        if len(timers) > 1:
            timers[-2].join(LONG_S)  # the span in which this one was started has ended
        work()

    with otel_agent.span("request 1"):
        begin()
    is_over.set()
    until(lambda: len(parents(telemetry)) == 4)

    assert ["request 1", None, None, None] == parents(telemetry)


def test_an_event_loop_in_a_thread_leaves_the_request(telemetry: Recorded) -> None:
    """Its callbacks are below whoever hands them over, or nobody."""
    loop = asyncio.new_event_loop()

    async def work() -> None:
        job()

    with otel_agent.span("request 1"):
        thread = run(loop.run_forever)
    asyncio.run_coroutine_threadsafe(work(), loop).result(LONG_S)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(LONG_S)
    loop.close()

    assert [None] == parents(telemetry)


def test_baggage_leaves_a_consumer_with_the_context_it_came_from(telemetry: Recorded) -> None:
    """Whoever serves the next request does not see the customer of the first."""
    asked: queue.Queue[int | None] = queue.Queue()
    told: queue.Queue[Any] = queue.Queue()

    def consume() -> None:
        while asked.get() is not None:
            told.put(baggage.get_baggage("who"))

    token = context_api.attach(baggage.set_baggage("who", "ana"))
    thread = run(consume)
    asked.put(1)
    first = told.get(timeout=LONG_S)
    context_api.detach(token)
    del token
    asked.put(1)
    second = told.get(timeout=LONG_S)
    asked.put(None)
    thread.join(LONG_S)

    assert ("ana", None) == (first, second)
