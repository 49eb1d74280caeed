"""Conflicts between an instrumentation and the version of the library that is installed, from metadata alone."""

from importlib import metadata

from opentelemetry.instrumentation import dependencies
from opentelemetry.instrumentation.dependencies import DependencyConflict

from otel_agent.instruments.libraries.packages import EntryPoint

__all__ = ["conflict"]


def conflict(entry_point: EntryPoint) -> str | None:
    """
    Why the library an instrumentation is for does not fit; neither is imported.

    Args:
        entry_point: The instrumentation.

    Returns:
        One line with what it needs and what is installed; `None` when they fit.
    """
    found = dependencies.get_dist_dependency_conflicts(metadata.distribution(entry_point.package.name))
    return None if found is None else _line(found)


def _line(conflict: DependencyConflict) -> str:
    needed = [conflict.required] if conflict.required is not None else list(conflict.required_any or ())
    found = [conflict.found] if conflict.found else list(conflict.found_any or ())
    wants = " or ".join(str(requirement).split(";")[0].strip() for requirement in needed)
    if found:
        return f"needs {wants}, found {', '.join(map(str, found))}"
    return f"needs {wants}, which is not installed"
