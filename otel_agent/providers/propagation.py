"""
How the context crosses processes: propagators by the names of `OTEL_PROPAGATORS`.

`opentelemetry.propagate` reads that variable when it is imported, and raises for a name that is not installed: an agent, or any
library it imports, could then not be loaded at all, where the specification says that such a name is ignored. So where the variable
has a name that may not be there, the module is loaded by us, first, and told to read a variable that nobody sets; what the names
stand for is installed afterwards. The environment stays as it is.

Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#enum
"""

import sys
from collections.abc import Iterator, Mapping, MutableSequence, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from opentelemetry import environment_variables

from otel_agent.late_imports import late_module, load

if TYPE_CHECKING:
    from importlib import metadata

    from opentelemetry.propagators import composite
    from opentelemetry.propagators.textmap import TextMapPropagator
else:  # not loaded for the default
    metadata = late_module("importlib.metadata")
    composite = late_module("opentelemetry.propagators.composite")

__all__ = ["DEFAULT", "build_propagator", "load_propagation"]

DEFAULT = ("tracecontext", "baggage")
"""What OpenTelemetry's API does when nobody asks for anything else."""

_MODULE = "opentelemetry.propagate"
_VARIABLE = "OTEL_PROPAGATORS"
_UNSET = "OTEL_AGENT_NO_SUCH_VARIABLE"
_ALWAYS_THERE = {*DEFAULT, "none"}


def load_propagation(environ: Mapping[str, str]) -> None:
    """
    Make sure that nobody's import of `opentelemetry.propagate` raises from now on; does nothing where none would.

    Args:
        environ: Variables of the process.

    Raises:
        ImportError: The module itself is broken.
    """
    names = environ.get(_VARIABLE, "")
    if not names or _MODULE in sys.modules or {name.strip() for name in names.split(",")} <= _ALWAYS_THERE:
        return
    with _reading(_UNSET):
        module = load(_MODULE)
    if hasattr(module, _VARIABLE):
        setattr(module, _VARIABLE, _VARIABLE)


@contextmanager
def _reading(variable: str) -> Iterator[None]:
    """Let what is loaded meanwhile take another variable for the one with the propagators."""
    known: Any = environment_variables
    before = known.OTEL_PROPAGATORS
    known.OTEL_PROPAGATORS = variable
    try:
        yield
    finally:
        known.OTEL_PROPAGATORS = before


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
