"""
Who emits: the service, its process and its machine, as resource attributes.

Built from plain values instead of the SDK's detectors, which load every installed detector's package for the same facts.
Detectors that the operator names are run all the same. In a forked child `renewed` names the child; the SDK would ask its detectors
again, on a thread that it starts in the middle of the fork.

Source: OpenTelemetry semantic conventions 1.44, resource.
"""

import os
import platform
import socket
import sys
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from opentelemetry.sdk.resources import Resource, get_aggregated_resources

from otel_agent.config.installed import version
from otel_agent.config.sections.service import ResourceSettings, ServiceSettings
from otel_agent.guard import guarded, shared
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from importlib import metadata
else:
    metadata = late_module("importlib.metadata")  # for those who name detectors alone

__all__ = ["DISTRIBUTION", "build_resource", "renewed"]

DISTRIBUTION = "otel-agent"

UNKNOWN = "unknown"
"""Instead of the version of what was put on the path without being installed."""

SCHEMA_URL = "https://opentelemetry.io/schemas/1.44.0"


def build_resource(service: ServiceSettings, settings: ResourceSettings) -> Resource:
    """
    Describe this process.

    Args:
        service: Section `service` of the configuration: name, namespace, version, environment.
        settings: Section `resource`. Its attributes win over what is found here, but for the service's name; a detector that is not
            installed or fails is named and left out.

    Returns:
        A resource with service, telemetry, process, host and operating system.
    """
    found: dict[str, str | bool | int | float] = {
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.version": version("opentelemetry-sdk") or UNKNOWN,
        "telemetry.distro.name": DISTRIBUTION,
        "telemetry.distro.version": version(DISTRIBUTION) or UNKNOWN,
        "service.instance.id": str(uuid.uuid4()),
        "host.name": socket.gethostname(),
        "host.arch": _architecture(platform.machine()),
        "os.type": sys.platform if sys.platform in {"linux", "darwin"} else "windows",
        "process.pid": os.getpid(),
        "process.executable.path": sys.executable,
        "process.runtime.name": sys.implementation.name,
        "process.runtime.version": platform.python_version(),
        "process.runtime.description": sys.version,
    }
    wanted = {
        "deployment.environment.name": service.environment,
        "service.namespace": service.namespace,
        "service.version": service.version,
    }
    found |= {name: value for name, value in wanted.items() if value is not None}
    resource = Resource({**found, **settings.attributes, "service.name": service.name}, SCHEMA_URL)
    return _detected(settings.detectors).merge(resource) if settings.detectors else resource


OF_A_PROCESS: Mapping[str, Callable[[], str | int]] = {
    "process.pid": os.getpid,
    "process.parent_pid": os.getppid,
    "process.creation.time": lambda: datetime.now(UTC).isoformat(),
    "service.instance.id": lambda: str(uuid.uuid4()),
}
"""What a forked child does not share with its parent, and how it is found in the child."""


def renewed(resource: Resource, given: Collection[str]) -> Resource:
    """
    Describe a forked child. It has what its parent had, and of that its own where the two differ.

    Args:
        resource: Resource of the parent.
        given: Names of the attributes that were set by the operator; they stay.
    """
    own = {name: find() for name, find in OF_A_PROCESS.items() if name in resource.attributes and name not in given}
    return Resource({**resource.attributes, **own}, resource.schema_url)


def _detected(names: Sequence[str]) -> Resource:
    """What the operator's detectors find; ours wins over it."""
    installed = {point.name: point for point in metadata.entry_points(group="opentelemetry_resource_detector")}
    wanted = list(installed) if "*" in names else names
    detectors = []
    for name in wanted:
        if name in installed:
            with guarded(f"resource.{name}", f"the resource detector {name!r} could not be loaded"):
                detectors.append(installed[name].load()())
        else:
            shared.report(
                f"resource.{name}", f"no resource detector {name!r} is installed; there are {', '.join(installed)}"
            )
    try:
        return get_aggregated_resources(detectors)
    except RuntimeError:  # no thread can be had: one after the other, here
        found = Resource.get_empty()
        for detector in detectors:
            with guarded("resource.detect", f"the resource detector {type(detector).__name__} failed"):
                found = found.merge(detector.detect())
        return found


def _architecture(machine: str) -> str:
    return {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64"}.get(machine, machine)
