"""
Conflicts between an instrumentation and the version of the library that is installed, from metadata alone.

Only the comparison of versions is left to `packaging`: parsing whole requirements runs Python's own parser, which CPython 3.11 cannot
do in two threads at once, and an agent may import on several (https://github.com/python/cpython/issues/106905).
"""

from collections.abc import Mapping, Sequence

from packaging.specifiers import SpecifierSet

from otel_agent.instruments.libraries.packages import EntryPoint, Package, Requirement, packages, requirements

__all__ = ["conflict"]


def conflict(entry_point: EntryPoint) -> str | None:
    """
    Why the library an instrumentation is for does not fit; neither is imported.

    Args:
        entry_point: The instrumentation.

    Returns:
        One line with what it needs and what is installed; `None` when they fit.
    """
    wanted, installed = requirements(entry_point.package), packages()
    for each in wanted:
        if not each.is_alternative and not _fits(each, installed):
            return _line([each], installed)
    alternatives = [each for each in wanted if each.is_alternative]
    if alternatives and not any(_fits(each, installed) for each in alternatives):
        return _line(alternatives, installed)
    return None


def _fits(requirement: Requirement, installed: Mapping[str, Package]) -> bool:
    package = installed.get(requirement.library)
    return package is not None and SpecifierSet(requirement.versions).contains(package.version)


def _line(needed: Sequence[Requirement], installed: Mapping[str, Package]) -> str:
    wants = " or ".join(map(str, needed))
    found = [f"{each.library} {installed[each.library].version}" for each in needed if each.library in installed]
    return f"needs {wants}, found {', '.join(found)}" if found else f"needs {wants}, which is not installed"
