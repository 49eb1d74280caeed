"""The OpenTelemetry SDK as its documentation sets it up, OTLP over HTTP."""

import importlib
import logging
from typing import Any

from subjects import FIVE, Subject


def start(endpoint: str, transport: str = "http") -> Subject:
    """Three signals, batch processors with their defaults."""
    from opentelemetry import metrics, trace
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": "bench"})
    if transport == "http":
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        spans: Any = OTLPSpanExporter(f"{endpoint}/v1/traces")
        points: Any = OTLPMetricExporter(f"{endpoint}/v1/metrics")
    else:
        base = "opentelemetry.exporter.otlp.proto.grpc"
        spans = importlib.import_module(f"{base}.trace_exporter").OTLPSpanExporter(endpoint, insecure=True)
        points = importlib.import_module(f"{base}.metric_exporter").OTLPMetricExporter(endpoint, insecure=True)
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(spans))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider([PeriodicExportingMetricReader(points)], resource=resource))
    log = _logs(endpoint, resource) if transport == "http" else None
    tracer = trace.get_tracer("bench")

    def traced() -> None:
        with tracer.start_as_current_span("decide"):
            pass

    def traced5() -> None:
        with tracer.start_as_current_span("decide") as span:
            for key, value in FIVE.items():
                span.set_attribute(key, value)

    @tracer.start_as_current_span("decide")
    async def coroutine() -> None:
        pass

    def generator() -> Any:
        with tracer.start_as_current_span("decide"):
            yield

    return Subject(
        lambda: tracer.start_as_current_span("root"), traced, traced5, provider.force_flush, coroutine, generator, log
    )


def _logs(endpoint: str, resource: Any) -> Any:
    import warnings

    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

    provider = LoggerProvider(resource)
    provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(f"{endpoint}/v1/logs")))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        handler = LoggingHandler(logger_provider=provider)
    return logger_with(handler, provider.force_flush)


def logger_with(handler: logging.Handler, flush: Any) -> Any:
    """A call that logs one record with three extras, and a way to flush what it made."""
    logger = logging.getLogger("bench")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)

    def log() -> None:
        logger.info("order %s at %s", "A1", 101.25, extra={"symbol": "ACME", "size": 300, "venue": "XNYS"})

    log.flush = flush  # type: ignore[attr-defined]
    return log
