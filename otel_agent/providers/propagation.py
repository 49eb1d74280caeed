"""How the context crosses processes: propagators by the names of `OTEL_PROPAGATORS`."""

from collections.abc import MutableSequence, Sequence
from typing import TYPE_CHECKING

from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from importlib import metadata

    from opentelemetry.propagators import composite
    from opentelemetry.propagators.textmap import TextMapPropagator
else:  # not loaded for the default
    metadata = late_module("importlib.metadata")
    composite = late_module("opentelemetry.propagators.composite")

__all__ = ["DEFAULT", "build_propagator"]

DEFAULT = ("tracecontext", "baggage")
"""What OpenTelemetry's API does when nobody asks for anything else."""


def build_propagator(names: Sequence[str], problems: MutableSequence[str]) -> "TextMapPropagator | None":
    """
    Build what injects and extracts.

    Args:
        names: Names in order; "none" stands for nothing at all.
        problems: Grows by a line for each name that no installed package has; the others work.

    Returns:
        `None` when OpenTelemetry's own default is what is wanted, and need not be loaded.
    """
    if tuple(names) == DEFAULT:
        return None
    installed = {point.name: point for point in metadata.entry_points(group="opentelemetry_propagator")}
    found: list[TextMapPropagator] = []
    for name in names:
        if name == "none":
            continue
        if name not in installed:
            problems.append(
                f"propagators: no propagator {name!r} is installed; there are {', '.join(sorted(installed))}, none"
            )
            continue
        try:
            found.append(installed[name].load()())
        except Exception as error:  # noqa: BLE001 - foreign code; the reason is said, the others go on
            problems.append(f"propagators: {name!r} could not be loaded: {type(error).__name__}: {error}")
    return composite.CompositePropagator(found)
