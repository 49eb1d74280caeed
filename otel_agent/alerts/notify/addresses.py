"""
Addresses of receivers: one is looked up, checked, and then connected to, the very same one.

A name is checked by what it stands for now, not by how it looks; connecting to the checked address leaves no gap in which it
could stand for something else. Addresses of machines' metadata are never allowed; private ones only by `allow_private`.
"""

import ipaddress
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from otel_agent.errors import RuleError

__all__ = ["ReceiverAddress", "checked_ip"]

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
_METADATA = frozenset(
    map(ipaddress.ip_address, ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"))
)
_METADATA_NAMES = frozenset({"metadata.google.internal", "metadata", "instance-data"})
Resolve = Callable[[str, int], list[str]]


class ReceiverAddress:
    """
    A URL that was read and may be used, with its IP address still to be looked up.

    Args:
        url: URL of the receiver, http or https.
        allow_private: Whether loopback and private networks are allowed, and http to them.

    Raises:
        RuleError: When it cannot be used; the message does not repeat it, because it may hold a secret.
    """

    def __init__(self, url: str, *, allow_private: bool = False) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise RuleError(["the URL of a webhook begins with https:// and names a host"])
        try:
            port = parts.port
        except ValueError as error:
            raise RuleError(["the URL of a webhook has an invalid port"]) from error
        if parts.scheme == "http" and not allow_private:
            raise RuleError(
                ["the URL of a webhook is http; use https, or allow_private for a receiver on this machine"]
            )
        if parts.username or parts.password:
            raise RuleError(["the URL of a webhook holds a password; put it into headers"])
        self.is_tls = parts.scheme == "https"
        self.host = parts.hostname
        self.port = port or (443 if self.is_tls else 80)
        self.path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self.allow_private = allow_private

    def __repr__(self) -> str:
        """The host only; paths of webhooks are secrets."""
        return f"ReceiverAddress({self.host}:{self.port})"


def _resolve(host: str, port: int) -> list[str]:
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def checked_ip(address: ReceiverAddress, resolve: Resolve = _resolve) -> str:
    """
    The IP address to connect to. Every one that the name stands for must be allowed.

    Args:
        address: Address of the receiver.
        resolve: Looks up a host name and a port.

    Raises:
        PermissionError: When an address is not allowed.
        OSError: When the name cannot be looked up.
    """
    if address.host.lower().rstrip(".") in _METADATA_NAMES:
        raise PermissionError(f"{address.host} is the address of a machine's metadata and never a receiver")
    found = resolve(address.host, address.port)
    if not found:
        raise OSError(f"{address.host} has no address")
    for text in found:
        _check(ipaddress.ip_address(text.partition("%")[0]), address)
    return found[0]


def _check(ip: IPAddress, address: ReceiverAddress) -> None:
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None) or ip
    if inner in _METADATA or ip in _METADATA:
        raise PermissionError(f"{address.host} is the address of a machine's metadata and never a receiver")
    if inner.is_multicast or inner.is_unspecified:
        raise PermissionError(f"{address.host} is no address of a single machine")
    if not inner.is_global and not address.allow_private:
        raise PermissionError(f"{address.host} is on this machine or in a private network; allow_private permits that")
    if not address.is_tls and inner.is_global:
        raise PermissionError(f"{address.host} is public; use https")
