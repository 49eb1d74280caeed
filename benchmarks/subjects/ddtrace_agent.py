"""ddtrace, its decorator and native writer, against a stand-in for its agent."""

import os

from subjects import FIVE, Subject


def start(endpoint: str) -> Subject:
    """Neither telemetry about itself nor remote configuration."""
    os.environ |= {
        "DD_TRACE_AGENT_URL": endpoint,
        "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
        "DD_REMOTE_CONFIGURATION_ENABLED": "false",
        "DD_TRACE_STARTUP_LOGS": "false",
        "DD_SERVICE": "bench",
    }
    from ddtrace.trace import tracer

    @tracer.wrap("decide")
    def traced() -> None:
        pass

    @tracer.wrap("decide")
    def traced5() -> None:
        span = tracer.current_span()
        for key, value in FIVE.items():
            span.set_tag(key, value)

    return Subject(lambda: tracer.trace("root"), traced, traced5, tracer.flush)
