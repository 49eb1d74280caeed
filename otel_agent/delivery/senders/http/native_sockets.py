"""
Sockets that block the thread that uses them and nothing else, also where gevent or eventlet has replaced `socket`'s.

A patch of anybody else's (an address book of the agent's own, a proxy) is respected.
"""

import _socket
import socket
from typing import Any

from otel_agent.primitives import GREEN

__all__ = ["find_addresses", "new_socket"]


def new_socket(family: int, kind: int, protocol: int) -> "socket.socket":
    """
    Make a socket that blocks the present thread and nothing else.

    Args:
        family: Such as `socket.AF_INET`.
        kind: Such as `socket.SOCK_STREAM`.
        protocol: Number of the protocol.

    Raises:
        OSError: This machine does not speak the family.
    """
    made = socket.socket if not _is_greens(socket.socket) else _socket.socket
    return made(family, kind, protocol)  # type: ignore[return-value] # its base has all we need of it


def find_addresses(host: str, port: int) -> list[Any]:
    """
    Find the addresses of a host for connections, as `socket.getaddrinfo` does.

    Args:
        host: Name or address.
        port: Number of the port.

    Raises:
        OSError: There is no such name.
    """
    find = _socket.getaddrinfo if _is_greens(socket.getaddrinfo) else socket.getaddrinfo
    return list(find(host, port, type=socket.SOCK_STREAM))


def _is_greens(found: Any) -> bool:
    return str(getattr(found, "__module__", "")).startswith(GREEN)
