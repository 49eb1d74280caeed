"""
One POST with bounds: time, size of the answer, no redirects, no proxies out of the environment.

Runs inside `suppress`, so that telling of an alert makes no telemetry of its own.
"""

import json
import ssl
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import urllib3

from otel_agent.alerts.notify.addresses import ReceiverAddress, checked_address

__all__ = ["PostError", "Suppress", "post_json", "request_json"]

ANSWER_LIMIT_BYTES = 65_536
"""Of an answer no more is read, and nothing of it is repeated in messages."""
Suppress = Callable[[], AbstractContextManager[Any]]
"""Makes a context in which HTTP calls are not instrumented."""


class PostError(Exception):
    """The other side did not take the message."""


def post_json(
    target: ReceiverAddress,
    body: Any,
    *,
    headers: Mapping[str, str] | Callable[[bytes], Mapping[str, str]] | None = None,
    timeout_s: float = 5.0,
    suppress: Suppress = nullcontext,
) -> None:
    """
    Send JSON.

    Args:
        target: Where to.
        body: Plain values, or bytes that are JSON already.
        headers: More headers, or a function that makes them out of the body.
        timeout_s: For everything together, in seconds.
        suppress: See the module.

    Raises:
        PostError: When the answer is not 2xx.
        Exception: Whatever the network brings.
    """
    request_json("POST", target, target.path, body, headers=headers, timeout_s=timeout_s, suppress=suppress)


def request_json(
    method: str,
    target: ReceiverAddress,
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
        target: Where to.
        path: Path and query.
        body: As in `post_json`; `None` for no body.
        headers: As in `post_json`.
        timeout_s: As in `post_json`.
        suppress: As in `post_json`.

    Returns:
        What the answer holds, `None` when it holds no JSON.

    Raises:
        PostError: When the answer is not 2xx.
        Exception: Whatever the network brings.
    """
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    more = headers(data or b"") if callable(headers) else headers or {}
    with suppress(), _pool(target, timeout_s) as pool:
        answer = pool.request(
            method,
            path,
            body=data,
            headers={"Host": _host(target), "Content-Type": "application/json", "User-Agent": "otel-agent", **more},
            redirect=False,
            retries=False,
            preload_content=False,
        )
        try:
            text = answer.read(ANSWER_LIMIT_BYTES)
        finally:
            answer.close()
    if not 200 <= answer.status < 300:  # noqa: PLR2004 - the range HTTP calls success
        raise PostError(f"{target.host} answered {answer.status}")
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def _host(target: ReceiverAddress) -> str:
    name = f"[{target.host}]" if ":" in target.host else target.host
    return name if target.port == (443 if target.is_tls else 80) else f"{name}:{target.port}"


def _pool(target: ReceiverAddress, timeout_s: float) -> urllib3.HTTPConnectionPool:
    address = checked_address(target)
    timeout = urllib3.Timeout(total=timeout_s)
    if not target.is_tls:
        return urllib3.HTTPConnectionPool(address, target.port, timeout=timeout, maxsize=1)
    return urllib3.HTTPSConnectionPool(
        address,
        target.port,
        timeout=timeout,
        maxsize=1,
        ssl_context=ssl.create_default_context(),
        server_hostname=target.host,
        assert_hostname=target.host,
    )
