"""What is instrumented without a line of code."""

from otel_agent.config.sections.instrument import InstrumentSettings


def test_libraries_are_instrumented_and_the_agents_own_modules_are_traced() -> None:
    """By default every installed instrumentation is used, and the agent's own modules get spans by themselves."""
    instrument = InstrumentSettings()

    assert (True, True, 0.001, 0.5) == (
        instrument.libraries,
        instrument.modules,
        instrument.min_duration_s,
        instrument.slow_query_s,
    )
