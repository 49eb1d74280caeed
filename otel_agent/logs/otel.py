"""
The OpenTelemetry logs API, for third parties that speak it. The only file that imports its still private modules.

Records they emit go through the SDK's own provider, so limits and exceptions are treated as its documentation says, into
the same sink as everything else.
"""

from typing import Any

from opentelemetry.sdk._logs import LoggerProvider, LogRecordProcessor, ReadableLogRecord, ReadWriteLogRecord
from opentelemetry.sdk.resources import Resource

from otel_agent.delivery.wire.values import IMMUTABLE, plain
from otel_agent.guard import guarded

__all__ = ["SinkProcessor", "build_logger_provider"]


class SinkProcessor(LogRecordProcessor):
    """Appends every emitted record to a sink. What leads out of the process is the sink's business, flushing included."""

    def __init__(self, sink: Any) -> None:
        """
        Feed a sink.

        Args:
            sink: See `logs.bridge.Sink`.
        """
        self._sink = sink

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Append a record. Never raises, where the SDK would let an exception reach the caller."""
        with guarded("logs.otel", "a log record of the OpenTelemetry API could not be taken and was left out"):
            record = log_record.log_record
            record.context = None  # type: ignore[assignment] # as the SDK's own batch processor does: it keeps the span, and with it the trace, alive; the ids are in the record
            if record.body.__class__ not in IMMUTABLE:
                record.body = plain(record.body)
            readable = ReadableLogRecord(
                record, log_record.resource or Resource.get_empty(), log_record.instrumentation_scope, log_record.limits
            )
            sink = self._sink
            if len(sink.items) < sink.limit:
                sink.items.append(readable)
            else:
                sink.overflow(readable)

    def shutdown(self) -> None:
        """Do nothing; the sink outlives its producers."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's signature
        """Say yes: nothing waits here."""
        return True


def build_logger_provider(sink: Any, resource: Resource) -> LoggerProvider:
    """
    A provider whose records go to a sink.

    Args:
        sink: See `logs.bridge.Sink`.
        resource: Sent with every record.

    Returns:
        The SDK's own provider; installs nothing and registers nothing at exit.
    """
    provider = LoggerProvider(resource, shutdown_on_exit=False)
    provider.add_log_record_processor(SinkProcessor(sink))
    return provider
