"""Failed calls of functions that are traced because of their module."""

import sys
from types import ModuleType

import pytest

from otel_agent.instruments.automatic.pending_spans import QUICK_FAILURES_PER_S
from otel_agent.testing import Recorded, recorded


@pytest.fixture
def risk(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module with a function that refuses at once."""
    module = ModuleType("risk_of_this_test")
    exec("def size(units):\n    raise ValueError('too much')\n", module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def calls_of(module: ModuleType, telemetry: Recorded) -> int:
    """Calls of the module's function counted in this process so far."""
    points = telemetry.metrics.get("agent.function.duration", [])
    return sum(
        value[0] for attributes, value in points if attributes["code.function.name"] == f"{module.__name__}.size"
    )


def test_a_quick_failure_leaves_a_span(risk: ModuleType) -> None:
    """A refusal takes microseconds and is what one wants to see; rules that watch for it see it too."""
    with recorded(trace_modules=[risk.__name__]) as telemetry, pytest.raises(ValueError, match="too much"):
        risk.size(3)

    assert [("size", "error")] == [(span["name"], span["status"]) for span in telemetry.spans]


def test_failures_without_end_do_not_flood(risk: ModuleType) -> None:
    """A function whose exceptions are ordinary answers leaves some spans a second, and every call is counted."""
    with recorded(trace_modules=[risk.__name__]) as telemetry:
        before = calls_of(risk, telemetry)
        for _ in range(2_000):
            with pytest.raises(ValueError, match="too much"):
                risk.size(3)
        counted = calls_of(risk, telemetry) - before

    assert 2_000 == counted
    assert 0 < len(telemetry.spans) < 40 * QUICK_FAILURES_PER_S


def test_a_failure_of_ours_never_replaces_the_agents(risk: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """When recording the end of a call fails, the agent sees its own exception."""
    from otel_agent.instruments.automatic import pending_spans

    def broken(*_: object) -> None:
        raise RuntimeError("ours")

    with recorded(trace_modules=[risk.__name__]), pytest.raises(ValueError, match="too much"):
        monkeypatch.setattr(pending_spans, "record_error", broken)
        risk.size(3)
