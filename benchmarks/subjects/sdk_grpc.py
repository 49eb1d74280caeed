"""The OpenTelemetry SDK, OTLP over gRPC."""

from subjects import Subject, sdk_http


def start(endpoint: str) -> Subject:
    """As `sdk_http`, but for the transport."""
    return sdk_http.start(endpoint, "grpc")
