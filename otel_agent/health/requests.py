"""
HTTP of the probe endpoints: a request as bytes in, the response as bytes out. Pure.

Only what a probe needs of HTTP/1.1: GET and HEAD without a body, one request a connection. What is unclear is refused.
"""

import hmac
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from otel_agent.health.answers import PATHS, answer, is_allowed_host, is_loopback
from otel_agent.health.reports import HealthReport

__all__ = ["ProbeAccess", "http_response", "respond"]

PASSED_ON = (
    "forwarded", "x-forwarded", "x-real-", "x-original-", "x-client-", "x-cluster-", "x-remote-", "x-proxy", "x-envoy-", "x-azure-",
    "x-amzn-", "x-appengine-", "x-host", "x-rewrite-url", "via", "client-ip", "true-client-ip", "wl-proxy-", "proxy-", "cf-", "cdn-",
    "fastly-", "fly-", "akamai-", "incap-",
)  # fmt: skip
"""
Beginnings of headers that say that the peer only passes a request on, so that its address says nothing about who asks.

A probe of this machine sends none of them, so that too many cost nothing.
"""


@dataclass(frozen=True, slots=True)
class ProbeAccess:
    """Who may send probes, and who may see details."""

    token: str | None = None
    """Whoever sends `Authorization: Bearer <token>` sees details; None: nobody does that way."""
    hosts: Collection[str] = ()
    """Names that a Host header may carry beside localhost and addresses, in lower case."""


def respond(
    head: bytes, peer: str, access: ProbeAccess, report: Callable[[], HealthReport], redact: Callable[[str], str]
) -> bytes:
    """
    Answer a request.

    Args:
        head: Request line and headers.
        peer: Address of the client.
        access: Who may send probes and see details.
        report: Returns the present report; called for a valid request only.
        redact: Takes secrets out of the texts of checks.

    Returns:
        The whole response.
    """
    request, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    words = request.split(" ")
    headers = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    hosts = [value for name, value in headers if name == "host"]
    method = words[0]
    if len(words) != 3 or not words[2].startswith("HTTP/1.") or len(hosts) > 1:  # noqa: PLR2004 - method, path, version
        return http_response(HTTPStatus.BAD_REQUEST, {"status": "not a request"})
    if method not in {"GET", "HEAD"}:
        return http_response(HTTPStatus.METHOD_NOT_ALLOWED, {"status": "only GET and HEAD"}, "Allow: GET, HEAD\r\n")
    # No browser leaves the header out; a simple prober that speaks HTTP/1.0 may.
    if not is_allowed_host(hosts[0] if hosts else "", access.hosts) and (hosts or words[2] != "HTTP/1.0"):
        return http_response(HTTPStatus.MISDIRECTED_REQUEST, {"status": "unknown host"}, with_body=method == "GET")
    path = words[1].partition("?")[0]
    if path not in PATHS:
        body = {"status": f"ask for one of {', '.join(PATHS)}"}
        return http_response(HTTPStatus.NOT_FOUND, body, with_body=method == "GET")
    status, found = answer(path, report(), with_details=_may_see_details(dict(headers), peer, access), redact=redact)
    return http_response(HTTPStatus(status), found, with_body=method == "GET")


def http_response(status: HTTPStatus, body: Any, more: str = "", *, with_body: bool = True) -> bytes:
    """
    Write a response.

    Args:
        status: Status code.
        body: Body, written as JSON.
        more: Further header lines, each with its end.
        with_body: False for HEAD, which is told the length alone.

    Returns:
        The whole response.
    """
    payload = json.dumps(body).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(payload)}\r\n"
        "Cache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        f"{more}"
        "Connection: close\r\n\r\n"
    )
    return head.encode("latin-1") + (payload if with_body else b"")


def _may_see_details(headers: dict[str, str], peer: str, access: ProbeAccess) -> bool:
    given = headers.get("authorization", "").encode("latin-1")
    if access.token is not None and hmac.compare_digest(given, f"Bearer {access.token}".encode()):
        return True
    return is_loopback(peer) and not any(name.replace("_", "-").startswith(PASSED_ON) for name in headers)
