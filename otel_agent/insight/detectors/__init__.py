"""
Detectors, one module for what is looked at together. Pure: what was recorded goes in, sightings come out.

    queries        n_plus_one, repeated_query
    slow_queries   slow_query
    consecutive    consecutive_calls, sequential_tools
    tools          redundant_tool_calls
    functions      cacheable
    instrumentation   over_instrumented
    loops          blocked_loop
    waits          lock_wait, busy_polling
    pools          pool_starvation
    caches         low_value_cache
"""
