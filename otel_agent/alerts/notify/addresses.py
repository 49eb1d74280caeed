"""
Where a message may go: the address is looked up, checked, and then connected to, the very same one.

A name is checked by what it stands for now, not by how it looks; connecting to the checked address leaves no gap in which it
could stand for something else. Addresses of machines' metadata are never allowed; private ones only by `allow_private`.
"""

import ipaddress
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from otel_agent.errors import RuleError

__all__ = ["ReceiverAddress", "checked_address", "read_target"]

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
_METADATA = frozenset(
    map(ipaddress.ip_address, ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"))
)
_METADATA_NAMES = frozenset({"metadata.google.internal", "metadata", "instance-data"})
Resolve = Callable[[str, int], list[str]]


class ReceiverAddress:
    """A URL that was read and may be used, with its address still to be looked up."""

    def __init__(self, url: str, *, allow_private: bool) -> None:
        """
        Read a URL.

        Args:
            url: http or https.
            allow_private: Whether loopback and private networks are allowed, and http to them.

        Raises:
            RuleError: When it cannot be used; the message does not repeat it, because it may hold a secret.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise RuleError(["the URL of a webhook begins with https:// and names a host"])
        try:
            port = parts.port
        except ValueError as error:
            raise RuleError(["the URL of a webhook has a port that is none"]) from error
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
        return f"Target({self.host}:{self.port})"


def read_target(url: str, *, allow_private: bool = False) -> ReceiverAddress:
    """
    Read a URL that messages go to.

    Args:
        url: http or https.
        allow_private: See `ReceiverAddress`.

    Raises:
        RuleError: When it cannot be used.
    """
    return ReceiverAddress(url, allow_private=allow_private)


def _resolve(host: str, port: int) -> list[str]:
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def checked_address(target: ReceiverAddress, resolve: Resolve = _resolve) -> str:
    """
    The address to connect to. Every address the name stands for must be allowed.

    Args:
        target: Where to.
        resolve: Looks a name up.

    Raises:
        PermissionError: When an address is not allowed.
        OSError: When the name cannot be looked up.
    """
    if target.host.lower().rstrip(".") in _METADATA_NAMES:
        raise PermissionError(f"{target.host} is the address of a machine's metadata and never a receiver")
    found = resolve(target.host, target.port)
    if not found:
        raise OSError(f"{target.host} has no address")
    for text in found:
        _check(ipaddress.ip_address(text.partition("%")[0]), target)
    return found[0]


def _check(address: IPAddress, target: ReceiverAddress) -> None:
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
    if inner in _METADATA or address in _METADATA:
        raise PermissionError(f"{target.host} is the address of a machine's metadata and never a receiver")
    if inner.is_multicast or inner.is_unspecified:
        raise PermissionError(f"{target.host} is no address of a single machine")
    if not inner.is_global and not target.allow_private:
        raise PermissionError(f"{target.host} is on this machine or in a private network; allow_private permits that")
    if not target.is_tls and inner.is_global:
        raise PermissionError(f"{target.host} is public; use https")
