"""What is instrumented without a line of code."""

import pytest

from otel_agent.config.loading import load
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


@pytest.mark.parametrize("modules", [7, "7", ["trader", "7"], "two words", "!"])
def test_what_cannot_be_a_module_is_a_mistake(modules: object) -> None:
    """A number, a blank and a lone ! name no module; the message says what a name looks like."""
    loaded = load({"config": {"instrument": {"modules": modules}}}, environ={}, directory="/nowhere", script="s.py")

    assert 1 == len(loaded.problems)
    assert "expected a name of a module such as trader" in loaded.problems[0]


def test_modules_may_be_patterns() -> None:
    """Names, patterns and exceptions are taken as they are written."""
    names = ("trader", "trader.*", "!trader.book.Book.mid", "*.orders", "__main__")
    loaded = load({"trace_modules": names}, environ={}, directory="/nowhere", script="s.py")

    assert ((), names) == (loaded.problems, loaded.config.instrument.modules)
