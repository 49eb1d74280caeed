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
from typing import TYPE_CHECKING

from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    import importlib.metadata as importlib_metadata
else:
    importlib_metadata = late_module("importlib.metadata")  # where the folders do not tell

__all__ = ["entry_names", "version"]


def version(distribution: str) -> str | None:
    """
    The version of a distribution.

    Args:
        distribution: Name on the package index; case, dots and dashes do not count.

    Returns:
        `None` when it is not installed.
    """
    wanted = _normal(distribution)
    folders = _folders()
    if folders is not None:
        for name, of, _ in folders:
            if name == wanted and of:
                return of
    try:
        return importlib_metadata.version(distribution)
    except importlib_metadata.PackageNotFoundError:
        return None


def entry_names(group: str) -> set[str] | None:
    """
    The names that installed distributions have registered in a group of entry points.

    Args:
        group: Name of the group: "opentelemetry_instrumentor".

    Returns:
        `None` when only `importlib.metadata` can tell.
    """
    folders = _folders()
    if folders is None:
        return None
    found: set[str] = set()
    for _, _, folder in folders:
        path = f"{folder}/entry_points.txt"
        if os.access(path, os.R_OK):
            with open(path, encoding="utf-8") as file:  # noqa: PTH123 - dozens of times in a start
                text = file.read()
            if group in text:
                found.update(_names(text, group))
    return found


def _names(text: str, group: str) -> Iterator[str]:
    is_inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            is_inside = line == f"[{group}]"
        elif is_inside and line and not line.startswith("#"):
            yield line.partition("=")[0].strip()


def _folders() -> tuple[tuple[str, str, str], ...] | None:
    """Normal name, version and place of every distribution; the first of a name is the one that is imported."""
    if any(hasattr(finder, "find_distributions") and finder is not PathFinder for finder in sys.meta_path):
        return None
    return _listed(tuple((place, _changed_ns(place)) for place in (entry or os.getcwd() for entry in sys.path)))  # noqa: PTH109 - as above


def _changed_ns(place: str) -> int:
    try:
        return os.stat(place).st_mtime_ns  # noqa: PTH116 - as above
    except OSError:
        return 0


@lru_cache(maxsize=1)
def _listed(places: tuple[tuple[str, int], ...]) -> tuple[tuple[str, str, str], ...] | None:
    found: dict[str, tuple[str, str, str]] = {}
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
                found.setdefault(_normal(name), (_normal(name), rest.partition("-")[0], f"{place}/{child}"))
        if place.lower().endswith(".egg"):
            return None
    return tuple(found.values())


def _normal(name: str) -> str:
    plain = name.lower().replace("_", "-").replace(".", "-")
    return re.sub("-+", "-", plain) if "--" in plain else plain
