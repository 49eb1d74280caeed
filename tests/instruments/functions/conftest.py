"""Decorators bound to a provider with a queue, and each path a span can take."""

import gc
from collections import deque
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk import trace as sdk
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_agent.instruments.functions import decorators
from otel_agent.recording.durations import Durations
from otel_agent.recording.provider import TracerProvider
from otel_agent.recording.recorder import durations_only


class Rig:
    """Decorators bound to a provider with a queue."""

    def __init__(self, calls_per_s: float | None = None, **options: Any) -> None:
        self.queue = SimpleNamespace(items=deque(), limit=1 << 20, overflow=None)
        self.provider = TracerProvider(shutdown_on_exit=False, queue=self.queue, **options)
        self.tracer = self.provider.get_tracer("tests")
        self.durations = Durations()
        decorators.bind(self.provider.recorder("tests", self.durations, calls_per_s))

    @property
    def spans(self) -> list[Any]:
        """What has ended."""
        return list(self.queue.items)

    def one(self, name: str) -> Any:
        """The one span of a name."""
        (found,) = [each for each in self.spans if each.name == name]
        return found

    def calls(self) -> dict[tuple[str, str | None], int]:
        """Calls counted, by function and error type."""
        return {(name, error): each.count for name, error, each in self.durations.collect()}


@pytest.fixture
def rig() -> Iterator[Rig]:
    """Telemetry that is on during a test."""
    yield Rig()
    decorators.bind(None)


@pytest.fixture
def make_rig() -> Iterator[type[Rig]]:
    """Makes telemetry of other kinds, which is on until the test ends."""
    yield Rig
    decorators.bind(None)


@pytest.fixture(params=["quick", "complete", "api"])
def way(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Each of the ways a span can be recorded, with a function that gives what was."""
    kept = InMemorySpanExporter()
    found = Rig()
    if request.param == "complete":
        found.provider.add_span_processor(SimpleSpanProcessor(kept))
    if request.param == "api":
        provider = sdk.TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(kept))
        decorators.bind(durations_only(found.durations))
        real, trace._TRACER_PROVIDER = trace._TRACER_PROVIDER, provider
        yield SimpleNamespace(
            tracer=provider.get_tracer("root"), spans=lambda: list(kept.get_finished_spans()), rig=found
        )
        trace._TRACER_PROVIDER = real
    else:
        yield SimpleNamespace(tracer=found.tracer, spans=lambda: found.spans, rig=found)
    decorators.bind(None)


@pytest.fixture(autouse=True, scope="module")
def light() -> None:
    """What the suite holds by now is not looked through at the end of every test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def clean(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No test leaves a span current or a line about contexts in the log."""
    yield
    gc.collect()
    assert trace.INVALID_SPAN is trace.get_current_span()
    assert [] == [record for record in caplog.records if "detach" in record.getMessage()]
