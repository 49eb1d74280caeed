"""Providers that were there before us."""

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider

from otel_agent.providers.existing import find_existing


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> tuple[TracerProvider, MeterProvider]:
    """Providers that somebody has made global."""
    tracing, metering = TracerProvider(shutdown_on_exit=False), MeterProvider(shutdown_on_exit=False)
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: tracing)
    monkeypatch.setattr(metrics, "get_meter_provider", lambda: metering)
    return tracing, metering


def test_providers_of_the_sdk_that_others_installed_are_found(theirs: tuple[TracerProvider, MeterProvider]) -> None:
    """They stay, and ours attach to them."""
    found = find_existing(())

    assert theirs == (found.tracer_provider, found.meter_provider)


def test_what_this_package_installed_itself_is_nobody_else_s(theirs: tuple[TracerProvider, MeterProvider]) -> None:
    """An agent that begins again does not attach to its own past."""
    found = find_existing(theirs)

    assert (None, None) == (found.tracer_provider, found.meter_provider)


def test_what_is_not_the_sdk_s_cannot_be_attached_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider of another maker is not found."""
    monkeypatch.setattr(trace, "get_tracer_provider", trace.NoOpTracerProvider)

    assert find_existing(()).tracer_provider is None
