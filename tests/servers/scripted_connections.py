"""Servers of a few lines: each connection to a port is served by a function of the test."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

__all__ = ["Serve", "answering", "serving", "take_request"]

Serve = Callable[[socket.socket], None]
"""Serves one connection; it is closed afterwards."""


@contextmanager
def serving(*serve: Serve) -> Iterator[int]:
    """A port whose first connection is served by the first function, the second by the second."""

    def run() -> None:
        for each in serve:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                each(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(60)


def take_request(connection: socket.socket) -> bytes:
    """One HTTP request, to its end."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))[15:])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answering(answer: bytes) -> Serve:
    """Takes one request and answers, then closes."""

    def serve(connection: socket.socket) -> None:
        take_request(connection)
        connection.sendall(answer)

    return serve
