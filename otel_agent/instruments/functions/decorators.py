"""
Watch a function: `traced` (a span a call), `timed` (its duration only) and `span` (a block).

Decorators can be applied before telemetry starts. Until then, and when somebody else's provider is installed, they speak
OpenTelemetry's interface; from `bind` on they record with a tracer of ours. What a call costs is decided in `wrappers`; here is what
users type.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

from opentelemetry.trace import SpanKind
from opentelemetry.util.types import AttributeValue

from otel_agent.guard import shared
from otel_agent.instruments.functions import wrappers
from otel_agent.instruments.functions.binding import bind
from otel_agent.instruments.functions.blocks import Block
from otel_agent.instruments.functions.calls import TracedFunction
from otel_agent.instruments.functions.generators import traced_async_generator, traced_generator
from otel_agent.instruments.functions.marks import watched
from otel_agent.instruments.functions.signatures import wrapped
from otel_agent.instruments.functions.timing import timed_function

__all__ = ["bind", "span", "timed", "traced"]

Function = TypeVar("Function", bound=Callable[..., Any])


@overload
def traced(name: Function, /) -> Function: ...
@overload
def traced(
    name: str | None = None,
    *,
    kind: str = "internal",
    attributes: Mapping[str, AttributeValue] | None = None,
    capture_arguments: bool = False,
    capture_result: bool = False,
) -> Callable[[Function], Function]: ...
def traced(
    name: Any = None,
    *,
    kind: str = "internal",
    attributes: Mapping[str, AttributeValue] | None = None,
    capture_arguments: bool = False,
    capture_result: bool = False,
) -> Any:
    """
    Give every call of a function a span, and count its duration.

    Works on functions, coroutines, generators, async generators, methods, class and static methods. The span of a generator is
    current only while its body runs. An exception makes the status an error; cancellation and the closing of a generator do not.

    Args:
        name: Of the spans; the function's qualified name by default. The decorated function itself when used without brackets.
        kind: "internal", "server", "client", "producer" or "consumer".
        attributes: Of every span.
        capture_arguments: Whether arguments become attributes, `agent.function.argument.<name>`. They may hold what must not leave
            the process; redaction by key and by value is applied to them as to everything else.
        capture_result: Whether what the function returns becomes the attribute `agent.function.result`.

    Returns:
        The function, wrapped, or a decorator.

    Example:
        @otel_agent.traced("decide", kind="internal", attributes={"strategy": "momentum"})
        async def decide(symbol: str) -> Order: ...
    """
    if name is not None and not isinstance(name, str):
        return traced()(name)

    def decorate(function: Any) -> Any:
        if isinstance(function, staticmethod | classmethod):
            return type(function)(decorate(function.__func__))
        if inspect.isclass(function) or not callable(function):
            shared.report(
                "functions.traced", f"{function!r} cannot be traced: give a function or a method to `traced`, not this"
            )
            return function
        call = _call(function, name, kind, attributes)
        if capture_arguments or capture_result:
            # Few ask for this, and it needs the catalogue, which a plain import of the package does not load.
            from otel_agent.instruments.functions.captures import Capture, capturing

            call.capture = Capture(function, arguments=capture_arguments, result=capture_result)
            if not _is_generator(function):
                function = capturing(function, call.capture)
        return watched(_traced(function, call))

    return decorate


def _call(function: Any, name: str | None, kind: str, attributes: Mapping[str, Any] | None) -> TracedFunction:
    module, qualified = getattr(function, "__module__", None), _qualified_name(function)
    full = f"{module}.{qualified}" if module else qualified
    # The name finds the function. File and line would make every span half as large again, and file names tell of the machine.
    return TracedFunction(
        name or qualified, _kind(kind, full), {"code.function.name": full, **(attributes or {})}, full
    )


def _traced(function: Callable[..., Any], call: TracedFunction) -> Callable[..., Any]:
    if inspect.isasyncgenfunction(function):
        return traced_async_generator(function, call)
    if inspect.isgeneratorfunction(function):
        return traced_generator(function, call)
    if inspect.iscoroutinefunction(function):
        return wrapped(wrappers.coroutine, function, call)
    return wrapped(wrappers.plain, function, call)


def _is_generator(function: Callable[..., Any]) -> bool:
    return inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)


def _qualified_name(function: Any) -> str:
    inner = function.func if isinstance(function, functools.partial) else function
    name: str = getattr(inner, "__qualname__", None) or type(inner).__qualname__
    return name


def _kind(kind: str, full: str) -> SpanKind:
    found = SpanKind.__members__.get(str(kind).upper())
    if found is None:
        known = ", ".join(each.lower() for each in SpanKind.__members__)
        shared.report("functions.kind", f"{full}: no kind of span is called {kind!r}; known are {known}")
        return SpanKind.INTERNAL
    return found


@overload
def timed(name: Function, /) -> Function: ...
@overload
def timed(name: str | None = None) -> Callable[[Function], Function]: ...
def timed(name: Any = None) -> Any:
    """
    Count the calls of a function with their duration and outcome: no span.

    Works on everything `traced` works on. The metric is `agent.function.duration`.

    Args:
        name: `code.function.name` of its points; module and qualified name by default. The decorated function itself when used
            without brackets.

    Returns:
        The function, wrapped, or a decorator.
    """
    if name is not None and not isinstance(name, str):
        return timed()(name)

    def decorate(function: Any) -> Any:
        if isinstance(function, staticmethod | classmethod):
            return type(function)(decorate(function.__func__))
        if inspect.isclass(function) or not callable(function):
            shared.report(
                "functions.timed", f"{function!r} cannot be timed: give a function or a method to `timed`, not this"
            )
            return function
        return watched(timed_function(function, name or _call(function, None, "internal", None).function_name))

    return decorate


def span(name: str, /, **attributes: AttributeValue) -> Block:
    """
    A span around a block.

    Args:
        name: Of the span.
        **attributes: Of the span.

    Returns:
        A context manager that gives the span, for `with` and `async with`.

    Example:
        with otel_agent.span("rebalance", portfolio="core") as span:
            span.set_attribute("orders", 3)
    """
    return Block(name, attributes)
