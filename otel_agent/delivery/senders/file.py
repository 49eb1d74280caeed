"""
OTLP as lines of JSON in a file: for machines without a collector, for looking at, for `otlpjsonfile` receivers.

Each request is one line, written at once under a lock of the system's, so that several processes may share a file. Ids are
hexadecimal, as OTLP's JSON has them.

Source: https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/
"""

import errno
import fcntl
import json
import os
from base64 import b64decode
from pathlib import Path
from typing import Any

from otel_agent.delivery.files import append_all
from otel_agent.delivery.outcomes import ExportOutcome, StatelessSender, Verdict
from otel_agent.late_imports import late_module

__all__ = ["FileSender"]

# None of them has types.
json_format = late_module("google.protobuf.json_format")
logs_service_pb2 = late_module("opentelemetry.proto.collector.logs.v1.logs_service_pb2")
metrics_service_pb2 = late_module("opentelemetry.proto.collector.metrics.v1.metrics_service_pb2")
trace_service_pb2 = late_module("opentelemetry.proto.collector.trace.v1.trace_service_pb2")

_IDS = {"traceId", "spanId", "parentSpanId"}


class FileSender(StatelessSender):
    """
    Appends requests to a file, which the first one makes, readable by its owner only.

    Args:
        path: A file in a directory that exists.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)

    def send(self, signal: str, body: bytes, timeout_s: float) -> ExportOutcome:  # noqa: ARG002 - a disk has no timeout
        """
        Append one request. Never raises.

        Args:
            signal: "traces", "metrics" or "logs".
            body: The bytes of an export request.
            timeout_s: Not used.
        """
        try:
            line = json.dumps(_plain(_decoded(signal, body)), separators=(",", ":")).encode() + b"\n"
        except Exception as error:  # noqa: BLE001 - the decoder's errors are no tree of their own
            return ExportOutcome(
                Verdict.REFUSED, "not_otlp", f"a request cannot be written as JSON ({type(error).__name__})"
            )
        try:
            _append(self._path, line)
        except OSError as error:
            verdict = Verdict.LATER if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EIO} else Verdict.HELD
            return ExportOutcome(verdict, "file", f"{self._path} cannot be written: {error.strerror}")
        return ExportOutcome(Verdict.DELIVERED)

    def where(self, signal: str) -> str:  # noqa: ARG002 - all signals go to one file
        """
        Path of the file.

        Args:
            signal: Not used.
        """
        return str(self._path)


def _append(path: Path, line: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        append_all(fd, line, os.fstat(fd).st_size)
    finally:
        os.close(fd)


def _decoded(signal: str, body: bytes) -> Any:
    if signal == "traces":
        message = trace_service_pb2.ExportTraceServiceRequest
    elif signal == "metrics":
        message = metrics_service_pb2.ExportMetricsServiceRequest
    else:
        message = logs_service_pb2.ExportLogsServiceRequest
    return json_format.MessageToDict(message.FromString(body), use_integers_for_enums=True)


def _plain(value: Any) -> Any:
    """The same with hexadecimal ids; keys of attributes are values here, so no attribute is mistaken for an id."""
    if isinstance(value, dict):
        return {
            key: b64decode(item).hex() if key in _IDS and isinstance(item, str) else _plain(item)
            for key, item in value.items()
        }
    return [_plain(item) for item in value] if isinstance(value, list) else value
