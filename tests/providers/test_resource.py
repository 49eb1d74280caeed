"""Who emits."""

import os

from opentelemetry.sdk.resources import Resource

from otel_agent.config.sections.service import ResourceSettings, ServiceSettings
from otel_agent.providers.resource import build_resource, renewed

TRADER = ServiceSettings(name="trader")


def test_service_process_and_distribution_are_named() -> None:
    """A backend can tell which agent, which process and which package sent a datum."""
    attributes = build_resource(ServiceSettings(name="trader", environment="production"), ResourceSettings()).attributes

    assert ("trader", "production", os.getpid(), "otel-agent", "opentelemetry") == tuple(
        attributes[key]
        for key in (
            "service.name",
            "deployment.environment.name",
            "process.pid",
            "telemetry.distro.name",
            "telemetry.sdk.name",
        )
    )


def test_the_operator_wins_over_what_is_found() -> None:
    """OTEL_RESOURCE_ATTRIBUTES corrects a host name that a container made up."""
    attributes = build_resource(TRADER, ResourceSettings(attributes={"host.name": "rack-7", "team": "desk"})).attributes

    assert ("rack-7", "desk", False) == (
        attributes["host.name"],
        attributes["team"],
        "deployment.environment.name" in attributes,
    )


def test_two_processes_differ_in_their_instance() -> None:
    """Two agents of one service on one host never share a series."""
    first, second = (build_resource(TRADER, ResourceSettings()).attributes["service.instance.id"] for _ in range(2))

    assert first != second


def test_a_child_has_its_own_process_and_instance_and_all_else_of_its_parents() -> None:
    """What the operator has set stays, and nothing is added that was not there."""
    parent = Resource(
        {"service.name": "x", "process.pid": 1, "process.parent_pid": 2, "service.instance.id": "a"}, "schema"
    )
    child = renewed(parent, ())
    kept = renewed(parent, {"service.instance.id"})

    assert {"service.name": "x", "process.pid": os.getpid(), "process.parent_pid": os.getppid()} == {
        name: value for name, value in child.attributes.items() if name != "service.instance.id"
    }
    assert "a" != child.attributes["service.instance.id"]
    assert "a" == kept.attributes["service.instance.id"]
    assert "schema" == child.schema_url
