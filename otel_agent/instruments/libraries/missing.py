"""
Libraries that are installed without their instrumentation, and the package that would bring it.

Which package is for which library is OpenTelemetry's own list, the one by which `opentelemetry-bootstrap` installs; it comes with
`opentelemetry-instrumentation` and is read when it is asked for.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from otel_agent.config.installed import normal_name
from otel_agent.guard import guarded
from otel_agent.instruments.libraries.packages import Package
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from opentelemetry.instrumentation import bootstrap_gen
    from packaging import requirements
else:
    bootstrap_gen = late_module("opentelemetry.instrumentation.bootstrap_gen")
    requirements = late_module("packaging.requirements")

__all__ = ["MissingInstrumentation", "missing_instrumentations"]

PREFIX = "opentelemetry-instrumentation-"
_NOT_OFFERED = {"asgi", "logging", "sqlalchemy", "system-metrics", "threading", "wsgi"}
"""What this package does itself, or what instruments nothing by being installed."""
_NOT_ALONE = {"pydantic"}
"""Libraries that an instrumentation needs beside the one it is for."""


@dataclass(frozen=True, slots=True)
class MissingInstrumentation:
    """A library that nothing instruments."""

    library: str
    """Name and version of what is installed, such as "aiopg 1.4.0"."""
    package: str
    """The package to install."""

    @property
    def name(self) -> str:
        """By custom the name under which the instrumentation would be listed."""
        return self.package.removeprefix(PREFIX).replace("-", "_")

    def __str__(self) -> str:
        return f"not instrumented: pip install {self.package}"


def missing_instrumentations(
    packages: Mapping[str, Package], instrumented: Collection[str]
) -> list[MissingInstrumentation]:
    """
    Find the libraries that are installed without their instrumentation. Never raises.

    Args:
        packages: Every installed package by name.
        instrumented: Distributions for which an instrumentation is installed, whoever made it.

    Returns:
        One for each package that would help, in the order of their names.
    """
    found: dict[str, MissingInstrumentation] = {}
    with guarded("instruments.libraries", "OpenTelemetry's list of instrumentations cannot be read"):
        for library, package in _listed():
            name = normal_name(library.name)
            installed = packages.get(name)
            is_there = package in packages or name in instrumented or name in _NOT_ALONE
            if installed is None or is_there or package.removeprefix(PREFIX) in _NOT_OFFERED:
                continue
            if library.specifier.contains(installed.version, prereleases=True):
                found.setdefault(package, MissingInstrumentation(f"{installed.name} {installed.version}", package))
    return [found[package] for package in sorted(found)]


def _listed() -> Iterator[tuple["requirements.Requirement", str]]:
    for entry in bootstrap_gen.libraries:
        wanted = requirements.Requirement(entry["instrumentation"])
        yield requirements.Requirement(entry["library"]), normal_name(wanted.name)
