"""elastic-opentelemetry, configured by its distribution, OTLP over HTTP."""

import os

from subjects import FIVE, Subject


def start(endpoint: str) -> Subject:
    """What `opentelemetry-instrument` would do, without the detectors of cloud resources."""
    os.environ |= {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "otel",
        "OTEL_SERVICE_NAME": "bench",
    }
    from opentelemetry.instrumentation.auto_instrumentation import initialize

    initialize()
    from opentelemetry import trace

    tracer = trace.get_tracer("bench")

    def traced() -> None:
        with tracer.start_as_current_span("decide"):
            pass

    def traced5() -> None:
        with tracer.start_as_current_span("decide") as span:
            for key, value in FIVE.items():
                span.set_attribute(key, value)

    return Subject(
        lambda: tracer.start_as_current_span("root"), traced, traced5, trace.get_tracer_provider().force_flush
    )
