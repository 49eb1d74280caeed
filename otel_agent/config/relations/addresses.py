"""URLs of receivers: what is wrong with one, and what of it may be shown."""

import re
from typing import TYPE_CHECKING

from otel_agent.config.grpc_targets import is_grpc_target, target_problem
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    import urllib.parse as urllib_parse

    from otel_agent.config import masking
else:
    masking = late_module("otel_agent.config.masking")
    urllib_parse = late_module("urllib.parse")  # most starts have no address that needs it

__all__ = ["address_problem", "is_local", "is_plain_http", "port_of"]

_URL = (
    r"(?:([A-Za-z][A-Za-z0-9+.-]*)://)?(?:[^/?#@]*@)?(\[[0-9A-Fa-f:.]+\]|[^/?#:@\[\]\s]+)?(?::([^/?#\s]*))?([/?#]\S*)?"
)
_LARGEST_PORT = 65_535


def address_problem(url: str, protocol: str) -> str | None:
    """
    What is wrong with the address of a receiver.

    Args:
        url: Address of the receiver, as it was given.
        protocol: `http/protobuf`, which needs a scheme, or `grpc`, which does not and has forms of its own.

    Returns:
        A sentence that tells no credentials; None when all is well.
    """
    if is_grpc_target(url):
        for_http = f"{url.partition(':')[0]}: is no address of HTTP; write protocol: grpc, or http://127.0.0.1:4318"
        return target_problem(url) if protocol == "grpc" else for_http
    match = re.fullmatch(_URL, url)
    if match is None or not match[2] or not _has_host(url, match[1]):
        return f"expected an address such as http://127.0.0.1:{4317 if protocol == 'grpc' else 4318}, found {masking.masked_url(url)}"
    scheme, port = match[1], match[3]
    if scheme is None and protocol != "grpc":
        return f"{masking.masked_url(url)} has no scheme; write http://{masking.masked_url(url)} or https://{masking.masked_url(url)}"
    if scheme is not None and scheme.lower() not in ("http", "https"):
        return f"{scheme}:// is no way to a receiver; write http:// or https://"
    if port is not None and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) <= _LARGEST_PORT):
        return f"{port[:20]!r} is no port; write a number from 1 to {_LARGEST_PORT}"
    return None


def _has_host(url: str, scheme: str | None) -> bool:
    """Whether those who send find a host in it: between brackets there must be an address."""
    if "[" not in url and "]" not in url and ("://" in url) == (scheme is not None):
        return True
    try:
        return bool(urllib_parse.urlsplit(url if "://" in url else f"//{url}").hostname)
    except ValueError:
        return False


def port_of(url: str) -> int | None:
    """
    The port of a right address.

    Args:
        url: Address of a receiver, as it was given.
    """
    match = None if is_grpc_target(url) else re.fullmatch(_URL, url)
    return int(match[3]) if match is not None and match[3] else None


def is_plain_http(url: str) -> bool:
    """
    Whether an address has the scheme http, so that everybody on the way can read what is sent.

    Args:
        url: Address of a receiver, as it was given.
    """
    return url.lower().startswith("http://")


def is_local(url: str) -> bool:
    """
    Whether an address, or the name of a host, is this machine's own.

    Args:
        url: Address of a receiver, as it was given.
    """
    match = re.fullmatch(_URL, url if "://" in url or not url.count(":") > 1 else f"[{url.strip('[]')}]")
    host = (match[2] or "").strip("[]").lower() if match is not None else ""
    return (
        host == "localhost"
        or host.endswith(".localhost")
        or host.startswith("127.")
        or host in ("::1", "0:0:0:0:0:0:0:1")
    )
