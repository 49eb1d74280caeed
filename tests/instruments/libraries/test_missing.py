"""A library that is installed without its instrumentation is named once, with the package to install."""

import logging
from collections.abc import Callable

import pytest
from fake_packages import FakePackages

import otel_agent
from otel_agent.instruments.libraries import packages
from otel_agent.instruments.libraries.activation import Libraries
from otel_agent.instruments.libraries.missing import missing_instrumentations

Install = Callable[..., Libraries]


def names(instrumented: set[str] | None = None) -> dict[str, str]:
    """Packages to install, by the library that is there."""
    return {each.library: each.package for each in missing_instrumentations(packages.packages(), instrumented or set())}


def test_the_package_to_install_is_named(site: FakePackages) -> None:
    """By OpenTelemetry's own list, for the versions that it is for."""
    site.distribution("aiopg", version="1.4.0")
    site.distribution("Tornado", version="4.0")

    assert "opentelemetry-instrumentation-aiopg" == names()["aiopg 1.4.0"]
    assert not any(library.startswith("tornado") for library in names())


def test_what_is_instrumented_otherwise_is_not_named(site: FakePackages) -> None:
    """Neither by the package itself, nor by somebody else's instrumentation, nor by what this package does itself."""
    site.distribution("aiopg", version="1.4.0")
    site.distribution("redis", version="5.0")
    site.distribution("opentelemetry-instrumentation-aiopg", version="0.66b1")
    found = names({"redis"})

    assert not {"aiopg 1.4.0", "redis 5.0"} & set(found)
    assert not any(library.startswith(("sqlalchemy", "psutil")) for library in found)


def test_a_library_needed_beside_another_is_not_named(site: FakePackages) -> None:
    """Pydantic alone has no instrumentation; Tortoise has one that needs both."""
    site.distribution("pydantic", version="2.0")

    assert "pydantic 2.0" not in names()
    site.distribution("tortoise-orm", version="1.0")
    assert "opentelemetry-instrumentation-tortoiseorm" == names()["tortoise-orm 1.0"]


def test_status_names_them(site: FakePackages, install: Install) -> None:
    """Beside what is instrumented; not when only some instrumentations were asked for."""
    site.distribution("aiopg", version="1.4.0")
    line = "not instrumented: pip install opentelemetry-instrumentation-aiopg"

    assert line == install().status["aiopg"]
    assert "aiopg" not in install("sqlalchemy").status


def test_they_are_said_once_at_info(
    site: FakePackages, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line for all of them, whenever INFO begins to be heard; none for those who do not want to hear it."""
    site.distribution("aiopg", version="1.4.0")
    caplog.set_level(logging.WARNING, "otel_agent")
    telemetry = otel_agent.init("x", export="none", spool=False)
    telemetry.status()
    before = caplog.text
    caplog.set_level(logging.INFO, "otel_agent")
    telemetry.status()
    telemetry.status()
    telemetry.shutdown()

    assert "aiopg" not in before
    assert 1 == caplog.text.count("installed without their instrumentation")
    assert 1 == caplog.text.count("opentelemetry-instrumentation-aiopg")
