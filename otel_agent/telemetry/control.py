"""
Asking a running agent: a Unix socket that exists only while somebody asks.

Whoever wants to know something puts a file `PID.ask` into the directory of the user's state that only the user may enter. The agent looks
for it once a second, which costs one call of the operating system, and answers for a while on `PID.sock`, mode 0600, to processes of the
same user only. Nothing is listening otherwise: no thread, no socket, no file.

Protocol: one JSON object a line in, one a line out, one question a connection. Answers have passed redaction.
"""

import json
import os
import socket
import stat
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from otel_agent import primitives
from otel_agent.clock import monotonic_s
from otel_agent.delivery.spool.directories import default_directory
from otel_agent.guard import shared as guard
from otel_agent.lifecycle.threads import begin_thread

__all__ = ["ControlSocket", "control_directory"]

OPEN_S = 10.0
"""So long after the last question the socket stays, in seconds."""

PATIENCE_S = 2.0
"""So long a question may take to arrive, in seconds."""

MOST_BYTES = 64 * 1024
"""Longer questions are refused."""

Answer = Callable[[Mapping[str, Any]], Any]
"""Answers a question with plain values; may raise."""


def control_directory(environ: Mapping[str, str] = os.environ) -> Path | None:
    """
    Where agents are asked.

    Args:
        environ: Variables of the process.

    Returns:
        A directory beside the spool; None where the user has no home.
    """
    spool = default_directory(environ)
    return None if spool is None else spool.parent / "control"


class ControlSocket:
    """
    The agent's side; used by the thread of insight, `close` by any.

    Args:
        answers: What can be asked, by name.
        directory: See `control_directory`; None: nothing can be asked.
    """

    def __init__(self, answers: Mapping[str, Answer], directory: Path | None) -> None:
        self._answers = answers
        self._directory = directory
        self._ask = "" if directory is None else str(directory / f"{os.getpid()}.ask")
        self._server: socket.socket | None = None
        self._thread: primitives.Thread | None = None

    def look(self) -> None:
        """Open the socket when somebody wants to ask."""
        if not self._ask or self._server is not None:
            return
        try:
            asked = os.lstat(self._ask)
        except OSError:
            return
        directory = Path(self._ask).parent
        if not (stat.S_ISREG(asked.st_mode) and asked.st_uid == os.geteuid() and is_private(directory)):
            return
        Path(self._ask).unlink()
        self._open(directory)

    def close(self) -> None:
        """Answer no more; safe twice."""
        server, self._server = self._server, None
        if server is not None:
            _remove(server)

    def reinit_after_fork(self) -> None:
        """A forked child has its own name, and nothing of its parent's; the parent's socket stays where it is."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        self._thread = None
        if self._directory is not None:
            self._ask = str(self._directory / f"{os.getpid()}.ask")

    def _open(self, directory: Path) -> None:
        path = str(directory / f"{os.getpid()}.sock")
        if os.path.lexists(path):
            Path(path).unlink()  # of a process that had this number before
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            server.bind(path)
            Path(path).chmod(0o600)
            server.listen(4)
            server.settimeout(0.5)
        except OSError as error:
            server.close()
            guard.report("insight.control", f"questions cannot be answered on {path}", error)
            return
        self._server = server
        self._thread = begin_thread("control", self._serve, server)
        if self._thread is None:
            self.close()

    def _serve(self, server: socket.socket) -> None:
        until_s = monotonic_s() + OPEN_S
        while monotonic_s() < until_s and self._server is server:
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            except OSError:  # closed
                break
            with connection:
                try:
                    self._talk(connection)
                except Exception as error:  # noqa: BLE001 - top of a thread; whoever asks sees a closed connection
                    guard.report("insight.control", "a question could not be answered", error)
            until_s = monotonic_s() + OPEN_S
        if self._server is server:
            self._server = None
            _remove(server)

    def _talk(self, connection: socket.socket) -> None:
        if not is_same_user(connection):
            return
        connection.settimeout(PATIENCE_S)
        line = b""
        while not line.endswith(b"\n") and len(line) <= MOST_BYTES:
            part = connection.recv(4096)
            if not part:
                break
            line += part
        connection.sendall(json.dumps(self._answer(line), default=str).encode() + b"\n")

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            question = json.loads(line)
            name = question["ask"]
        except (ValueError, TypeError, KeyError):
            return {"error": "a question is a JSON object with the key `ask`"}
        answer = self._answers.get(name) if isinstance(name, str) else None
        if answer is None:
            return {"error": f"no question is called {name!r}; known are {', '.join(self._answers)}"}
        try:
            return {"answer": answer(question)}
        except Exception as error:  # noqa: BLE001 - said to whoever asks
            return {"error": f"{type(error).__name__}: {error}"}


def is_private(directory: Path) -> bool:
    """
    Whether nobody but this user may enter a directory.

    Args:
        directory: The directory.
    """
    try:
        found = os.lstat(directory)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077


def is_same_user(connection: socket.socket) -> bool:
    """
    Whether the process at the other end is this user's; where the system does not say, the directory's mode has to do.

    Args:
        connection: A connection of a Unix socket.
    """
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True
    _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i")))
    return bool(uid == os.geteuid())


def _remove(server: socket.socket) -> None:
    with suppress(OSError):
        Path(server.getsockname()).unlink()
    server.close()
