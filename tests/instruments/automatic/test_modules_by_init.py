"""Automatic tracing as `otel_agent.init` puts it in place."""

import sys
from types import ModuleType

import pytest

from otel_agent.errors import OtelAgentError
from otel_agent.testing import recorded


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that is there already, with a function that calls another."""
    module = ModuleType("desk_of_this_test")
    exec("def decide():\n    return price()\ndef price():\n    return 7\n", vars(module))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def test_chosen_modules_are_traced_and_counted_while_telemetry_is_on(desk: ModuleType) -> None:
    """Calls are spans below each other, their durations a metric; after the end functions have their own code."""
    code = desk.decide.__code__
    config = {"instrument": {"modules": [desk.__name__], "min_duration_s": 0.0}}
    with recorded(config=config) as telemetry:
        assert 7 == desk.decide()
        points = telemetry.metrics["agent.function.duration"]

    assert [("price", 2), ("decide", None)] == [(span["name"], span["parent"]) for span in telemetry.spans]
    assert {f"{desk.__name__}.decide", f"{desk.__name__}.price"} <= {
        attributes["code.function.name"] for attributes, _ in points
    }
    assert code is desk.decide.__code__


def test_a_pattern_without_a_module_is_a_mistake_of_the_set_up() -> None:
    """Raised when strict, with the name that was not found."""
    with pytest.raises(OtelAgentError, match="there is no module 'tradre'"), recorded(trace_modules=["tradre.*"]):
        pass
