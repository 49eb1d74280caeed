"""
When an instrumentation is activated: the library whose import it waits for.

Its package's metadata name the distributions it is for; their files name the modules. Where the metadata are silent, the standard
library's modules go by the instrumentation's name, and others by what its source says. What is for no library at all is activated
at once.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from otel_agent.instruments.libraries import sources
from otel_agent.instruments.libraries.packages import (
    EntryPoint,
    Package,
    Requirement,
    import_names,
    requirements,
    suggested_import_name,
)

__all__ = ["Occasion", "occasion"]

AWS_LAMBDA = "aws-lambda"
_FUNCTION_VARIABLE = "AWS_LAMBDA_FUNCTION_NAME"
_HANDLER_VARIABLES = ("ORIG_HANDLER", "_HANDLER")


@dataclass(frozen=True, slots=True)
class Occasion:
    """The imports that an instrumentation waits for."""

    libraries: tuple[tuple[str, ...], ...] = ()
    """Libraries that are needed, each by the names of which any is enough; empty: it waits for none."""
    absence: str | None = None
    """Why the library cannot be imported as things stand."""


def occasion(entry_point: EntryPoint, packages: Mapping[str, Package]) -> Occasion:
    """
    Find what an instrumentation waits for; nothing is imported.

    Args:
        entry_point: The instrumentation.
        packages: Every installed package by name.

    Returns:
        The names of its libraries; one that is not installed has those that its distribution's name suggests.
    """
    if entry_point.name == AWS_LAMBDA:
        return _of_lambda(os.environ)
    wanted = requirements(entry_point.package) or _undeclared(entry_point)
    if wanted:
        return _of_requirements(_narrowed(entry_point.name, wanted, packages), packages)
    own_name = entry_point.module.rpartition(".")[2]
    standard = [name for name in (entry_point.name, own_name) if name in sys.stdlib_module_names]
    return Occasion(((standard[0],),)) if standard else Occasion()


def _of_lambda(environ: Mapping[str, str]) -> Occasion:
    """The function that Lambda calls is in a module of the agent's; a variable names it."""
    handler = next((environ[name] for name in _HANDLER_VARIABLES if environ.get(name)), "")
    module = handler.rpartition(".")[0].replace("/", ".")
    if not module or _FUNCTION_VARIABLE not in environ:
        return Occasion((("_HANDLER",),), absence=f"is for AWS Lambda, which sets {_FUNCTION_VARIABLE} and _HANDLER")
    return Occasion(((module,),))


def _undeclared(entry_point: EntryPoint) -> list[Requirement]:
    if entry_point.name in sys.stdlib_module_names:
        return []
    return [
        Requirement(name.lower(), "", is_alternative=True) for name in sources.declared_libraries(entry_point.module)
    ]


def _narrowed(name: str, wanted: Sequence[Requirement], packages: Mapping[str, Package]) -> list[Requirement]:
    """One package may bring several instrumentations, each for one of its alternatives: that of its own name."""
    same = [each for each in wanted if each.is_alternative and name in _names(each, packages)]
    return [each for each in wanted if not each.is_alternative or not same or each in same]


def _of_requirements(wanted: Sequence[Requirement], packages: Mapping[str, Package]) -> Occasion:
    needed = [each for each in wanted if not each.is_alternative]
    alternatives = [each for each in wanted if each.is_alternative]
    missing = next((each for each in needed if each.library not in packages), None)
    present = [each for each in alternatives if each.library in packages]
    libraries = [_names(each, packages) for each in needed]
    if alternatives:
        libraries.append(tuple(name for each in present or alternatives for name in _names(each, packages)))
    names = tuple(tuple(dict.fromkeys(each)) for each in libraries)
    if missing is not None:
        return Occasion(names, absence=f"needs {missing}, which is not installed")
    if alternatives and not present:
        return Occasion(names, absence=f"needs {' or '.join(map(str, alternatives))}, which is not installed")
    return Occasion(names)


def _names(requirement: Requirement, packages: Mapping[str, Package]) -> tuple[str, ...]:
    package = packages.get(requirement.library)
    return import_names(package) if package is not None else (suggested_import_name(requirement.library),)
