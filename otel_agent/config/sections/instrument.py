"""What is instrumented without a line in the agent's code: `instrument`."""

from otel_agent.config.kinds import ModuleName, Name, NotNegative
from otel_agent.config.sections.section import Section

__all__ = ["InstrumentSettings"]


class InstrumentSettings(Section, frozen=True, kw_only=True):
    """What is instrumented without a line in the agent's code."""

    libraries: bool | tuple[Name, ...] = True
    """true: every installed instrumentation; false: none; or a list of their names, such as `[sqlalchemy, httpx]`."""
    modules: bool | tuple[ModuleName, ...] = True
    """
    Modules whose functions get spans without a decorator. true: the agent's own; false: none; or a list of names, each with
    everything below it. A name that begins with `!` takes away, modules and functions: `[trader, "!trader.feed"]`.
    """
    min_duration_s: NotNegative = 0.001
    """Automatic spans of `modules` only for calls that take longer, in seconds; 0: for every call."""
    slow_query_s: NotNegative = 0.5
    """Queries that take longer tell where in the agent's code they come from, in seconds; 0: all."""
