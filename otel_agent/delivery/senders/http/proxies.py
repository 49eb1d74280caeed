"""Whether a receiver is reached through a proxy, as the environment says."""

from urllib.parse import urlsplit

from otel_agent.delivery.senders.targets import is_loopback
from otel_agent.late_imports import load

__all__ = ["proxy_for"]


def proxy_for(url: str) -> str | None:
    """
    The proxy that the environment names for an address, if any; this machine is reached without.

    Args:
        url: Of a receiver.
    """
    parts = urlsplit(url)
    if is_loopback(parts.hostname):
        return None
    system = load("urllib.request")
    if system.proxy_bypass(parts.hostname or ""):
        return None
    found: str | None = system.getproxies().get(parts.scheme)
    return found
