"""
HTTP requests to receivers, with bounds: time, size of the answer, no redirects, no proxies out of the environment.

A request is made inside `suppress`, so that telling of an alert makes no telemetry of its own.
"""

import json
import ssl
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import urllib3

from otel_agent.alerts.notify.addresses import ReceiverAddress, checked_ip

__all__ = ["PostError", "Suppress", "request_json"]

ANSWER_LIMIT_BYTES = 65_536
"""No more of an answer is read, and nothing of it is repeated in messages."""
Suppress = Callable[[], AbstractContextManager[Any]]
"""Makes a context in which HTTP calls are not instrumented."""


class PostError(Exception):
    """The receiver did not take the request."""


def request_json(
    method: str,
    address: ReceiverAddress,
    path: str,
    body: Any = None,
    *,
    headers: Mapping[str, str] | Callable[[bytes], Mapping[str, str]] | None = None,
    timeout_s: float = 5.0,
    suppress: Suppress = nullcontext,
) -> Any:
    """
    Send a request and read the JSON of the answer.

    Args:
        method: POST, GET or DELETE.
        address: Address of the receiver.
        path: Path and query of the request.
        body: Plain values, or bytes that are JSON already; `None` sends no body.
        headers: Further headers, or a function that makes them out of the body.
        timeout_s: Longest time for everything together, in seconds.
        suppress: Makes a context in which HTTP calls are not instrumented.

    Returns:
        The values of the answer, or `None` when it holds no JSON.

    Raises:
        PostError: When the answer is not 2xx.
        Exception: Whatever the network brings.
    """
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    more = headers(data or b"") if callable(headers) else headers or {}
    with suppress(), _pool(address, timeout_s) as pool:
        answer = pool.request(
            method,
            path,
            body=data,
            headers={"Host": _host(address), "Content-Type": "application/json", "User-Agent": "otel-agent", **more},
            redirect=False,
            retries=False,
            preload_content=False,
        )
        try:
            text = answer.read(ANSWER_LIMIT_BYTES)
        finally:
            answer.close()
    if not 200 <= answer.status < 300:  # noqa: PLR2004 - the range HTTP calls success
        raise PostError(f"{address.host} answered {answer.status}")
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def _host(address: ReceiverAddress) -> str:
    name = f"[{address.host}]" if ":" in address.host else address.host
    return name if address.port == (443 if address.is_tls else 80) else f"{name}:{address.port}"


def _pool(address: ReceiverAddress, timeout_s: float) -> urllib3.HTTPConnectionPool:
    ip = checked_ip(address)
    timeout = urllib3.Timeout(total=timeout_s)
    if not address.is_tls:
        return urllib3.HTTPConnectionPool(ip, address.port, timeout=timeout, maxsize=1)
    return urllib3.HTTPSConnectionPool(
        ip,
        address.port,
        timeout=timeout,
        maxsize=1,
        ssl_context=ssl.create_default_context(),
        server_hostname=address.host,
        assert_hostname=address.host,
    )
