"""
Answers to probes. Pure: a report and facts of the request in, status and body out.

    /livez     would a restart help?       only heartbeats and event loops count
    /readyz    may it be given work?       started, not draining, critical checks, thresholds
    /startupz  has the set-up ended?       a latch
    /healthz   everything, for people

Source: Kubernetes, "Configure Liveness, Readiness and Startup Probes"; the body follows the shape of the expired draft
draft-inadarei-api-health-check-06 without promising it.
"""

import ipaddress
from collections.abc import Collection, Mapping
from typing import Any

from otel_agent.health.reports import HealthReport
from otel_agent.health.stalls import Stall
from otel_agent.health.states import HealthComponent, HealthState
from otel_agent.health.thresholds import Threshold
from otel_agent.outgoing_texts import Redact, cleaned

__all__ = ["PATHS", "answer", "describe", "is_allowed_host", "is_loopback"]

PATHS = ("/livez", "/readyz", "/startupz", "/healthz")


def answer(path: str, report: HealthReport, *, with_details: bool, redact: Redact = str) -> tuple[int, dict[str, Any]]:
    """
    Answer a probe.

    Args:
        path: Path of the probe, one of `PATHS`.
        report: The present report.
        with_details: Whether the client may see more than one word.
        redact: Applied to every text of the answer: names and messages are the agent's own.

    Returns:
        An HTTP status (200 or 503) and a JSON object.
    """
    is_ok = {
        "/livez": report.is_live,
        "/readyz": report.is_ready,
        "/startupz": report.is_started,
        "/healthz": report.state in {HealthState.HEALTHY, HealthState.DEGRADED},
    }[path]
    word = report.state.value if path == "/healthz" else ("ok" if is_ok else "failing")
    body: dict[str, Any] = {"status": word}
    if with_details and path == "/livez":
        body["stalls"] = cleaned([_stall(stall) for stall in report.stalls], redact)
    elif with_details and path != "/startupz":
        body = {**describe(report, redact), "status": word}
    return (200 if is_ok else 503), body


def describe(report: HealthReport, redact: Redact = str) -> dict[str, Any]:
    """
    Everything that is known, as plain values.

    Args:
        report: The present report.
        redact: Applied to every text, names included.

    Returns:
        `status`, `live`, `ready`, `started`, `draining`, `components` and `thresholds` by name, and `stalls`.
    """
    found = {
        "status": report.state.value,
        "live": report.is_live,
        "ready": report.is_ready,
        "started": report.is_started,
        "draining": report.is_draining,
        "components": {component.name: _component(component) for component in report.components},
        "thresholds": {threshold.name: _threshold(threshold) for threshold in report.thresholds},
        "stalls": [_stall(stall) for stall in report.stalls],
    }
    return cleaned(found, redact)


def is_allowed_host(host: str, allowed: Collection[str]) -> bool:
    """
    Whether a Host header names this server.

    A page on a foreign name that resolves to this address (DNS rebinding) sends that name; an address in digits cannot be
    rebound, so addresses pass, names only when they are known.

    Args:
        host: The header's value, with or without a port.
        allowed: Names that pass beside localhost, in lower case.
    """
    name = host.strip().lower()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    return name in {"localhost", *allowed} or _as_address(name) is not None


def is_loopback(peer: str) -> bool:
    """
    Whether a peer is on this machine.

    Args:
        peer: Address of the peer in digits, also with a scope ("fe80::1%eth0") or as IPv4 inside IPv6.
    """
    address = _as_address(peer.partition("%")[0])
    if address is None:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _as_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _component(component: HealthComponent) -> Mapping[str, Any]:
    found: dict[str, Any] = {
        "status": component.state.value,
        "critical": component.is_critical,
        "failures": component.failures,
        "duration_s": round(component.duration_s, 6),
    }
    if component.message:
        found["message"] = component.message
    return found


def _threshold(threshold: Threshold) -> Mapping[str, Any]:
    return {
        "status": threshold.state.value,
        "value": threshold.value,
        "limit": threshold.limit,
        "breached": threshold.is_breached,
    }


def _stall(stall: Stall) -> Mapping[str, Any]:
    return {"name": stall.name, "age_s": round(stall.age_s, 3), "stack": list(stall.stack)}
