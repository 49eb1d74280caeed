"""
What is installed, read from the names of its folders and from `entry_points.txt`.

The standard library's `importlib.metadata` answers the same and more, and costs a fifth of a start: it loads the parsers of
mail and zip files. So it is asked only where this cannot tell: packages in a zip file or an egg, or found by an importer of
somebody else's.

Source: https://packaging.python.org/en/latest/specifications/entry-points/,
`importlib.metadata.MetadataPathFinder` of Python 3.11.
"""

import os
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, NamedTuple

from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    import importlib.metadata as importlib_metadata
else:
    importlib_metadata = late_module("importlib.metadata")  # where the folders do not tell

__all__ = ["InstalledPackage", "entry_names", "entry_points", "normal_name", "packages", "version"]


class InstalledPackage(NamedTuple):
    """A distribution on the path."""

    name: str
    """In lower case, with dashes."""
    version: str
    folder: str
    """Where its metadata stand: a `.dist-info` or `.egg-info`, a folder or, for some of the latter, a file."""

    def read(self, name: str) -> str:
        """
        A file of its metadata.

        Args:
            name: Such as "RECORD".

        Returns:
            Its text; empty when there is none or it cannot be read.
        """
        try:
            with open(f"{self.folder}/{name}", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - many in a start
                return file.read()
        except OSError:
            return ""


def normal_name(distribution: str) -> str:
    """
    The name by which a distribution is compared.

    Args:
        distribution: As on the package index, in any spelling.

    Returns:
        It in lower case, with dashes.
    """
    plain = distribution.lower().replace("_", "-").replace(".", "-")
    return re.sub("-+", "-", plain) if "--" in plain else plain


def version(distribution: str) -> str | None:
    """
    The version of a distribution.

    Args:
        distribution: Name on the package index; case, dots and dashes do not count.

    Returns:
        `None` when it is not installed.
    """
    wanted = normal_name(distribution)
    folders = _folders()
    if folders is not None:
        for name, of, _ in folders:
            if name == wanted and of:
                return of
    try:
        return importlib_metadata.version(distribution)
    except importlib_metadata.PackageNotFoundError:
        return None


def packages() -> tuple[InstalledPackage, ...] | None:
    """
    Every distribution on the path; the first of a name is the one that is imported.

    Returns:
        `None` when only `importlib.metadata` can tell.
    """
    return _folders()


def entry_names(group: str) -> set[str] | None:
    """
    The names that installed distributions have registered in a group of entry points.

    Args:
        group: Name of the group: "opentelemetry_instrumentor".

    Returns:
        `None` when only `importlib.metadata` can tell.
    """
    found = entry_points(group)
    return None if found is None else {name for name, _, _ in found}


def entry_points(group: str) -> list[tuple[str, str, InstalledPackage]] | None:
    """
    What installed distributions have registered in a group of entry points.

    Args:
        group: Such as "opentelemetry_instrumentor".

    Returns:
        Name, object reference ("module:attribute") and distribution of each; `None` when only `importlib.metadata` can tell.
    """
    folders = _folders()
    if folders is None:
        return None
    found: list[tuple[str, str, InstalledPackage]] = []
    for package in folders:
        if os.access(f"{package.folder}/entry_points.txt", os.R_OK):
            text = package.read("entry_points.txt")
            if group in text:
                found.extend((name, target, package) for name, target in _entries(text, group))
    return found


def _entries(text: str, group: str) -> Iterator[tuple[str, str]]:
    is_inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            is_inside = line == f"[{group}]"
        elif is_inside and line and not line.startswith("#"):
            name, _, target = line.partition("=")
            yield name.strip(), target.partition("[")[0].strip()


def _folders() -> tuple[InstalledPackage, ...] | None:
    if any(hasattr(finder, "find_distributions") and finder is not PathFinder for finder in sys.meta_path):
        return None
    return _listed(tuple((place, _changed_ns(place)) for place in (entry or os.getcwd() for entry in sys.path)))  # noqa: PTH109 - as above


def _changed_ns(place: str) -> int:
    try:
        return os.stat(place).st_mtime_ns  # noqa: PTH116 - as above
    except OSError:
        return 0


@lru_cache(maxsize=1)
def _listed(places: tuple[tuple[str, int], ...]) -> tuple[InstalledPackage, ...] | None:
    found: dict[str, InstalledPackage] = {}
    for place, changed_ns in places:
        if not changed_ns:
            continue
        try:
            children = os.listdir(place)  # noqa: PTH208 - names are all that is needed
        except NotADirectoryError:
            return None
        except OSError:
            continue
        for child in children:
            if child[-4:].lower() not in ("info", ".egg"):
                continue
            stem, _, kind = child.rpartition(".")
            if kind.lower() == "egg":
                return None
            if kind.lower() in ("dist-info", "egg-info"):
                name, _, rest = stem.partition("-")
                normal = normal_name(name)
                found.setdefault(normal, InstalledPackage(normal, rest.partition("-")[0], f"{place}/{child}"))
        if place.lower().endswith(".egg"):
            return None
    return tuple(found.values())
