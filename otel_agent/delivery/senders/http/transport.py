"""
HTTP transports: the interface of both, and which one a request takes.

A receiver with a plain `http://` address that is reached without a proxy, such as a collector beside the agent, is reached by
the socket transport, which loads no library. TLS, a proxy, or an address that has to be encoded first take the urllib3
transport. Receivers that need the same proxy and the same certificates share one transport with its connections.
"""

from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from otel_agent.delivery.senders.http.messages import Request, Response
from otel_agent.delivery.senders.http.socket_transport import SocketTransport, is_plain_address
from otel_agent.delivery.senders.http.urllib3_transport import Urllib3Transport
from otel_agent.delivery.senders.targets import ExportTarget, is_loopback
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from urllib import request as system
else:
    system = late_module("urllib.request")

__all__ = ["Transport", "choose_transport", "proxy_for"]


class Transport(Protocol):
    """Sends requests and reads their responses; keeps connections alive between them. Thread-safe."""

    def post(self, request: Request) -> Response:
        """
        Send one request and read its response.

        Args:
            request: One POST with its deadline.

        Raises:
            NotSentError: There is no response, and why.
        """
        ...

    def close(self) -> None:
        """Close connections that nobody uses."""
        ...

    def reinit_after_fork(self) -> None:
        """Leave the parent's connections to the parent."""
        ...


def choose_transport(target: ExportTarget, opened: dict[tuple[str | None, ...], Transport]) -> Transport:
    """
    The transport that requests to a receiver take.

    Args:
        target: The receiver; the proxy that the environment names for it is looked up each time.
        opened: Transports that were made before, by what they depend on; one that is made is added. Of two threads that
            need the same one at once both get the same.
    """
    proxy = proxy_for(target.url)
    by_socket = proxy is None and is_plain_address(target.url)
    key = (None,) if by_socket else (proxy, target.certificate, target.client_key, target.client_certificate)
    found = opened.get(key)
    if found is None:
        found = opened.setdefault(key, SocketTransport() if by_socket else Urllib3Transport(target, proxy))
    return found


def proxy_for(url: str) -> str | None:
    """
    The proxy that the environment names for an address, if any; this machine is reached without.

    Args:
        url: Address of a receiver.
    """
    parts = urlsplit(url)
    if is_loopback(parts.hostname) or system.proxy_bypass(parts.hostname or ""):
        return None
    return system.getproxies().get(parts.scheme)
