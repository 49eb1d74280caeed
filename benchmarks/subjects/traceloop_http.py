"""traceloop-sdk, its task decorator."""

import os

from subjects import FIVE, Subject


def start(endpoint: str) -> Subject:
    """No telemetry about itself."""
    os.environ |= {"TRACELOOP_TELEMETRY": "false", "TRACELOOP_BASE_URL": endpoint, "TRACELOOP_METRICS_ENABLED": "false"}
    from opentelemetry import trace
    from traceloop.sdk import Traceloop
    from traceloop.sdk.decorators import task

    Traceloop.init("bench", api_endpoint=endpoint, api_key="none", telemetry_enabled=False)

    @task("decide")
    def traced() -> None:
        pass

    @task("decide")
    def traced5() -> None:
        span = trace.get_current_span()
        for key, value in FIVE.items():
            span.set_attribute(key, value)

    tracer = trace.get_tracer("bench")
    return Subject(
        lambda: tracer.start_as_current_span("root"), traced, traced5, trace.get_tracer_provider().force_flush
    )
