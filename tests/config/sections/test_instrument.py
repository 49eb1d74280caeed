"""What is instrumented without a line of code."""

from otel_agent.config.sections.instrument import InstrumentSettings


def test_libraries_are_instrumented_and_modules_are_not() -> None:
    """By default every installed instrumentation is used, and no module gets spans by itself."""
    instrument = InstrumentSettings()

    assert (True, (), 0.001, 0.5) == (
        instrument.libraries,
        instrument.modules,
        instrument.min_duration_s,
        instrument.slow_query_s,
    )
