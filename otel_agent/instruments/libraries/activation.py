"""
Activation of installed instrumentations, each isolated from the failures of the others.

Anything that registers in the group `opentelemetry_instrumentor` is found. It is activated when the agent imports the library it is
for, or at once when the agent has done so already; nothing is imported that the agent does not import. Each that is not active keeps
the reason. What this package measures itself (`OWN`) is left out, or replaced by an instrument of ours, so that nothing is recorded
twice.

Left to others: which names are wanted (configuration), and our own instruments (given in as `own`).
"""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import TracerProvider

from otel_agent.guard import guarded, swallow
from otel_agent.instruments.libraries import packages as installed
from otel_agent.instruments.libraries.django_settings import after_configuration
from otel_agent.instruments.libraries.occasions import Occasion, occasion
from otel_agent.instruments.libraries.packages import EntryPoint, Package
from otel_agent.instruments.libraries.waiting import Wait, Waits
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    import difflib

    from otel_agent.instruments.libraries import conflicts, earlier, missing, optional, provider_names
else:
    conflicts = late_module("otel_agent.instruments.libraries.conflicts")  # when a library is imported
    optional = late_module("otel_agent.instruments.libraries.optional")
    provider_names = late_module("otel_agent.instruments.libraries.provider_names")
    earlier = late_module("otel_agent.instruments.libraries.earlier")  # for libraries that were imported before `init`
    missing = late_module("otel_agent.instruments.libraries.missing")  # when it is asked for
    difflib = late_module("difflib")  # for those who mistype

__all__ = [
    "DISABLED_VARIABLE",
    "INSTRUMENTED",
    "OWN",
    "WAITING",
    "Libraries",
    "OwnInstrument",
    "disabled_names",
    "install",
]

DISABLED_VARIABLE = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"
INSTRUMENTED = "instrumented"
WAITING = "waiting for import"

OWN = {
    "logging": "left out: otel-agent writes trace ids into log records itself",
    "system_metrics": "left out: otel-agent measures host, process and runtime itself",
    "threading": "left out: otel-agent carries the context into threads itself",
}
"""Entry points that would record a second time what this package records, with the reason shown for each."""

_logger = logging.getLogger("otel_agent")


@dataclass(frozen=True, slots=True)
class OwnInstrument:
    """An instrument of this package that takes the place of an entry point."""

    library: str
    """Name by which its library is imported."""
    activate: Callable[[], str]
    """Called when the library has been imported; returns `INSTRUMENTED` or a reason why not."""
    conflict: Callable[[], str | None] = lambda: None
    """Returns why the library cannot be instrumented as it is installed."""


class Libraries:
    """
    Every instrumentation and where it stands; `uninstall` takes all of it back.

    Args:
        providers: Providers for instrumentations that name them, by keyword.
    """

    def __init__(self, providers: Mapping[str, object]) -> None:
        self.problems: list[str] = []
        """Names that were asked for and do not exist: one line each, with the nearest known name."""
        self.active: dict[str, Any] = {}
        """Instrumentors that `uninstall` takes back, by name, in the order of their activation."""
        self._providers = providers
        self._status: dict[str, str] = {}
        self._conflicts: dict[str, Callable[[], str | None]] = {}
        """Of those that wait, by name: asked when somebody wants to know."""
        self._waits = Waits()
        self._undo: list[Callable[[], None]] = []
        self._is_starting = True
        self._is_closed = False
        self._find_missing: Callable[[], Sequence[missing.MissingInstrumentation]] | None = None
        self._is_missing_said = False

    @property
    def status(self) -> dict[str, str]:
        """By entry-point name: `INSTRUMENTED`, `WAITING`, or the reason why not; and libraries that nothing instruments."""
        self._say_missing()
        found = {name: self._said(name, text) for name, text in self._status.copy().items()}
        for each in self._missing():
            found.setdefault(each.name, str(each))
        return found

    def uninstall(self) -> None:
        """Deactivate what was activated, last first, and wait for no import any longer; safe to call twice."""
        self._is_closed = True
        self._waits.close()
        while self._undo:
            swallow("instruments.libraries", "a watch of a library could not be taken back", self._undo.pop())
        while self.active:
            self._take_back(*self.active.popitem())
        for name, text in self._status.items():
            if text.startswith((WAITING, INSTRUMENTED)):
                self._status[name] = "uninstrumented"

    def _take_back(self, name: str, instrumentor: Any) -> None:
        with guarded("instruments.libraries", f"the instrumentation {name!r} could not be taken back"):
            instrumentor.uninstrument()
        self._status[name] = "uninstrumented"

    def refuse(self, name: str, reason: str) -> None:
        """
        Leave one out.

        Args:
            name: Name of an instrumentation.
            reason: One line that says why.
        """
        self._status[name] = reason

    def add_own(self, name: str, own: OwnInstrument) -> None:
        """
        Let an instrument of ours wait for its library.

        Args:
            name: Entry point whose place it takes.
            own: The instrument.
        """
        self._status[name], self._conflicts[name] = WAITING, own.conflict
        self._waits.add(Wait(name, "", ((own.library,),), partial(self._finish, name, own.activate)))

    def add(self, entry_point: EntryPoint, when: Occasion) -> None:
        """
        Let an instrumentation wait for its library, or activate it when it waits for none.

        Args:
            entry_point: The instrumentation.
            when: What it waits for.
        """
        name = entry_point.name
        instrument = partial(self._instrument, entry_point, when)
        if not when.libraries:
            self._finish(name, instrument)
            return
        self._status[name] = WAITING
        self._conflicts[name] = lambda: when.absence or conflicts.conflict(entry_point)
        activate = self._activate_django if name == "django" else self._finish
        self._waits.add(Wait(name, entry_point.module, when.libraries, partial(activate, name, instrument)))

    def start(self, find_missing: "Callable[[], Sequence[missing.MissingInstrumentation]] | None") -> None:
        """
        Watch imports, and activate what waits for a library that is there already.

        Args:
            find_missing: Finds libraries that nothing instruments; `None`: nobody wants to know.
        """
        self._find_missing = find_missing
        self._waits.start()
        self._waits.activate_present()
        self._is_starting = False
        self._say_missing()

    def _activate_django(self, name: str, instrument: Callable[[], str]) -> bool:
        with guarded("instruments.libraries", "the settings of Django cannot be watched"):
            undo = after_configuration(lambda: self._finish(name, instrument))
            if undo is not None:
                self._status[name] = f"{WAITING}: Django has no settings yet"
                self._undo.append(undo)
                return True
        return self._finish(name, instrument)

    def _finish(self, name: str, instrument: Callable[[], str]) -> bool:
        said = _isolated(instrument)
        if said is None:
            return False
        self._status[name] = said
        if self._is_closed and name in self.active:
            self._take_back(name, self.active.pop(name))
        self._say_missing()
        return True

    def _instrument(self, entry_point: EntryPoint, when: Occasion) -> str:
        conflict = conflicts.conflict(entry_point) if when.libraries else None
        if conflict:
            return conflict
        names = [name for names in when.libraries for name in names]
        before = earlier.Before(names) if self._is_starting and names else None
        spared = optional.SparedLibraries(entry_point.module, self._waits.libraries.difference(names))
        instrumentor = spared.load(lambda: _loaded(entry_point))()
        if getattr(instrumentor, "is_instrumented_by_opentelemetry", False):
            return "already instrumented by the agent itself"
        instrumentor.instrument(skip_dep_check=True, **provider_names.named_by(instrumentor, self._providers))
        self.active[entry_point.name] = instrumentor
        self._renew_with(entry_point, when, spared.refused)
        if before is None:
            return INSTRUMENTED
        missed = before.missed(entry_point.name, instrumentor, self._providers)
        self._undo.append(missed.take_back)
        return "; ".join(filter(None, (INSTRUMENTED, str(missed))))

    def _renew_with(self, entry_point: EntryPoint, when: Occasion, libraries: set[str]) -> None:
        """Activate anew what did without a library, once the agent imports that: Click's must know Flask's command line."""

        def renew() -> bool:
            instrumentor = self.active.pop(entry_point.name, None)
            if instrumentor is None:
                return True
            self._take_back(entry_point.name, instrumentor)
            optional.forget(entry_point.module)
            return self._finish(entry_point.name, partial(self._instrument, entry_point, when))

        for library in sorted(libraries):
            self._waits.add(Wait(f"{entry_point.name} with {library}", entry_point.module, ((library,),), renew))

    def _said(self, name: str, text: str) -> str:
        if text != WAITING:
            return text
        conflict: str | None = None
        with guarded("instruments.libraries", f"the versions that {name!r} needs cannot be compared"):
            conflict = self._conflicts[name]()
        if conflict is None and self._waits.is_in_the_middle(name):
            return f"{WAITING} to end: its library was being imported when init() was called"
        return conflict or WAITING

    def _missing(self) -> "Sequence[missing.MissingInstrumentation]":
        return self._find_missing() if self._find_missing is not None else ()

    def _say_missing(self) -> None:
        if self._is_missing_said or self._find_missing is None or not _logger.isEnabledFor(logging.INFO):
            return
        self._is_missing_said = True
        with guarded("instruments.libraries", "libraries without an instrumentation cannot be named"):
            found = self._missing()
            if found:
                libraries = ", ".join(each.library for each in found)
                package_names = " ".join(each.package for each in found)
                _logger.info("installed without their instrumentation: %s; pip install %s", libraries, package_names)


def install(
    wanted: bool | Sequence[str],  # noqa: FBT001 - the user's own argument, `instrument=`, passed through
    *,
    own: Mapping[str, OwnInstrument] | None = None,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    logger_provider: object = None,
) -> Libraries:
    """
    Activate instrumentations, each when its library is imported. Never raises.

    Args:
        wanted: `True` for every one that is installed, `False` for none, or their entry-point names.
        own: Instruments of this package that take the place of an entry point, by its name. They count as installed.
        tracer_provider: Tracer provider of each instrumentation; `None`: the global one.
        meter_provider: Meter provider of each instrumentation; `None`: the global one.
        logger_provider: Logger provider of each instrumentation; `None`: the global one.

    Returns:
        The status of each; names in `wanted` that do not exist are in `problems` too.
    """
    providers = {
        "tracer_provider": tracer_provider,
        "meter_provider": meter_provider,
        "logger_provider": logger_provider,
    }
    libraries = Libraries({name: provider for name, provider in providers.items() if provider is not None})
    if wanted is False or wanted == []:
        return libraries
    own = own or {}
    registered: dict[str, EntryPoint] = {}
    packages: Mapping[str, Package] = {}
    with guarded("instruments.libraries", "installed instrumentations cannot be listed"):
        registered = {entry_point.name: entry_point for entry_point in installed.entry_points()}
        packages = installed.packages()
    known = sorted({*registered, *own, *OWN})
    names = known if wanted is True else list(dict.fromkeys(wanted))
    disabled = disabled_names(os.environ)
    for name in names:
        if name not in known:
            reason = _unknown(name, known)
            libraries.refuse(name, reason)
            libraries.problems.append(f"instrument: {name!r}: {reason}")
        elif name in disabled or "*" in disabled:
            libraries.refuse(name, f"disabled by {DISABLED_VARIABLE}")
        elif name in own:
            libraries.add_own(name, own[name])
        elif name in OWN:
            if name in registered or wanted is not True:
                libraries.refuse(name, OWN[name])
        else:
            _add(libraries, registered[name], packages)
    libraries.start(_once(partial(_find_missing, registered, packages)) if wanted is True else None)
    return libraries


def disabled_names(environ: Mapping[str, str]) -> set[str]:
    """
    The instrumentations that the standard variable disables.

    Args:
        environ: Environment variables.

    Returns:
        Entry-point names; "*" stands for all.
    """
    return {name.strip() for name in environ.get(DISABLED_VARIABLE, "").split(",")} - {""}


def _add(libraries: Libraries, entry_point: EntryPoint, packages: Mapping[str, Package]) -> None:
    libraries.refuse(entry_point.name, "its metadata cannot be read")
    with guarded("instruments.libraries", f"the library of {entry_point.name!r} cannot be found out"):
        libraries.add(entry_point, occasion(entry_point, packages))


def _find_missing(
    registered: Mapping[str, EntryPoint], packages: Mapping[str, Package]
) -> "Sequence[missing.MissingInstrumentation]":
    instrumented = {
        each.library for entry_point in registered.values() for each in installed.requirements(entry_point.package)
    }
    return missing.missing_instrumentations(packages, instrumented)


def _once(find: Callable[[], Any]) -> Callable[[], Any]:
    found: list[Any] = []

    def remembered() -> Any:
        if not found:
            found.append(find())
        return found[0]

    return remembered


def _loaded(entry_point: EntryPoint) -> Any:
    value: Any = import_module(entry_point.module)
    for name in entry_point.attribute.split("."):
        value = getattr(value, name)
    return value


def _unknown(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"no instrumentation of that name is installed; did you mean {near[0]!r}?"
    distribution = f"opentelemetry-instrumentation-{name.replace('_', '-')}"
    return f"no instrumentation of that name is installed; if there is one, it comes with: pip install {distribution}"


def _isolated(activate: Callable[[], str]) -> str | None:
    """What became of it; `None` when two threads that import wait for each other, and it is to be tried again."""
    try:
        return activate()
    except ImportError as error:
        return f"cannot be imported: {_line(error)}"
    except (Exception, SystemExit) as error:  # noqa: BLE001 - foreign code; the reason is kept and shown, the others go on
        if type(error).__name__ == "_DeadlockError":
            return None
        return f"failed: {type(error).__name__}: {_line(error)}"


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())
