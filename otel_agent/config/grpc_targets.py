"""
Targets of gRPC that are no URLs: `unix:`, `dns:`, `ipv4:`, `ipv6:`, `vsock:` and what else its client resolves.

The specification has exporters take every form the client takes. They go to the client as they were written.

Source: https://github.com/grpc/grpc/blob/master/doc/naming.md
"""

import re

__all__ = ["is_grpc_target", "is_local_target", "target_problem"]

_SCHEMES = r"(unix|unix-abstract|vsock|dns|ipv4|ipv6|xds):"
_RESOLVED = r"(?:dns|ipv4|ipv6):(?://[^/?#]*/)?"
_HOST = r"(\[[0-9A-Fa-f:.]+(?:%[^\]]+)?\]|[^\s/?#@:\[\],]+)(?::(\d{1,5}))?"
_LARGEST_PORT = 65_535
_ALWAYS_LOCAL = ("unix:", "unix-abstract:", "vsock:")

_FORMS = {
    "unix": "unix:/run/otel.sock",
    "unix-abstract": "unix-abstract:otel",
    "vsock": "vsock:2:4317",
    "dns": "dns:collector:4317",
    "ipv4": "ipv4:10.0.0.1:4317",
    "ipv6": "ipv6:[::1]:4317",
    "xds": "xds:///collector",
}
"""What each form looks like."""


def is_grpc_target(text: str) -> bool:
    """
    Whether an endpoint is a target in one of these forms.

    Args:
        text: Endpoint as it was given.
    """
    return re.match(_SCHEMES, text) is not None


def target_problem(text: str) -> str | None:
    """
    What is wrong with a target.

    Args:
        text: Endpoint for which `is_grpc_target` is true.

    Returns:
        A sentence; None when all is well.
    """
    scheme, _, rest = text.partition(":")
    if scheme == "vsock":
        is_right = re.fullmatch(r"\d+:\d+", rest) is not None
    elif scheme in ("dns", "ipv4", "ipv6"):
        is_right = bool(_hosts(text)) and all(_is_host(scheme, host, port) for host, port in _hosts(text))
    else:
        is_right = bool(rest.strip("/"))
    return None if is_right else f"expected a gRPC target such as {_FORMS[scheme]}, found {text[:120]}"


def is_local_target(text: str) -> bool:
    """
    Whether what is sent to a target stays on this machine, or on that which runs it.

    Args:
        text: Endpoint for which `is_grpc_target` is true.
    """
    if text.startswith(_ALWAYS_LOCAL):
        return True
    hosts = [host.strip("[]").lower() for host, _ in _hosts(text)]
    return bool(hosts) and all(
        host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host == "::1" for host in hosts
    )


def _hosts(text: str) -> list[tuple[str, str]]:
    """Host and port of each address of a target that has some."""
    match = re.match(_RESOLVED, text)
    if match is None:
        return []
    found = [re.fullmatch(_HOST, part) for part in _unquoted(text[match.end() :]).split(",")]
    return [("" if each is None else each[1], "" if each is None else each[2] or "") for each in found]


def _unquoted(text: str) -> str:
    """Brackets are reserved in URIs, so that some write them with a percent sign."""
    return text.replace("%5B", "[").replace("%5D", "]").replace("%5b", "[").replace("%5d", "]")


def _is_host(scheme: str, host: str, port: str) -> bool:
    if not host or (port and not 0 < int(port) <= _LARGEST_PORT):
        return False
    if scheme == "ipv4":
        return re.fullmatch(r"(?:\d{1,3}\.){3}\d{1,3}", host) is not None
    return scheme == "dns" or host.startswith("[")
