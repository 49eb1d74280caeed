"""Who emits: `service` and `resource`."""

from msgspec import field

from otel_agent.config.kinds import Name
from otel_agent.config.sections.section import Section

__all__ = ["OWN_ATTRIBUTES", "ResourceSettings", "ServiceSettings"]

OWN_ATTRIBUTES = {
    "service.name": "service.name",
    "service.namespace": "service.namespace",
    "service.version": "service.version",
    "deployment.environment.name": "service.environment",
}
"""Resource attributes that have a setting of their own."""


class ServiceSettings(Section, frozen=True, kw_only=True):
    """What the agent is called, as resource attributes."""

    name: Name = "unknown_service"
    """
    Logical name of the agent (`service.name`). When nobody gives one: `[project].name` of the `pyproject.toml` in the working
    directory, else the name of the script, else this default.
    """
    namespace: Name | None = None
    """Group of services it belongs to (`service.namespace`); None leaves the attribute out."""
    version: Name | None = None
    """Its version (`service.version`); None leaves the attribute out."""
    environment: Name | None = None
    """
    Where it runs: "production", "staging" (`deployment.environment.name`). It also chooses the overlay file
    `otel-agent.<environment>.yaml`. None: no attribute and no overlay.
    """


class ResourceSettings(Section, frozen=True, kw_only=True):
    """What is said about the agent beyond its name."""

    attributes: dict[str, str | bool | int | float] = field(default_factory=dict)
    """Further resource attributes, by name; they win over what is found about host and process."""
    detectors: tuple[Name, ...] = ()
    """Names of further resource detectors to run (entry points `opentelemetry_resource_detector`); none by default."""
