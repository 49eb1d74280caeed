"""logfire, its decorator, sending to an OTLP endpoint instead of its own backend."""

import os

from subjects import FIVE, Subject


def start(endpoint: str) -> Subject:
    """No backend of its own, no console."""
    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint
    import logfire
    from opentelemetry import trace

    logfire.configure(send_to_logfire=False, console=False, service_name="bench", inspect_arguments=False)

    @logfire.instrument("decide", extract_args=False)
    def traced() -> None:
        pass

    @logfire.instrument("decide", extract_args=False)
    def traced5() -> None:
        span = trace.get_current_span()
        for key, value in FIVE.items():
            span.set_attribute(key, value)

    return Subject(lambda: logfire.span("root"), traced, traced5, logfire.force_flush)
