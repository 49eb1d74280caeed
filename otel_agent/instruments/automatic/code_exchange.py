"""
Functions traced in place: the function object stays, its code is exchanged.

Replacing a function by a wrapper misses whoever already holds the function: names imported with `from x import f`, registries
filled by decorators, callbacks, the script itself. Exchanging `function.__code__` reaches all of them, keeps identity (so
pickling by name, `is`, weak registries and tests that patch keep working), and is undone by putting the code back. The new code
calls a copy of the original function, which keeps closure, defaults and globals; `__wrapped__` names the copy, so that
`inspect.signature` and `inspect.getsource` answer as before, and the kind of the new code (plain, coroutine, generator, async
generator) is that of the old one.

Source: https://docs.python.org/3/reference/datamodel.html#function.__code__ (writable).
"""

import inspect
from collections.abc import Callable, Generator
from functools import cache
from textwrap import dedent, indent
from types import CodeType, FunctionType
from typing import Any
from weakref import WeakKeyDictionary

from otel_agent.instruments.automatic.pending_spans import CallSite, PendingSpan

__all__ = ["is_traced", "restore", "trace_in_place"]

CALLS_THE_AGENT = True
"""See `lifecycle.lock_holders`."""

_FUNCTION = """
def call(*args, **kwargs):
    enter, original = ("<enter>", "<original>")
    span = enter()
    try:
        result = original(*args, **kwargs)
    except BaseException as error:
        span.leave(error)
        raise
    span.leave(None)
    return result
"""

_COROUTINE = _FUNCTION.replace("def call", "async def call").replace("= original(", "= await original(")

_GENERATOR = """
def call(*args, **kwargs):
    begin, original, drive = ("<begin>", "<original>", "<drive>")
    return (yield from drive(begin(), original(*args, **kwargs)))
"""

_ASYNC_GENERATOR = """
async def call(*args, **kwargs):
    begin, original, drive = ("<begin>", "<original>", "<drive>")
    steps = original(*args, **kwargs)
    span = begin()
    send, value = steps.asend, None
    try:
        while True:
            before = span.resume()
            try:
                item = await send(value)
            finally:
                span.pause(before)
            try:
                value = yield item
                send = steps.asend
            except GeneratorExit:
                before = span.resume()
                try:
                    await steps.aclose()
                finally:
                    span.pause(before)
                raise
            except BaseException as error:
                send, value = steps.athrow, error
    except StopAsyncIteration:
        span.finish(None)
    except BaseException as error:
        span.finish(error)
        raise
"""
"""Spelt out because there is no `async yield from`."""


def trace_in_place(function: FunctionType, site: CallSite) -> bool:
    """
    Make every call of a function, through whatever name, begin and end a pending span.

    Args:
        function: A Python function of any kind.
        site: Call site of the function.

    Returns:
        `False` when it is traced already, or is of the kind before `async def` that is both generator and coroutine.
    """
    code = function.__code__
    if function in _ORIGINAL_CODES or code.co_flags & inspect.CO_ITERABLE_COROUTINE:
        return False
    original = _copy(function)
    template = _template(_source_for(function), len(code.co_freevars))
    values = {"<enter>": site.enter, "<begin>": site.begin, "<original>": original, "<drive>": _drive}
    constants = tuple(
        tuple(values[name] for name in constant) if isinstance(constant, tuple) else constant
        for constant in template.co_consts
    )
    _ORIGINAL_CODES[function] = (code, function.__dict__.get("__wrapped__"))
    function.__code__ = template.replace(
        co_consts=constants, co_name=code.co_name, co_qualname=code.co_qualname, co_firstlineno=code.co_firstlineno
    )
    function.__wrapped__ = original  # type: ignore[attr-defined]
    return True


def restore(function: FunctionType) -> None:
    """
    Give a function its own code back; harmless for one that is not traced.

    Args:
        function: Function that was given to `trace_in_place`. Calls that are under way end as they began.
    """
    code, wrapped = _ORIGINAL_CODES.pop(function, (None, None))
    if code is None:
        return
    function.__code__ = code
    if wrapped is None:
        function.__dict__.pop("__wrapped__", None)
    else:
        function.__dict__["__wrapped__"] = wrapped


def is_traced(function: FunctionType) -> bool:
    """Whether a function's code is exchanged at present."""
    return function in _ORIGINAL_CODES


_ORIGINAL_CODES: WeakKeyDictionary[FunctionType, tuple[CodeType, Any]] = WeakKeyDictionary()


def _copy(function: FunctionType) -> FunctionType:
    copy = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    copy.__qualname__ = function.__qualname__
    copy.__module__ = function.__module__
    copy.__doc__ = function.__doc__
    # From 3.14 on annotations are computed when asked for; asking here could fail on names that do not exist yet.
    annotations = "__annotate__" if hasattr(function, "__annotate__") else "__annotations__"
    for name in (annotations, "__type_params__"):
        if hasattr(function, name):
            setattr(copy, name, getattr(function, name))
    copy.__dict__.update(function.__dict__)
    return copy


def _source_for(function: Callable[..., Any]) -> str:
    if inspect.isasyncgenfunction(function):
        return _ASYNC_GENERATOR
    if inspect.isgeneratorfunction(function):
        return _GENERATOR
    if inspect.iscoroutinefunction(function):
        return _COROUTINE
    return _FUNCTION


@cache
def _template(source: str, free_variables: int) -> CodeType:
    """
    Compile a template as a closure over as many variables as the function it will serve.

    A function accepts only code with as many free variables as it has; the template never reads them.
    """
    names = [f"free_{number}" for number in range(free_variables)]
    head, body = dedent(source).strip().split("\n", 1)
    lines = [
        "def enclosing():",
        *(f"    {name} = None" for name in names),
        f"    {head}",
        *(f"        if 0: {name}" for name in names),
        indent(body, "    "),
        "    return call",
    ]
    namespace: dict[str, Any] = {}
    exec(compile("\n".join(lines), "<otel-agent>", "exec"), namespace)  # noqa: S102 - our own text, nothing from outside
    code: CodeType = namespace["enclosing"]().__code__
    return code


def _drive(span: PendingSpan, steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Run a generator to its end, with its span current only while its body runs."""
    step: Callable[[Any], Any] = steps.send
    value: Any = None
    try:
        while True:
            before = span.resume()
            try:
                item = step(value)
            finally:
                span.pause(before)
            try:
                value = yield item
                step = steps.send
            except GeneratorExit:
                before = span.resume()
                try:
                    steps.close()
                finally:
                    span.pause(before)
                raise
            except BaseException as error:  # noqa: BLE001 - `throw` reaches the function as it would without us
                step, value = steps.throw, error
    except StopIteration as stop:
        span.finish(None)
        return stop.value
    except BaseException as error:
        span.finish(error)
        raise
