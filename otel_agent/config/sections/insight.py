"""Findings: `insight`."""

from otel_agent.config.kinds import Count, NotNegative, Seconds
from otel_agent.config.sections.section import Section

__all__ = ["FindingRulesSettings", "InsightSettings"]


class FindingRulesSettings(Section, frozen=True, kw_only=True):
    """Which findings are looked for; `false` switches a rule off."""

    cacheable: bool = True
    """Functions that are asked the same again and again, and answer the same."""
    n_plus_one: bool = True
    """A query for each row of another one."""
    repeated_query: bool = True
    """A query that is sent from one line again and again within one piece of work."""
    consecutive_calls: bool = True
    """Calls to other services or databases that wait for each other and need not."""
    slow_query: bool = True
    """Queries that take long, or most of the time in the database."""
    pool_starvation: bool = True
    """Pools with too few connections."""
    blocked_loop: bool = True
    """Lines that keep the event loop from everything else."""
    gc_pressure: bool = True
    """Garbage collection that takes a noticeable share of the time."""
    memory_growth: bool = True
    """Objects of one type that become more and more."""
    redundant_tool_calls: bool = True
    """Tools that are asked the same again and bring nothing new."""
    sequential_tools: bool = True
    """Tools that run one after another and need nothing of each other."""
    low_value_cache: bool = True
    """Caches that answer few of their lookups."""
    over_instrumented: bool = True
    """Functions whose spans cost a noticeable share of their time."""
    lock_wait: bool = True
    """Locks that threads wait for."""
    busy_polling: bool = True
    """Loops that ask again and again whether something has happened."""
    baseline: bool = True
    """Functions that have become slower than they were."""


class InsightSettings(Section, frozen=True, kw_only=True):
    """Findings: what the telemetry says about the agent."""

    enabled: bool = True
    """Whether anything is looked for."""
    rules: FindingRulesSettings = FindingRulesSettings()
    """Which findings are looked for."""
    most: Count = 200
    """Findings that are kept; those that save least are forgotten first."""
    slow_query_s: Seconds = 0.5
    """A query is slow when 5 % of its executions take longer than this, in seconds."""
    explain: bool | None = None
    """
    Whether slow queries are explained by the database, on a connection of its own. None: unless `service.environment` is `production`.
    """
    blocked_loop_s: Seconds = 0.05
    """An event loop is blocked when it is later than this, in seconds."""
    memory_probe_s: Seconds = 60.0
    """How often objects are counted by type, in seconds; a type that grows at five counts in a row is a finding."""
    allocation_window_s: NotNegative = 1.0
    """So long allocations are traced to name the line of a type that grows, in seconds, at most five times; they take three times as long meanwhile. 0: never."""
    control: bool = True
    """Whether `otel-agent findings PID` and its like may ask this process, through a socket that exists only while they do."""
