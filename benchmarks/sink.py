"""
A process that takes what tracers send and counts it: OTLP over HTTP and gRPC, Datadog's agent protocol, Sentry's envelopes.

    python benchmarks/sink.py          prints {"http": port, "grpc": port}, then serves until its input is closed

`GET /count` answers `{"spans": n, "logs": n, "requests": n}` and starts again from zero. Payloads are kept and decoded only
then, so that counting takes nothing from what is measured. A path beginning with `/hang` is never answered.
"""

import gzip
import json
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

kept: list[tuple[str, bytes]] = []
_alive: list[Any] = []
"""A gRPC server that nobody refers to stops."""


class Taker(BaseHTTPRequestHandler):
    """Keeps what is posted."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Keep a payload."""
        if self.path.startswith("/hang"):
            time.sleep(60)
            self.close_connection = True
            return
        body = self._body()
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        elif self.headers.get("Content-Encoding") == "deflate":
            body = zlib.decompress(body)
        kept.append((self.path, body))
        self._answer(
            b"{}" if self._is_json() else b"", "application/json" if self._is_json() else "application/x-protobuf"
        )

    do_PUT = do_POST  # noqa: N815 - http.server's own name

    def do_GET(self) -> None:
        """Count what was kept."""
        if self.path == "/count":
            self._answer(json.dumps(count()).encode(), "application/json")
        else:
            self._answer(b'{"endpoints": ["/v0.4/traces"]}', "application/json")

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""

    def _is_json(self) -> bool:
        return not self.path.startswith("/v1/")

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def count() -> dict[str, int]:
    """Spans and log records received since the last question."""
    payloads = kept[:]
    del kept[: len(payloads)]
    numbers = {"spans": 0, "logs": 0, "requests": len(payloads)}
    for path, body in payloads:
        if path.endswith("/v1/traces") or "TraceService" in path:
            numbers["spans"] += _otlp_spans(body)
        elif path.endswith("/v1/logs"):
            numbers["logs"] += _otlp_logs(body)
        elif path.startswith(("/v0.4/traces", "/v0.5/traces")):
            numbers["spans"] += _datadog(path, body)
        elif path.endswith("/envelope/"):
            numbers["spans"] += _sentry(body)
    return numbers


def _otlp_spans(body: bytes) -> int:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest.FromString(body)
    return sum(len(scope.spans) for resource in request.resource_spans for scope in resource.scope_spans)


def _otlp_logs(body: bytes) -> int:
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    request = ExportLogsServiceRequest.FromString(body)
    return sum(len(scope.log_records) for resource in request.resource_logs for scope in resource.scope_logs)


def _datadog(path: str, body: bytes) -> int:
    import msgspec

    content = msgspec.msgpack.decode(body)
    return sum(len(trace) for trace in (content[1] if path.startswith("/v0.5") else content))


def _sentry(body: bytes) -> int:
    total = 0
    lines = body.split(b"\n")
    for line in lines[1:]:
        if line.startswith(b'{"') and b'"spans"' in line:
            total += len(json.loads(line).get("spans", [])) + 1
    return total


def serve_grpc() -> int:
    """Take OTLP over gRPC on a free port."""
    import grpc

    def take(method: str) -> Any:
        def behaviour(body: bytes, _context: Any) -> bytes:
            kept.append((method, body))
            return b""

        return grpc.unary_unary_rpc_method_handler(behaviour)

    class Everything(grpc.GenericRpcHandler):
        def service(self, details: Any) -> Any:
            return take(details.method)

    server = grpc.server(ThreadPoolExecutor(4), handlers=[Everything()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    _alive.append(server)
    return int(port)


def main() -> None:
    """Serve until the input is closed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"http": server.server_port, "grpc": serve_grpc()}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
