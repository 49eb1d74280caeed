"""Servers that a call needs: small ones, on the loopback interface, in threads of the same process."""

import contextlib
import http.server
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

__all__ = ["http_server", "memcached", "served"]


@contextlib.contextmanager
def served(server: Any) -> Iterator[int]:
    """Serve in a thread; gives the port."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


class _Answer(http.server.BaseHTTPRequestHandler):
    body = b"{}"
    content_type = "application/json"

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Content-Type", self.content_type)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_GET = do_POST = do_PUT = _answer  # noqa: N815 - the names that the base class looks for

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


def http_server(body: bytes = b"{}", content_type: str = "application/json") -> Any:
    """A server that gives one answer to everybody; see `served`."""
    handler = type("Handler", (_Answer,), {"body": body, "content_type": content_type})
    return http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)


class _Memcached(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            if line.startswith(b"set"):
                self.rfile.readline()
                self.wfile.write(b"" if b"noreply" in line else b"STORED\r\n")
            else:
                self.wfile.write(b"END\r\n")


def memcached() -> Any:
    """A memcached that forgets everything; see `served`."""
    socketserver.ThreadingTCPServer.daemon_threads = True
    return socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Memcached)
