"""
What users type: the decorators `traced` (a span a call) and `timed` (its duration only), and `span` for a block.

Decorators can be applied before telemetry starts. Until then, and when somebody else's provider is installed, spans go through
OpenTelemetry's API; from `bind` on they are recorded with a tracer of ours. What a call costs is decided in `wrappers`.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from opentelemetry.trace import SpanKind
from opentelemetry.util.types import AttributeValue

from otel_agent.arguments import with_known_names
from otel_agent.guard import shared
from otel_agent.instruments.functions import wrappers
from otel_agent.instruments.functions.arguments import check_block_name, check_name, check_traced
from otel_agent.instruments.functions.attaching import attaching_coroutine, attaching_function, is_attaching
from otel_agent.instruments.functions.binding import bind, made
from otel_agent.instruments.functions.blocks import Block
from otel_agent.instruments.functions.callables import decorated_callable, is_coroutine_function, qualified_name
from otel_agent.instruments.functions.calls import TracedFunction
from otel_agent.instruments.functions.generators import as_coroutine, traced_async_generator, traced_generator
from otel_agent.instruments.functions.marks import leave_alone, mark_decorated
from otel_agent.instruments.functions.signatures import cell_of, code_of, wrap
from otel_agent.instruments.functions.timing import timed_function
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from otel_agent.instruments.functions import captures
else:
    # It needs the catalogue, which a plain import of the package does not load.
    captures = late_module("otel_agent.instruments.functions.captures")

__all__ = ["bind", "span", "timed", "traced", "untraced"]

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
@with_known_names
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
        name: Span name; the function's qualified name by default. The decorated function itself when used without brackets.
        kind: Span kind: "internal", "server", "client", "producer" or "consumer".
        attributes: Attributes of every span.
        capture_arguments: Whether arguments become attributes, `agent.function.argument.<name>`. They may hold what must not leave
            the process; redaction by key and by value is applied to them as to everything else.
        capture_result: Whether what the function returns becomes the attribute `agent.function.result`.

    Returns:
        The function, wrapped, or a decorator.

    Raises:
        TypeError: An argument has the wrong type, or there is none of that name.

    Example:
        @otel_agent.traced("decide", kind="internal", attributes={"strategy": "momentum"})
        async def decide(symbol: str) -> Order: ...
    """
    check_name("traced", name)
    check_traced(kind, attributes, {"capture_arguments": capture_arguments, "capture_result": capture_result})
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
        described = _describe(function, name, kind, attributes)
        leave_alone(function)
        make = functools.partial(_traced, described, arguments=capture_arguments, result=capture_result)
        return decorated_callable(function, make)

    return decorate


def _describe(function: Any, name: str | None, kind: Any, attributes: Mapping[str, Any] | None) -> TracedFunction:
    module, qualified = getattr(function, "__module__", None), qualified_name(function)
    full = f"{module}.{qualified}" if module else qualified
    # The name finds the function. File and line would make every span half as large again, and file names tell of the machine.
    described = TracedFunction(
        name or qualified, _kind(kind, full), {"code.function.name": full, **(attributes or {})}, full
    )
    described.code = code_of(function)
    return described


def _traced(
    described: TracedFunction, function: Callable[..., Any], *, arguments: bool = False, result: bool = False
) -> Callable[..., Any]:
    if arguments or result:
        described.capture = captures.Capture(function, arguments=arguments, result=result)
        if not _is_generator(function):
            function = captures.capturing(function, described.capture)
    if inspect.isasyncgenfunction(function):
        wrapper = wrap(traced_async_generator, function, described)
    elif inspect.isgeneratorfunction(function):
        wrapper = as_coroutine(function, wrap(traced_generator, function, described))
    elif is_coroutine_function(function):
        wrapper = wrap(attaching_coroutine if is_attaching(function) else wrappers.coroutine, function, described)
    else:
        wrapper = wrap(attaching_function if is_attaching(function) else wrappers.plain, function, described)
    if not _is_generator(function):
        described.cell = cell_of(wrapper, "function")
        made(described)
    return mark_decorated(wrapper)


def _timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    return mark_decorated(timed_function(function, name))


def _is_generator(function: Callable[..., Any]) -> bool:
    return inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)


def _kind(kind: Any, full: str) -> SpanKind:
    if isinstance(kind, SpanKind):
        return kind
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
@with_known_names
def timed(name: Any = None) -> Any:
    """
    Count the calls of a function with their duration and outcome: no span.

    Works on everything `traced` works on. The metric is `agent.function.duration`.

    Args:
        name: `code.function.name` of its points; module and qualified name by default. The decorated function itself when used
            without brackets.

    Returns:
        The function, wrapped, or a decorator.

    Raises:
        TypeError: The name is no string, or another argument was given.
    """
    check_name("timed", name)
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
        leave_alone(function)
        named = name or _describe(function, None, "internal", None).function_name
        return decorated_callable(function, functools.partial(_timed, named))

    return decorate


class SpanBlock(Block):
    """A block that is also a decorator, see `span`."""

    __slots__ = ()

    def __call__(self, function: Function) -> Function:
        """Give every call of a function a span of this name, with these attributes; works on what `traced` works on."""
        decorated: Function = traced(self._name, attributes=self._attributes)(function)
        return decorated


def span(name: str, /, **attributes: AttributeValue) -> SpanBlock:
    """
    A span around a block, or around each call of a function.

    Args:
        name: Span name.
        **attributes: Span attributes.

    Returns:
        A context manager that gives the span, for `with` and `async with`; and a decorator, which does what `traced` does.

    Raises:
        TypeError: The name is a function.

    Example:
        with otel_agent.span("rebalance", portfolio="core") as span:
            span.set_attribute("orders", 3)

        @otel_agent.span("rebalance", portfolio="core")
        def rebalance() -> None: ...
    """
    if name.__class__ is not str:
        check_block_name(name)
    return SpanBlock(name, attributes)


def untraced(function: Function) -> Function:
    """
    Leave a function, or the methods of a class, out of automatic tracing.

    Args:
        function: Function, method or class; it is returned as it is.

    Example:
        @otel_agent.untraced
        def on_tick(price: float) -> None: ...
    """
    leave_alone(function)
    return function
