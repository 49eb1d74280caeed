"""
The OpenTelemetry logs API, for third parties that speak it. The only file that imports its still private modules.

Records they emit go through the SDK's own provider, so limits and exceptions are treated as its documentation says, into
the same sink as everything else.
"""

import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any

from opentelemetry._logs import LogRecord, SeverityNumber, _internal, get_logger_provider, set_logger_provider
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource

from otel_agent import primitives
from otel_agent.delivery.wire.values import IMMUTABLE, plain
from otel_agent.guard import guarded
from otel_agent.logs.sdk_loading import without_detectors
from otel_agent.recording.provider import Queue, enqueue

try:
    from opentelemetry.sdk._logs import (
        LoggerProvider,
        LogRecordLimits,
        LogRecordProcessor,
        ReadableLogRecord,
        ReadWriteLogRecord,
    )
except RuntimeError:  # no thread can be had
    with without_detectors():
        from opentelemetry.sdk._logs import (
            LoggerProvider,
            LogRecordLimits,
            LogRecordProcessor,
            ReadableLogRecord,
            ReadWriteLogRecord,
        )

__all__ = [
    "SinkProcessor",
    "attach_sink",
    "build_logger_provider",
    "emit_event",
    "feeds_root",
    "global_place",
    "installed_logger_provider",
]


class SinkProcessor(LogRecordProcessor):
    """
    Appends every emitted record to a queue. What leads out of the process is the queue's business, flushing included.

    Args:
        sink: Queue that takes the records; see `recording.provider.Queue`.
    """

    def __init__(self, sink: Queue) -> None:
        self._sink = sink
        self._provider: LoggerProvider | None = None

    def follow(self, sink: Queue, provider: LoggerProvider | None) -> None:
        """
        Append to another queue from now on.

        Args:
            sink: Queue that takes the records.
            provider: Provider whose resource the records are sent with; `None`: that of the provider they come from.
        """
        self._sink, self._provider = sink, provider

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Append a record. Never raises, where the SDK would let an exception reach the caller."""
        with guarded("logs.otel", "a log record of the OpenTelemetry API could not be taken and was left out"):
            record = log_record.log_record
            record.context = None  # type: ignore[assignment] # as the SDK's own batch processor does: it keeps the span, and with it the trace, alive; the ids are in the record
            if record.body.__class__ not in IMMUTABLE:
                record.body = plain(record.body)
            resource = log_record.resource if self._provider is None else self._provider.resource
            readable = ReadableLogRecord(
                record, resource or Resource.get_empty(), log_record.instrumentation_scope, log_record.limits
            )
            enqueue(self._sink, readable)

    def shutdown(self) -> None:
        """Do nothing; the sink outlives its producers."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's signature
        """Say yes: nothing waits here."""
        return True


class AgentLoggerProvider(LoggerProvider):
    """
    The SDK's provider; it also takes over from one that has ended.

    Args:
        sink: Queue that takes the records.
        resource: Resource sent with every record.
        limits: Limits of a record.
    """

    def __init__(self, sink: Queue, resource: Resource, limits: LogRecordLimits) -> None:
        super().__init__(resource, shutdown_on_exit=False, log_record_limits=limits)
        self._sink = sink
        self._end = SinkProcessor(sink)
        self._inherited: list[SinkProcessor] = []
        self.add_log_record_processor(self._end)

    def adopt(self, previous: "AgentLoggerProvider") -> None:
        """
        Take over the loggers of a provider that has ended: whoever holds one logs here from now on.

        Args:
            previous: Provider that this one stands in for. It may take them back later.
        """
        if previous is self:
            return
        self._inherited = [end for end in (*previous._inherited, previous._end) if end is not self._end]  # noqa: SLF001 - of this class
        self._end.follow(self._sink, None)
        for end in self._inherited:
            end.follow(self._sink, self)

    def renew_resource(self, resource: Resource) -> None:
        """
        Name another resource from now on, also in loggers that were made before; a forked child does.

        Args:
            resource: Resource of every record from now on.
        """
        with self._active_loggers_lock:
            self._resource = resource
            for logger in list(self._active_loggers):
                logger._set_resource(resource)  # noqa: SLF001 - as the SDK's own does

    def _handle_fork(self) -> None:
        """Make locks anew in a forked child; the resource is renewed by whoever has built it."""
        self._logger_cache_lock = primitives.Lock()
        self._active_loggers_lock = primitives.Lock()


def build_logger_provider(
    sink: Queue, resource: Resource, most_attributes: int | None = None, attribute_length: int | None = None
) -> LoggerProvider:
    """
    A provider whose records go to a queue.

    Args:
        sink: Queue that takes the records; see `recording.provider.Queue`.
        resource: Resource sent with every record.
        most_attributes: Most attributes of a record; the rest is dropped and counted. `None`: as the SDK has it.
        attribute_length: Longest text of an attribute, in characters; the rest is cut off. `None`: as the SDK has it.

    Returns:
        A provider of the SDK; installs nothing and registers nothing at exit.
    """
    limits = LogRecordLimits(
        max_log_record_attributes=most_attributes, max_log_record_attribute_length=attribute_length
    )
    return AgentLoggerProvider(sink, resource, limits)


def installed_logger_provider() -> LoggerProvider | None:
    """The SDK's provider that somebody has made the global one; `None` when there is none, or it is not the SDK's."""
    found = get_logger_provider()
    return found if isinstance(found, LoggerProvider) else None


def global_place() -> tuple[Any, Callable[[Any], object], ModuleType, str]:
    """
    The place where the global logger provider is kept.

    Returns:
        The present provider, how one is installed where there is none, and the module and name that hold it.
    """
    return get_logger_provider(), set_logger_provider, _internal, "_LOGGER_PROVIDER"


def feeds_root(provider: LoggerProvider) -> bool:
    """
    Whether a handler of the root logger feeds a provider already, so that records would be taken twice.

    Args:
        provider: The SDK's provider.
    """
    return any(getattr(handler, "_logger_provider", None) is provider for handler in logging.getLogger().handlers)


def attach_sink(provider: LoggerProvider, sink: Queue) -> None:
    """
    Let a provider that is already there feed a queue as well.

    Args:
        provider: The SDK's provider.
        sink: Queue that takes the records; see `recording.provider.Queue`.
    """
    provider.add_log_record_processor(SinkProcessor(sink))


def emit_event(
    provider: LoggerProvider,
    scope: str,
    name: str,
    *,
    body: str,
    time_ns: int,
    severity_number: int,
    attributes: dict[str, Any],
    trace_id: int = 0,
) -> None:
    """
    Emit one event of our own.

    Args:
        provider: The SDK's provider.
        scope: Name of the instrumentation scope.
        name: Event name.
        body: One line for people.
        time_ns: Time of the event, in nanoseconds since 1970.
        severity_number: Number of the log data model, from 1 to 24.
        attributes: Attributes of the event, as the catalogue lists them.
        trace_id: Trace that shows what happened; 0 for none.
    """
    severity = SeverityNumber(severity_number)
    record = LogRecord(
        timestamp=time_ns,
        observed_timestamp=time_ns,
        context=Context(),
        severity_number=severity,
        severity_text=severity.name,
        body=body,
        attributes=attributes,
        event_name=name,
    )
    if trace_id:
        record.trace_id = trace_id
    provider.get_logger(scope).emit(record)
