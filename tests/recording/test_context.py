"""The short way to the current context, and the public one."""

import subprocess
import sys
from contextvars import ContextVar
from types import SimpleNamespace

from opentelemetry import context as api
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN

from otel_agent.recording import context
from otel_agent.recording.context import SPAN_KEY, context_functions, with_span


def test_the_key_is_the_one_the_api_uses() -> None:
    """A span put under it is the current span to everybody."""
    span = trace.NonRecordingSpan(trace.INVALID_SPAN_CONTEXT)

    assert span is trace.get_current_span(with_span(Context(), span))
    assert {SPAN_KEY} == set(trace.set_span_in_context(INVALID_SPAN, Context()))


def test_a_context_with_a_span_holds_everything_else_too() -> None:
    """The one it was made from stays as it is."""
    before = Context({"other": 1, SPAN_KEY: "old"})
    after = with_span(before, "new")

    assert ({"other": 1, SPAN_KEY: "new"}, "old") == (dict(after), before[SPAN_KEY])
    assert isinstance(after, Context)


def test_the_usual_runtime_context_is_reached_directly() -> None:
    """Reading and setting go to its variable, past the calls in between."""
    assert "ContextVar" in type(context.current.__self__).__name__  # type: ignore[attr-defined] # a bound method
    token = context.make_current(Context({"mark": 1}))
    assert 1 == api.get_value("mark")
    context.restore(token)
    assert api.get_value("mark") is None


def test_another_runtime_context_is_reached_through_its_interface() -> None:
    """One without a variable is asked by the three methods every runtime context has."""
    variable: ContextVar[Context] = ContextVar("other")
    runtime = SimpleNamespace(get_current=variable.get, attach=variable.set, detach=variable.reset)

    assert (runtime.get_current, runtime.attach, runtime.detach) == context_functions(runtime)


def test_without_a_runtime_context_the_public_functions_serve() -> None:
    """Should OpenTelemetry rename what is private, everything works on."""
    assert (api.get_current, api.attach, api.detach) == context_functions(None)
    assert (api.get_current, api.attach, api.detach) == context_functions(SimpleNamespace(_current_context=1))


PROGRAM = """
import opentelemetry.context as api
runtime = api._RUNTIME_CONTEXT
variable = runtime._current_context

class Renamed(api._RuntimeContext):
    def get_current(self): return variable.get()
    def attach(self, context): return variable.set(context)
    def detach(self, token): variable.reset(token)

api._RUNTIME_CONTEXT = Renamed()
import asyncio
from collections import deque
from types import SimpleNamespace
from otel_agent.instruments.functions import decorators as functions
from otel_agent.recording.context import current
from otel_agent.recording.durations import Durations
from otel_agent.recording.provider import TracerProvider
assert current.__self__ is api._RUNTIME_CONTEXT
queue = SimpleNamespace(items=deque(), limit=100, overflow=None)
functions.bind(TracerProvider(shutdown_on_exit=False, queue=queue).recorder("t", Durations()))

@functions.traced
def inner(): pass

@functions.traced
async def outer():
    await asyncio.sleep(0)
    inner()

asyncio.run(outer())
print([(span.name, bool(span.parent_id)) for span in queue.items])
"""


def test_everything_works_through_the_interface() -> None:
    """Decorated functions keep their parents when the variable cannot be reached."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False)

    assert ("[('inner', True), ('outer', False)]", "") == (done.stdout.strip(), done.stderr)
