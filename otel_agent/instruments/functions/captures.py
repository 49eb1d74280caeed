"""
Arguments and results as attributes, when somebody asked for them.

Values of plain types are taken as they are; everything else by its `repr`, which is the agent's own code: it may fail, take long
texts to say little, or show what should not be seen. So it is bounded, guarded, and left to redaction like everything else.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry.trace import get_current_span

from otel_agent.catalog import functions as names
from otel_agent.instruments.functions.callables import is_coroutine_function
from otel_agent.instruments.functions.signatures import wrap

__all__ = ["MAX_CHARS", "Capture", "attribute_value", "capturing"]

MAX_CHARS = 1024
"""Length at which a text is cut, in characters."""

_PLAIN = frozenset((bool, int, float, type(None)))


class Capture:
    """
    Which arguments and results of one function's calls become attributes.

    Args:
        function: The function; its signature names the arguments.
        arguments: Whether arguments are captured.
        result: Whether the result is captured.
    """

    __slots__ = ("_has_arguments", "_has_result", "_signature")

    def __init__(self, function: Callable[..., Any], *, arguments: bool, result: bool) -> None:
        self._has_arguments = arguments
        self._has_result = result
        try:
            self._signature = inspect.signature(function) if arguments else None
        except (TypeError, ValueError):
            self._signature = None

    def arguments(self, span: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """
        Put the arguments of a call on its span. Never raises.

        Args:
            span: Span of the call.
            args: Positional arguments of the call.
            kwargs: Keyword arguments of the call.
        """
        if not self._has_arguments or not span.is_recording():
            return
        for name, value in self._named(args, kwargs).items():
            if name not in ("self", "cls"):
                span.set_attribute(f"{names.ARGUMENT.name}.{name}", attribute_value(value))

    def result(self, span: Any, result: Any) -> None:
        """
        Put the result of a call on its span. Never raises.

        Args:
            span: Span of the call.
            result: What the call returned.
        """
        if self._has_result and span.is_recording():
            span.set_attribute(names.RESULT.name, attribute_value(result))

    def _named(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        if self._signature is None:
            return {**{str(position): value for position, value in enumerate(args)}, **kwargs}
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError:  # the call itself is about to fail with the same message
            return dict(kwargs)
        return bound.arguments


def attribute_value(value: Any) -> Any:
    """
    The attribute value that stands for any value.

    Args:
        value: The value; its `repr` may raise.

    Returns:
        The value, when it is a number, a boolean or `None`; otherwise at most `MAX_CHARS` characters of text.
    """
    if type(value) in _PLAIN:
        return value
    try:
        text = value if isinstance(value, str) else repr(value)
        return text if len(text) <= MAX_CHARS else text[: MAX_CHARS - 1] + "…"
    except Exception as error:  # noqa: BLE001 - the agent's own __repr__, run for our sake
        return f"<{type(value).__qualname__}: its __repr__ raised {type(error).__name__}>"


def capturing(function: Callable[..., Any], capture: Capture) -> Callable[..., Any]:
    """
    Wrap a function or a coroutine function: arguments and results are captured on the span that is current inside.

    Args:
        function: Function to wrap; not a generator function.
        capture: What is captured.
    """
    return wrap(_awaited if is_coroutine_function(function) else _called, function, capture)


def _awaited(function: Callable[..., Any], capture: Capture) -> Callable[..., Any]:
    @functools.wraps(function)
    async def captured(*args: Any, **kwargs: Any) -> Any:
        span = get_current_span()
        capture.arguments(span, args, kwargs)
        result = await function(*args, **kwargs)
        capture.result(span, result)
        return result

    return captured


def _called(function: Callable[..., Any], capture: Capture) -> Callable[..., Any]:
    @functools.wraps(function)
    def captured(*args: Any, **kwargs: Any) -> Any:
        span = get_current_span()
        capture.arguments(span, args, kwargs)
        result = function(*args, **kwargs)
        capture.result(span, result)
        return result

    return captured
