"""
Who emits: the service, its process and its machine, as resource attributes.

Built from plain values instead of the SDK's detectors, which load every installed detector's package for the same facts.
Detectors that the operator names in `OTEL_EXPERIMENTAL_RESOURCE_DETECTORS` are run all the same.

Source: OpenTelemetry semantic conventions 1.44, resource.
"""

import os
import platform
import socket
import sys
import uuid
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from opentelemetry.sdk.resources import Resource

__all__ = ["DISTRIBUTION", "build_resource"]

DISTRIBUTION = "otel-agent"

SCHEMA_URL = "https://opentelemetry.io/schemas/1.44.0"


def build_resource(
    service_name: str, environment: str | None, attributes: Mapping[str, str], detectors: str | None = None
) -> Resource:
    """
    Describe this process.

    Args:
        service_name: The logical name of the agent.
        environment: "production", "staging"; None leaves the attribute out.
        attributes: What the operator adds; wins over what is found here, but for the service's name.
        detectors: Value of `OTEL_EXPERIMENTAL_RESOURCE_DETECTORS`: names of further detectors, separated by commas.

    Returns:
        A resource with service, telemetry, process, host and operating system.
    """
    found: dict[str, str | int] = {
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.version": _version("opentelemetry-sdk"),
        "telemetry.distro.name": DISTRIBUTION,
        "telemetry.distro.version": _version(DISTRIBUTION),
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
    if environment is not None:
        found["deployment.environment.name"] = environment
    resource = Resource({**found, **attributes, "service.name": service_name}, SCHEMA_URL)
    if detectors:
        resource = Resource.create({}).merge(resource)
    return resource


def _architecture(machine: str) -> str:
    return {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
