"""Propagators by name."""

from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from otel_agent.providers.propagation import build_propagator


def test_the_default_needs_nothing() -> None:
    """OpenTelemetry's API propagates W3C's headers by itself."""
    assert build_propagator(("tracecontext", "baggage"), []) is None


def test_names_choose_what_is_injected() -> None:
    """Only what is named travels."""
    propagator = build_propagator(("tracecontext",), [])
    context = set_span_in_context(
        NonRecordingSpan(SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(1))), Context()
    )
    carrier: dict[str, str] = {}
    assert propagator is not None
    propagator.inject(carrier, context)

    assert {"traceparent": "00-00000000000000000000000000000001-0000000000000002-01"} == carrier


def test_none_propagates_nothing() -> None:
    """An agent that talks to foreign services may keep its context to itself."""
    propagator = build_propagator(("none",), [])

    assert propagator is not None
    assert set() == propagator.fields


def test_an_unknown_name_is_said_and_the_others_work() -> None:
    """A typo costs one line, not the context."""
    problems: list[str] = []
    propagator = build_propagator(("tracecontext", "b4"), problems)

    assert propagator is not None
    assert {"traceparent", "tracestate"} == propagator.fields
    assert 1 == len(problems)
    assert "'b4'" in problems[0]
