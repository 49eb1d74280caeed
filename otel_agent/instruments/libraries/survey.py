"""
Survey of the libraries that are installed: what would be instrumented, what would not and why, and what nothing instruments.

For those who ask without an agent; nothing is activated or imported.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from otel_agent.guard import guarded
from otel_agent.instruments.libraries import packages as installed
from otel_agent.instruments.libraries.activation import OWN, disabled_names
from otel_agent.instruments.libraries.conflicts import conflict
from otel_agent.instruments.libraries.missing import missing_instrumentations
from otel_agent.instruments.libraries.occasions import occasion
from otel_agent.instruments.libraries.packages import EntryPoint, Package

__all__ = ["CONFLICT", "LEFT_OUT", "MISSING", "READY", "UNUSED", "SurveyedLibrary", "survey"]

READY, LEFT_OUT, UNUSED, CONFLICT, MISSING = "ready", "left out", "not installed", "conflict", "missing"


@dataclass(frozen=True, slots=True)
class SurveyedLibrary:
    """One instrumentation, installed or not."""

    name: str
    """Name of the instrumentation, as in `instrument.libraries`."""
    state: str
    """"ready", "left out", "not installed" (the library), "conflict" (of versions) or "missing" (the instrumentation)."""
    message: str
    """What is installed and why, in one line."""
    install: str | None = None
    """The package to install; only of what is missing."""


def survey(wanted: bool | Sequence[str], own: Mapping[str, str | None]) -> list[SurveyedLibrary]:  # noqa: FBT001 - as in `install`
    """
    Look at everything that is installed.

    Args:
        wanted: The setting `instrument.libraries`.
        own: Instruments of this package by the entry point whose place they take, with the reason why not, if any.

    Returns:
        One for each instrumentation that is installed or could be, in the order of names.
    """
    packages = installed.packages()
    entry_points = installed.entry_points()
    found = {each.name: each for each in _missing(packages, entry_points)}
    for entry_point in entry_points:
        with guarded("instruments.libraries", f"the metadata of {entry_point.name!r} cannot be read"):
            found[entry_point.name] = _installed(entry_point, packages)
    for name, reason in own.items():
        state = READY if reason is None else CONFLICT if "found" in reason else UNUSED
        found[name] = SurveyedLibrary(name, state, reason or "instrumented by otel-agent itself, when it is imported")
    disabled = disabled_names(os.environ)
    for name, each in found.items():
        if each.state == READY and (name in disabled or "*" in disabled):
            found[name] = SurveyedLibrary(name, LEFT_OUT, "disabled by OTEL_PYTHON_DISABLED_INSTRUMENTATIONS")
        elif each.state == READY and wanted is not True and (wanted is False or name not in wanted):
            found[name] = SurveyedLibrary(name, LEFT_OUT, "not named in instrument.libraries")
    return [found[name] for name in sorted(found)]


def _installed(entry_point: EntryPoint, packages: Mapping[str, Package]) -> SurveyedLibrary:
    name = entry_point.name
    if name in OWN:
        return SurveyedLibrary(name, LEFT_OUT, OWN[name])
    when = occasion(entry_point, packages)
    if when.absence is not None:
        return SurveyedLibrary(name, UNUSED, when.absence)
    reason = conflict(entry_point) if when.libraries else None
    if reason is not None:
        return SurveyedLibrary(name, CONFLICT, reason)
    if not when.libraries:
        return SurveyedLibrary(name, READY, "instrumented at once")
    return SurveyedLibrary(name, READY, f"instrumented when {_words(when.libraries)} is imported")


def _words(libraries: Sequence[Sequence[str]]) -> str:
    return " and ".join(" or ".join(names) for names in libraries)


def _missing(packages: Mapping[str, Package], entry_points: Sequence[EntryPoint]) -> Iterator[SurveyedLibrary]:
    instrumented = {
        each.library for entry_point in entry_points for each in installed.requirements(entry_point.package)
    }
    for each in missing_instrumentations(packages, instrumented):
        yield SurveyedLibrary(
            each.name, MISSING, f"{each.library} is installed without its instrumentation", each.package
        )
