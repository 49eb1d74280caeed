"""
Installed instrumentations of other libraries, found by entry point and activated one by one.

Anything that registers in the group `opentelemetry_instrumentor` is found. Each is isolated from the failures of the others,
and each that is not active keeps the reason. What this package measures itself (`OWN`) is left out, or replaced by a function
of ours, so that nothing is recorded twice. An instrumentation is imported only when the library it is for is installed.

Left to others: which names are wanted (configuration), and our own instruments (given in as `own`).
"""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import TracerProvider

from otel_agent.config.installed import entry_names
from otel_agent.guard import guarded
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    import difflib
    from importlib import metadata

    from opentelemetry.instrumentation import dependencies
else:
    # For an instrumentation that is to be activated, which few have: they bring the parsers of mail and zip files, and
    # `packaging`, which costs more than all the rest of this module.
    metadata = late_module("importlib.metadata")
    dependencies = late_module("opentelemetry.instrumentation.dependencies")
    difflib = late_module("difflib")  # for those who mistype

__all__ = ["INSTRUMENTED", "Libraries", "install"]

GROUP = "opentelemetry_instrumentor"
DISABLED_VARIABLE = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"
INSTRUMENTED = "instrumented"

OWN = {
    "logging": "left out: otel-agent writes trace ids into log records itself",
    "system_metrics": "left out: otel-agent measures host, process and runtime itself",
    "threading": "left out: otel-agent carries the context into threads itself",
}
"""Entry points that would record a second time what this package records, with the reason shown for each."""


@dataclass(slots=True)
class Libraries:
    """The status of every instrumentation."""

    status: dict[str, str] = field(default_factory=dict)
    """By entry-point name: `INSTRUMENTED`, or the reason why not."""
    problems: list[str] = field(default_factory=list)
    """Names that were asked for and do not exist: one line each, with the nearest known name."""
    active: dict[str, Any] = field(default_factory=dict)
    """Instrumentors that `uninstall` takes back, by name, in the order of their activation."""

    def uninstall(self) -> None:
        """Deactivate what `install` activated, last first; safe to call twice."""
        while self.active:
            name, instrumentor = self.active.popitem()
            with guarded("instruments.libraries", f"the instrumentation {name!r} could not be taken back"):
                instrumentor.uninstrument()
            self.status[name] = "uninstrumented"


def install(
    wanted: bool | Sequence[str],  # noqa: FBT001 - the user's own argument, `instrument=`, passed through
    *,
    own: Mapping[str, Callable[[], str]] | None = None,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    logger_provider: object = None,
) -> Libraries:
    """
    Activate instrumentations. Never raises.

    Args:
        wanted: `True` for every one that is installed, `False` for none, or their entry-point names.
        own: Instruments of this package that take the place of an entry point, by its name; each returns `INSTRUMENTED` or a
            reason. They count as installed.
        tracer_provider: Tracer provider of each instrumentation; `None`: the global one.
        meter_provider: Meter provider of each instrumentation; `None`: the global one.
        logger_provider: Logger provider of each instrumentation; `None`: the global one.

    Returns:
        The status of each; names in `wanted` that do not exist are in `problems` too.
    """
    libraries = Libraries()
    if wanted is False or wanted == []:
        return libraries
    own = own or {}
    registered = _registered()
    known = sorted({*registered, *own, *OWN})
    names = known if wanted is True else list(dict.fromkeys(wanted))
    is_foreign = any(name in registered and name not in own and name not in OWN for name in names)
    found = {entry_point.name: entry_point for entry_point in _discover()} if is_foreign else {}
    disabled = {name.strip() for name in os.environ.get(DISABLED_VARIABLE, "").split(",")}
    providers = {
        "tracer_provider": tracer_provider,
        "meter_provider": meter_provider,
        "logger_provider": logger_provider,
    }
    given = {name: provider for name, provider in providers.items() if provider is not None}
    for name in names:
        if name not in known:
            libraries.status[name] = reason = _unknown(name, known)
            libraries.problems.append(f"instrument: {name!r}: {reason}")
        elif name in disabled or "*" in disabled:
            libraries.status[name] = f"disabled by {DISABLED_VARIABLE}"
        elif name in own:
            libraries.status[name] = _isolated(own[name])
        elif name in OWN:
            if name in registered or wanted is not True:
                libraries.status[name] = OWN[name]
        elif name in found:
            libraries.status[name] = _isolated(partial(_activate, found[name], given, libraries.active))
        else:
            libraries.status[name] = "its metadata cannot be read"
    return libraries


def _registered() -> Collection[str]:
    """The names of what is installed; reading them alone is a tenth of the work."""
    found: set[str] = set()
    with guarded("instruments.libraries", "installed instrumentations cannot be listed"):
        names = entry_names(GROUP)
        found |= {entry_point.name for entry_point in _discover()} if names is None else names
    return found


def _discover() -> Sequence["metadata.EntryPoint"]:
    found: list[metadata.EntryPoint] = []
    with guarded("instruments.libraries", "installed instrumentations cannot be listed"):
        found.extend(metadata.entry_points(group=GROUP))
    return found


def _unknown(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"no instrumentation of that name is installed; did you mean {near[0]!r}?"
    distribution = f"opentelemetry-instrumentation-{name.replace('_', '-')}"
    return f"no instrumentation of that name is installed; if there is one, it comes with: pip install {distribution}"


def _isolated(activate: Callable[[], str]) -> str:
    try:
        return activate()
    except ImportError as error:
        return f"cannot be imported: {_line(error)}"
    except Exception as error:  # noqa: BLE001 - foreign code; the reason is kept and shown, the others go on
        return f"failed: {type(error).__name__}: {_line(error)}"


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())


def _activate(entry_point: "metadata.EntryPoint", providers: Mapping[str, object], active: dict[str, Any]) -> str:
    conflict = _conflict(entry_point)
    if conflict:
        return conflict
    instrumentor = entry_point.load()()
    if getattr(instrumentor, "is_instrumented_by_opentelemetry", False):
        return "already instrumented by the agent itself"
    instrumentor.instrument(skip_dep_check=True, **providers)
    active[entry_point.name] = instrumentor
    return INSTRUMENTED


def _conflict(entry_point: "metadata.EntryPoint") -> str | None:
    """Why the library an instrumentation is for does not fit; from metadata alone, without importing either."""
    conflict = dependencies.get_dist_dependency_conflicts(entry_point.dist) if entry_point.dist is not None else None
    if conflict is None:
        return None
    needed = [conflict.required] if conflict.required is not None else list(conflict.required_any or ())
    found = [conflict.found] if conflict.found else list(conflict.found_any or ())
    wants = " or ".join(str(requirement).split(";")[0].strip() for requirement in needed)
    if found:
        return f"needs {wants}, found {', '.join(map(str, found))}"
    return f"needs {wants}, which is not installed"
