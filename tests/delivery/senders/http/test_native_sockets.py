"""Sockets that stay the operating system's."""

import _socket
import socket
from typing import Any

import pytest

from otel_agent.delivery.senders.http.native_sockets import find_addresses, new_socket

GREEN = "gevent._socket3"


class GreenSocket:
    """What a library of greenlets puts in the place of a socket."""

    __module__ = GREEN


def green_lookup(*_: object, **__: object) -> list[Any]:
    """What a library of greenlets puts in the place of a look-up."""
    raise AssertionError


def test_what_greenlets_have_replaced_is_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets and look-ups are the interpreter's own then."""
    green_lookup.__module__ = GREEN
    monkeypatch.setattr(socket, "socket", GreenSocket)
    monkeypatch.setattr(socket, "getaddrinfo", green_lookup)
    with_close = new_socket(socket.AF_INET, socket.SOCK_STREAM, 0)
    with_close.close()

    assert _socket.socket is type(with_close)
    assert ("127.0.0.1", 9) == find_addresses("127.0.0.1", 9)[0][4]


def test_what_others_have_replaced_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent that has an address book of its own has its reasons."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ["found"])

    assert ["found"] == find_addresses("receiver", 9)
