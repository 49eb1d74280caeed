"""
Where each signal goes and how, worked out from an endpoint by the rules of the OTLP specification.

The endpoint for all signals is a base: `/v1/traces`, `/v1/metrics` or `/v1/logs` is appended. The endpoint of one signal is
used as it is.

Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp
"""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from otel_agent.config.grpc_targets import is_grpc_target, target_problem
from otel_agent.delivery.settings import SIGNALS
from otel_agent.errors import ConfigurationError

__all__ = [
    "ExportTarget",
    "HeaderSource",
    "build_targets",
    "current_headers",
    "display_url",
    "is_loopback",
    "split_endpoint",
]

HeaderSource = Mapping[str, str] | Callable[[], Mapping[str, str]]
"""Headers as they are, or a function that reads them anew; it is called again after the receiver refused them."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token of RFC 9110, section 5.6.2."""

DEFAULT_HTTP = "http://localhost:4318"
DEFAULT_GRPC = "localhost:4317"


@dataclass(frozen=True)
class ExportTarget:
    """The receiver of one signal."""

    url: str
    """Address: complete with path for HTTP; for gRPC what `build_targets` was given."""
    headers: HeaderSource = field(default_factory=dict, repr=False)
    """Sent with every request; values are never shown."""
    compression: str = "gzip"
    """"gzip", "deflate" or "none"."""
    certificate: str | None = None
    """File of the authorities to trust; `None`: the system's."""
    client_key: str | None = field(default=None, repr=False)
    """File of our key for mutual TLS."""
    client_certificate: str | None = None
    """File of our certificate for mutual TLS."""
    timeout_s: float | None = None
    """Longest time for one request of this signal, in seconds; `None`: as long as the engine waits."""
    insecure: bool | None = None
    """gRPC: whether to speak without TLS when the endpoint has no scheme or is a target; `None`: only to this machine."""

    def patience_s(self, timeout_s: float) -> float:
        """
        How long one request may take.

        Args:
            timeout_s: What the engine has time for, in seconds.
        """
        return timeout_s if self.timeout_s is None else min(self.timeout_s, timeout_s)


def build_targets(
    endpoint: str | None = None,
    *,
    protocol: str = "http/protobuf",
    signals: Mapping[str, Mapping[str, Any]] | None = None,
    **settings: Any,
) -> dict[str, ExportTarget]:
    """
    The receiver of each signal.

    Args:
        endpoint: Base for all signals; default: this machine, port 4318 (HTTP) or 4317 (gRPC).
        protocol: "http/protobuf" or "grpc".
        signals: By signal: "endpoint" and fields of `ExportTarget` that differ for it; `None` values do not count.
        settings: Fields of `ExportTarget` for all signals; `None` values do not count.

    Raises:
        ConfigurationError: An endpoint is no address; the message says which and how one looks.

    Example:
        >>> build_targets("http://collector:4318")["traces"].url
        'http://collector:4318/v1/traces'
    """
    is_http = protocol != "grpc"
    problems: list[str] = []
    targets = {}
    for signal in SIGNALS:
        own = {key: value for key, value in ((signals or {}).get(signal) or {}).items() if value is not None}
        common = {key: value for key, value in settings.items() if value is not None}
        exact = own.pop("endpoint", None)
        written = (exact or endpoint or "").strip()
        if not is_http and is_grpc_target(written):
            wrong = target_problem(written)
            if wrong is None:
                targets[signal] = ExportTarget(written, **{**common, **own})
            else:
                problems.append(f"endpoint of {signal}: {wrong}")
            continue
        try:
            parts = split_endpoint(exact or endpoint or (DEFAULT_HTTP if is_http else DEFAULT_GRPC), is_http=is_http)
        except ValueError as error:
            problems.append(f"endpoint of {signal}: {error}; an endpoint looks like http://collector:4318")
            continue
        if is_http and exact is None:
            parts = parts._replace(path=f"{parts.path.rstrip('/')}/v1/{signal}")
        parts, secrets = _without_credentials(parts)
        fields = {**common, **own}
        if secrets:
            fields["headers"] = _with_credentials(secrets, fields.get("headers", {}))
        targets[signal] = ExportTarget(urlunsplit(parts) if parts.scheme else parts.netloc, **fields)
    if problems:
        raise ConfigurationError(problems)
    return targets


def current_headers(source: HeaderSource) -> dict[str, str]:
    """
    Headers as they are now.

    Args:
        source: Headers, or a function that is called for them.

    Raises:
        ValueError: A header could not be sent; the message has its name and not its value.
    """
    found: Mapping[Any, Any] = source() if callable(source) else source
    for name, value in found.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a valid header name")
        if not isinstance(value, str) or not value.isprintable() or not _is_latin(value):
            raise ValueError(f"the value of header {name!r} has characters that are not valid in a header")
    return dict(found)


def split_endpoint(endpoint: str, *, is_http: bool) -> SplitResult:
    """
    An endpoint in its parts; `host:port` without a scheme is taken for HTTP, and left without one for gRPC.

    Args:
        endpoint: Address as somebody typed it.
        is_http: Whether it is for HTTP.

    Raises:
        ValueError: It has no host, a port out of range, or a scheme other than http and https.
    """
    text = endpoint.strip()
    if "://" not in text:
        text = f"http://{text}" if is_http else f"//{text}"
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} and (is_http or parts.scheme):
        raise ValueError(f"expected http or https, found {parts.scheme!r}")
    if not parts.hostname:
        raise ValueError("there is no host in it")
    _ = parts.port
    return parts


@lru_cache(maxsize=64)
def is_loopback(host: str | None) -> bool:
    """
    Whether a host is this machine.

    Args:
        host: Host name or IP address, without port.
    """
    if not host or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def display_url(url: str) -> str:
    """
    An address as it may be shown: without user, password, query and fragment.

    Args:
        url: Address with or without scheme.
    """
    if is_grpc_target(url):
        return url
    parts = urlsplit(url if "://" in url else f"//{url}")
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", "")).removeprefix("//")


def _is_latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def _without_credentials(parts: SplitResult) -> tuple[SplitResult, dict[str, str]]:
    if parts.username is None:
        return parts, {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    return bare, {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _with_credentials(secrets: Mapping[str, str], source: HeaderSource) -> HeaderSource:
    if callable(source):
        return lambda: {**secrets, **source()}
    return {**secrets, **source}
