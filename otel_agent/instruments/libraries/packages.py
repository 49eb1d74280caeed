"""
Installed packages: those that bring instrumentations, those that are instrumented, and the names by which these are imported.

All of it is read from metadata, as text. Nothing is imported, and the parsers of `importlib.metadata` and `packaging` are loaded
only where text alone cannot tell: they cost more than a whole start.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from otel_agent.config import installed
from otel_agent.config.installed import normal_name
from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    from importlib import metadata

    from packaging import markers
else:
    metadata = late_module("importlib.metadata")  # for packages in zip files and eggs
    markers = late_module("packaging.markers")  # for requirements that depend on the platform, which are rare

__all__ = [
    "GROUP",
    "EntryPoint",
    "Package",
    "Requirement",
    "entry_points",
    "import_names",
    "packages",
    "requirements",
    "suggested_import_name",
]

GROUP = "opentelemetry_instrumentor"

_REQUIREMENT = re.compile(r"^Requires-Dist:\s*([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*([^;\n]*);([^\n]*)", re.MULTILINE)
_EXTRA = re.compile(r"""extra\s*==\s*["']instruments(-any|_any)?["']""")
_PACKAGES = re.compile(r"^([^\W\d]\w*)/__init__\.(?:py|[^/\n]*so|pyd),", re.MULTILINE)
_DEEP_PACKAGES = re.compile(r"^((?:[^\W\d]\w*/)+)__init__\.py,", re.MULTILINE)
_MODULES = re.compile(r"^([^\W\d]\w*)(?:\.cp[\w-]*|\.abi3|\.pypy[\w-]*)?\.(?:py|so|pyd),", re.MULTILINE)
_NOT_LIBRARIES = {"test", "tests", "testing", "doc", "docs", "example", "examples", "benchmarks", "scripts", "tools"}
"""Folders that distributions leave beside their packages by mistake."""


class Package(Protocol):
    """An installed distribution, wherever it stands."""

    @property
    def name(self) -> str:
        """In lower case, with dashes."""

    @property
    def version(self) -> str:
        """As its metadata have it."""

    def read(self, name: str) -> str:
        """A file of its metadata; empty when there is none."""


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """An instrumentation that a package has registered."""

    name: str
    module: str
    attribute: str
    """Its class, a name in the module."""
    package: Package


@dataclass(frozen=True, slots=True)
class Requirement:
    """A library that an instrumentation is for."""

    library: str
    """Name of its distribution, in lower case, with dashes."""
    versions: str
    """Such as ">=1.0,<3"; empty: all."""
    is_alternative: bool
    """One of several, of which any is enough."""

    def __str__(self) -> str:
        return f"{self.library}{self.versions}"


@dataclass(frozen=True, slots=True)
class _MetadataPackage:
    """A distribution that only `importlib.metadata` can read."""

    distribution: "metadata.Distribution"

    @property
    def name(self) -> str:
        return normal_name(self.distribution.name)

    @property
    def version(self) -> str:
        return self.distribution.version

    def read(self, name: str) -> str:
        return self.distribution.read_text(name) or ""


def packages() -> Mapping[str, Package]:
    """
    Every installed package by its name in lower case with dashes.

    Returns:
        Of several with one name, the one that is imported.
    """
    found: Sequence[Package] | None = installed.packages()
    if found is None:
        found = [_MetadataPackage(each) for each in metadata.distributions() if each.name]
    return {package.name: package for package in reversed(found)}


def entry_points() -> list[EntryPoint]:
    """
    Every registered instrumentation.

    Returns:
        Those whose object reference can be read, one a name, in the order in which they are found.
    """
    found: dict[str, EntryPoint] = {}
    for name, target, package in _registered():
        module, _, attribute = target.partition(":")
        if module and attribute:
            found.setdefault(name, EntryPoint(name, module, attribute, package))
    return list(found.values())


def _registered() -> Iterator[tuple[str, str, Package]]:
    found = installed.entry_points(GROUP)
    if found is not None:
        yield from found
        return
    for distribution in metadata.distributions():
        for each in distribution.entry_points:
            if each.group == GROUP:
                yield each.name, each.value.partition("[")[0].strip(), _MetadataPackage(distribution)


def requirements(package: Package) -> list[Requirement]:
    """
    The libraries an instrumentation is for, as its package's extras `instruments` and `instruments-any` say.

    Args:
        package: Package of the instrumentation.

    Returns:
        Nothing when the package says nothing.
    """
    text = package.read("METADATA") or package.read("PKG-INFO")
    found = []
    for name, versions, marker in _REQUIREMENT.findall(text.partition("\n\n")[0]):
        extra = _EXTRA.search(marker)
        if extra is not None and _applies(marker):
            wanted = versions.strip().strip("()").replace(" ", "")
            found.append(Requirement(normal_name(name), wanted, bool(extra[1])))
    return found


def _applies(marker: str) -> bool:
    """Whether a requirement of one of the extras is meant for this Python and platform."""
    if not _EXTRA.sub("", marker).strip(" ()"):
        return True
    parsed = markers.Marker(marker)
    return any(parsed.evaluate({"extra": extra}) for extra in ("instruments", "instruments-any"))


def import_names(package: Package) -> tuple[str, ...]:
    """
    The modules by which a library is imported, such as "flask", "MySQLdb" or "google.genai".

    Args:
        package: Package of the library.

    Returns:
        Its outermost modules that have code; for a package that lists no files (an editable one), what its name suggests.
    """
    record = package.read("RECORD") or _from_egg(package)
    names = [name for name in _PACKAGES.findall(record) if name not in _NOT_LIBRARIES]
    names = names or [name for name in _outermost(_DEEP_PACKAGES.findall(record)) if name not in _NOT_LIBRARIES]
    names = names or [name for name in _MODULES.findall(record) if not name.startswith("__editable__")]
    names = names or [name for name in package.read("top_level.txt").split() if name not in _NOT_LIBRARIES]
    public = [name for name in names if not name.startswith("_")]
    return tuple(dict.fromkeys(public or names)) or (suggested_import_name(package.name),)


def suggested_import_name(library: str) -> str:
    """
    What the module of a distribution is called by custom.

    Args:
        library: Name of the distribution.

    Returns:
        The name with underscores.
    """
    return normal_name(library).replace("-", "_")


def _outermost(folders: Sequence[str]) -> Iterator[str]:
    names = {folder.rstrip("/").replace("/", ".") for folder in folders}
    for name in sorted(names):
        parents = name.split(".")
        if not any(".".join(parents[:length]) in names for length in range(1, len(parents))):
            yield name


def _from_egg(package: Package) -> str:
    """The list of files of an `.egg-info`, in the form of a RECORD."""
    lines = package.read("installed-files.txt") or package.read("SOURCES.txt")
    names = (Path(line).as_posix().removeprefix("../").removeprefix("src/") for line in lines.splitlines())
    return "".join(f"{name},\n" for name in names)
