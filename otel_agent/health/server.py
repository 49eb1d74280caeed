"""
The probe endpoints, served by a thread and a socket of their own.

The thread runs an event loop that does nothing else, so that a busy or blocked agent still answers its probes. A connection
may send one request of 8 KiB within five seconds; when there are too many the oldest makes room, so that slow ones cannot
keep a probe out.
"""

import asyncio
import errno
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from otel_agent import primitives
from otel_agent.errors import ConfigurationError
from otel_agent.guard import shared as guard
from otel_agent.health.reports import HealthReport
from otel_agent.health.requests import ProbeAccess, http_response, respond
from otel_agent.lifecycle.threads import begin_thread

__all__ = ["HealthServer", "names_of"]

REQUEST_BYTES = 8192
"""Size of a request's head, at most."""

REQUEST_S = 5.0
"""From connecting to the end of the answer, at most, in seconds."""

CONNECTIONS = 64
"""Open at once; beyond this many the oldest is closed."""


class HealthServer:
    """
    Answers /livez, /readyz, /startupz and /healthz from cached state.

    Args:
        report: Returns the present report at once.
        host: Address to listen on, with IPv6 in brackets or without, or a name, of which every address is listened on. Anything but
            loopback must be asked for. `::` takes IPv4 too, where the system can.
        port: Port to listen on; 0 takes a free one.
        access: Who may send probes, and who may see details.
        redact: Takes secrets out of the texts of checks.
    """

    def __init__(
        self,
        report: Callable[[], HealthReport],
        host: str = "127.0.0.1",
        port: int = 0,
        access: ProbeAccess = ProbeAccess(),  # noqa: B008 - it is frozen
        redact: Callable[[str], str] = str,
    ) -> None:
        self._report = report
        self._host = host.strip("[]")
        self._port = port
        self._access = access
        self._redact = redact
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: primitives.Thread | None = None
        self._listeners: list[socket.socket] = []
        self._writers: list[asyncio.StreamWriter] = []

    @property
    def port(self) -> int:
        """The port that is listened on; the one asked for before `start`."""
        return self._port

    def start(self) -> None:
        """
        Listen; a second call does nothing.

        Raises:
            ConfigurationError: The address cannot be listened on, or no thread can be had.
        """
        if self._thread is not None:
            return
        try:
            listeners = _listeners(self._host, self._port)
        except (OSError, OverflowError) as error:
            number = getattr(error, "errno", None) or 0
            reason = os.strerror(number) if number > 0 else error
            raise ConfigurationError(
                [f"health: cannot listen on {_shown(self._host)}:{self._port} ({reason}); choose another health.port"]
            ) from error
        self._listeners = listeners
        self._port = listeners[0].getsockname()[1]
        # Its own kind of loop, whatever policy the agent has set; and its troubles are not for the agent's log.
        self._loop = asyncio.SelectorEventLoop()
        self._loop.set_exception_handler(_report_trouble)
        self._stopped = asyncio.Event()
        self._thread = begin_thread("probes", self._run, self._loop, listeners, self._stopped)
        if self._thread is None:
            self._loop.close()
            self._loop = None
            self._listeners = []
            for listener in listeners:
                listener.close()
            raise ConfigurationError(
                ["health: the probes need a thread, and none can be had; allow the agent more threads"]
            )

    def close(self, timeout_s: float = 1.0) -> None:
        """
        Stop listening; safe before `start` and safe twice.

        Args:
            timeout_s: To wait for the thread, in seconds.
        """
        thread, self._thread = self._thread, None
        loop, self._loop = self._loop, None
        if thread is None or loop is None:
            return
        with suppress(RuntimeError):
            # Not `loop.stop`: the loop may not have come to its listening yet, and would forget it.
            loop.call_soon_threadsafe(self._stopped.set)
        thread.join(timeout_s)

    def reinit_after_fork(self) -> None:
        """Let go of the sockets in a child: the port is the parent's, and must be free when the parent has ended."""
        self._thread, self._loop = None, None
        writers, self._writers = self._writers, []
        sockets = [writer.get_extra_info("socket") for writer in writers]
        for inherited in [*self._listeners, *sockets]:
            if inherited is not None and inherited.fileno() >= 0:
                with suppress(OSError):
                    socket.close(inherited.fileno())
        self._listeners = []

    def _run(self, loop: asyncio.AbstractEventLoop, listeners: list[socket.socket], stopped: asyncio.Event) -> None:
        try:
            loop.run_until_complete(_listen(self._serve, listeners, stopped))
            for task in asyncio.all_tasks(loop):
                task.cancel()
            for _ in range(3):  # a task ends, its connection is closed, its socket is
                loop.run_until_complete(asyncio.sleep(0))
        except Exception as error:  # noqa: BLE001 - top of a thread
            guard.report("health.server", "the probe endpoints stopped", error)
        finally:
            for listener in listeners:
                listener.close()
            loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        while len(self._writers) > CONNECTIONS:
            self._writers.pop(0).transport.abort()
        peer = writer.get_extra_info("peername")
        try:
            async with asyncio.timeout(REQUEST_S):
                writer.write(await self._answer(reader, "" if peer is None else str(peer[0])))
                await writer.drain()
        except (OSError, EOFError, TimeoutError):
            pass  # it went away, or took too long
        except Exception as error:  # noqa: BLE001 - one bad request is not the end of the server
            guard.report("health.server", "a probe could not be answered", error)
        finally:
            with suppress(ValueError):
                self._writers.remove(writer)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, peer: str) -> bytes:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            # What has arrived is read, or closing would take the answer back.
            await reader.read(16 * REQUEST_BYTES)
            return http_response(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, {"status": "request too large"})
        return respond(head, peer, self._access, self._report, self._redact)


def _report_trouble(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    guard.report(
        "health.server", f"the probe endpoints are in trouble: {context.get('message')}", context.get("exception")
    )


def names_of(host: str) -> frozenset[str]:
    """
    Names that a Host header may carry for a server on this machine.

    Args:
        host: Address the server listens on.

    Returns:
        That address and the machine's own name, in lower case.
    """
    names = {host.strip("[]").lower()}
    with suppress(OSError):
        names.add(socket.gethostname().lower())
    return frozenset(names)


def _listeners(host: str, port: int) -> list[socket.socket]:
    """
    A socket for each address of a host, all at one port.

    Raises:
        OSError: One of them cannot be listened on, or there is none.
    """
    found: list[socket.socket] = []
    try:
        for family, address in _addresses(host, port):
            is_dual = address[0] == "::" and socket.has_dualstack_ipv6()
            at = address if not found else (address[0], found[0].getsockname()[1], *address[2:])
            found.append(socket.create_server(at, family=family, backlog=256, dualstack_ipv6=is_dual))
    except OSError as error:
        # "localhost" may have an address of a family that this machine has not.
        if not found or error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            for listener in found:
                listener.close()
            raise
    return found


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, Any]]:
    """Addresses of a host, IPv4 first, because of "localhost" that is what most ask for."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    distinct = {address: family for family, _, _, _, address in found}
    return sorted(
        ((family, address) for address, family in distinct.items()), key=lambda each: each[0] != socket.AF_INET
    )


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


async def _listen(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    listeners: list[socket.socket],
    stopped: asyncio.Event,
) -> None:
    servers = [await asyncio.start_server(serve, sock=listener, limit=REQUEST_BYTES) for listener in listeners]
    await stopped.wait()
    for server in servers:
        server.close()
