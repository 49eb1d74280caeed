"""
An OTLP receiver that can be told to misbehave: HTTP and gRPC, in the test's own process.

    with OtlpServer() as server:            # or OtlpServer(protocol="grpc")
        server.mode = "503"                 # from now on
        server.script("reset", "slow:0.5")  # the next requests, one each; then `mode` again
        …
        server.spans, server.logs, server.metrics     what was stored, in order, with repetitions

Modes: `ok`; `slow:S` answers after S seconds; `hang` never answers; `reset` breaks the connection before storing; `ackless`
stores and breaks the connection; `html` is a captive portal; `empty` answers 200 without type and body; `json` answers in
JSON; `partial:N:TEXT` leaves N records out; `redirect:CODE:URL`; any number is that status, `CODE:retry-after` with the
header, `CODE::TEXT` with words; `reject:TEXT` is 400 for requests with TEXT in them and `large:BYTES` 413 for longer ones;
`unauthorized:TOKEN` is 401 unless `authorization` is TOKEN. `stop()` and `start()` take the server down and up again on its port.
"""

import gzip
import socket
import struct
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from typing import Any, Self

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from waiting import PATIENCE_S, until

from otel_agent.delivery.wire.primitives import delimited, varint

HANG_S = 60.0
_PROTOBUF = "application/x-protobuf"
_GRPC_PATHS = {"TraceService": "traces", "MetricsService": "metrics", "LogsService": "logs"}


@dataclass(frozen=True)
class Received:
    """One request that arrived, stored or not."""

    signal: str
    body: bytes
    headers: dict[str, str]
    at_s: float
    mode: str
    wire_bytes: int


@dataclass(frozen=True)
class Reply:
    """What goes back over HTTP."""

    status: int = 200
    body: bytes = b""
    content_type: str = _PROTOBUF
    headers: dict[str, str] = field(default_factory=dict)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is part of the game."""


class OtlpServer:
    """See the module."""

    def __init__(self, protocol: str = "http", mode: str = "ok") -> None:
        self.protocol = protocol
        self.mode = mode
        self.requests: list[Received] = []
        self.port = 0
        self._stored: list[tuple[str, bytes]] = []
        self._script: list[str] = []
        self._lock = threading.Lock()
        self._listener: Any = None
        self._connections: set[socket.socket] = set()
        self._released = threading.Event()

    @property
    def endpoint(self) -> str:
        """Base for all signals."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; again on the same port after `stop`."""
        self._released = threading.Event()
        if self.protocol == "grpc":
            self._listener = _serve_grpc(self, self.port)
            self.port = self._listener.port
            return
        self._listener = _Listener(("127.0.0.1", self.port), _handler(self))
        self.port = self._listener.server_port
        threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections, and break those that are open."""
        self._released.set()
        if self._listener is None:
            return
        listener, self._listener = self._listener, None
        if self.protocol == "grpc":
            listener.stop()
            return
        listener.shutdown()
        listener.server_close()
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def script(self, *modes: str) -> None:
        """Answer the next requests in these ways, one each."""
        with self._lock:
            self._script += modes

    def wait_for(self, condition: Callable[["OtlpServer"], bool], timeout_s: float = PATIENCE_S) -> bool:
        """Poll until something is so."""
        return until(lambda: condition(self), timeout_s=timeout_s, interval_s=0.01)

    @property
    def spans(self) -> list[tuple[str, str, str]]:
        """Trace id, span id and name of every span stored."""
        return [
            (span.trace_id.hex(), span.span_id.hex(), span.name)
            for request in self._decoded("traces", ExportTraceServiceRequest)
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def logs(self) -> list[str]:
        """Body of every log record stored."""
        return [
            record.body.string_value
            for request in self._decoded("logs", ExportLogsServiceRequest)
            for resource in request.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]

    @property
    def metrics(self) -> list[str]:
        """Name of every metric stored."""
        return [
            metric.name
            for request in self._decoded("metrics", ExportMetricsServiceRequest)
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        ]

    @property
    def duplicates(self) -> int:
        """Spans stored more than once, counted each time after the first."""
        return sum(number - 1 for number in Counter(span[:2] for span in self.spans).values())

    def requests_of(self, signal: str) -> list[Received]:
        """Requests of one signal."""
        return [request for request in list(self.requests) if request.signal == signal]

    def _decoded(self, signal: str, message: Any) -> Iterator[Any]:
        for stored, body in list(self._stored):
            if stored == signal:
                yield message.FromString(body)

    def _next_mode(self) -> str:
        with self._lock:
            return self._script.pop(0) if self._script else self.mode

    def receive(self, signal: str, body: bytes, headers: dict[str, str], wire_bytes: int) -> str:
        """Note a request; answers with the mode it is to be treated by, conditional ones resolved."""
        mode = self._next_mode()
        kind, _, rest = mode.partition(":")
        if kind == "reject":
            mode = "400" if rest.encode() in body else "ok"
        elif kind == "large":
            mode = "413" if len(body) > int(rest) else "ok"
        elif kind == "unauthorized":
            mode = "ok" if headers.get("authorization") == rest else "401"
        self.requests.append(Received(signal, body, headers, time.monotonic(), mode, wire_bytes))
        return mode

    def store(self, signal: str, body: bytes) -> None:
        """Keep a request."""
        self._stored.append((signal, body))

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than the server lives."""
        self._released.wait(seconds)

    def reply(self, mode: str, signal: str, body: bytes) -> Reply | None:
        """Store, wait, and say what goes back; `None` breaks the connection."""
        kind, _, rest = mode.partition(":")
        if kind == "slow":
            self.pause(float(rest))
        elif kind == "hang":
            self.pause(HANG_S)
            return None
        elif kind == "reset":
            return None
        elif kind == "html":
            return Reply(
                body=b"<html><body>Welcome to the hotel</body></html>", content_type="text/html; charset=utf-8"
            )
        elif kind == "redirect":
            code, _, location = rest.partition(":")
            return Reply(int(code), headers={"Location": location or "http://127.0.0.1:9/elsewhere"})
        elif kind.isdigit():
            wait, _, words = rest.partition(":")
            return Reply(int(kind), words.encode(), "text/plain", {"Retry-After": wait} if wait else {})
        self.store(signal, body)
        if kind == "ackless":
            return None
        if kind == "empty":
            return Reply(content_type="")
        if kind == "json":
            return Reply(body=b'{"partialSuccess": {}}', content_type="application/json")
        if kind == "partial":
            return Reply(body=_partial(rest))
        return Reply(body=b"")


def _partial(rest: str) -> bytes:
    number, _, words = rest.partition(":")
    content: bytes = ExportTraceServiceResponse(
        partial_success=ExportTracePartialSuccess(rejected_spans=int(number), error_message=words)
    ).SerializeToString()
    return content


def _handler(server: OtlpServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            server._connections.add(self.request)
            super().setup()

        def finish(self) -> None:
            server._connections.discard(self.request)
            with suppress(OSError):
                super().finish()

        def do_POST(self) -> None:
            packed = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = _unpacked(packed, self.headers.get("Content-Encoding"))
            signal = self.path.rpartition("/")[2]
            headers = {name.lower(): value for name, value in self.headers.items()} | {":path": self.path}
            mode = server.receive(signal, body, headers, len(packed))
            reply = server.reply(mode, signal, body)
            if reply is None:
                self._break()
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.content_type:
                self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def _break(self) -> None:
            # A linger time of zero makes the close a reset instead of a polite end.
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            with suppress(OSError):
                self.request.close()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


def _unpacked(body: bytes, encoding: str | None) -> bytes:
    if encoding == "gzip":
        return gzip.decompress(body)
    if encoding == "deflate":
        return zlib.decompress(body)
    return body


def _serve_grpc(server: OtlpServer, port: int) -> Any:
    grpc: Any = import_module("grpc")

    def behaviour(signal: str) -> Callable[[bytes, Any], bytes]:
        def export(body: bytes, context: Any) -> bytes:
            headers = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
            mode = server.receive(signal, body, headers, len(body))
            kind, _, rest = mode.partition(":")
            if kind.isupper():
                if rest:
                    context.set_trailing_metadata((("google.rpc.retryinfo-bin", _retry_info(float(rest))),))
                context.abort(grpc.StatusCode[kind], "told to")
            if kind in {"400", "401"}:
                codes = {"400": grpc.StatusCode.INVALID_ARGUMENT, "401": grpc.StatusCode.UNAUTHENTICATED}
                context.abort(codes[kind], "told to")
            reply = server.reply(mode, signal, body)
            if reply is None:
                context.abort(grpc.StatusCode.UNAVAILABLE, "gone")
            assert reply is not None
            return reply.body

        return export

    class Everything(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc has no types
        def service(self, details: Any) -> Any:
            name = next((signal for key, signal in _GRPC_PATHS.items() if key in details.method), "traces")
            return grpc.unary_unary_rpc_method_handler(behaviour(name))

    class Listener:
        def __init__(self) -> None:
            self._server = grpc.server(
                ThreadPoolExecutor(8), handlers=[Everything()], options=[("grpc.so_reuseport", 0)]
            )
            self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
            self._server.start()

        def stop(self) -> None:
            self._server.stop(0).wait(5)

    return Listener()


def _retry_info(seconds: float) -> bytes:
    """A google.rpc.RetryInfo."""
    duration = b"\x08" + varint(int(seconds)) + b"\x10" + varint(int(seconds % 1 * 1e9))
    return delimited(b"\x0a", duration)
