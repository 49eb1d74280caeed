"""
Where names are looked for while `otel-agent run` starts a program: as if the program's folder were not there.

Python puts that folder first on its path, after `sitecustomize` and before the program's first line. So three things are seen to:

* While `init` runs, modules in the folder can be located, because settings name some, and cannot be loaded.
* What is loaded for us later, on other threads, is looked for where it was looked for at the start; see `late_imports.keep_to`.
* Where the folder has names of the standard library or of our packages in it, everything of ours is loaded at once, and modules of these names are
  forgotten again, so that the program finds its own as it would without us.
"""

import os
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from pkgutil import walk_packages
from types import ModuleType

import otel_agent
from otel_agent.late_imports import keep_to, late_modules, load

__all__ = ["isolated", "program_folder"]

_NEVER_FORGOTTEN = {
    *("asyncio", "concurrent", "importlib", "io", "logging", "os", "sys", "threading", "types", "typing", "warnings"),
    *("otel_agent", "opentelemetry", "google", "grpc"),
}
"""The interpreter itself comes back to the first, and two copies of the others in one process would be worse than one."""

_PACKAGES = (
    "cachetools",
    "certifi",
    "msgspec",
    "packaging",
    "promql_parser",
    "psutil",
    "typing_extensions",
    "urllib3",
    "yaml",
)
"""Packages that we load, some of them late."""

_OTHER_PROGRAMS = ("cli", "demo", "testing", "__main__", "catalog", "distro")
"""Parts of this package that are not needed beside a program."""

_NOT_AT_ONCE = {"grpc"}
"""Loads threads of its own; whoever sends by it loads it."""


def program_folder(arguments: Sequence[str], *, is_safe_path: bool) -> str | None:
    """
    The folder that Python will put first on its path.

    Args:
        arguments: As in `sys.orig_argv`; the interpreter first.
        is_safe_path: As in `sys.flags.safe_path`.

    Returns:
        A folder, or a zip file that is run as a program; None when Python puts none there.
    """
    if is_safe_path:
        return None
    script = _script(list(arguments[1:]))
    if script is None:
        return os.getcwd()  # noqa: PTH109 - as light as can be
    if os.path.isdir(script) or _is_zip(script):  # noqa: PTH112 - as above
        return os.path.abspath(script)  # noqa: PTH100 - as above
    return os.path.dirname(os.path.realpath(script))  # noqa: PTH120 - as above


def _script(words: list[str]) -> str | None:
    """The file that is run; None for a module, for code, and for standard input."""
    while words:
        word = words.pop(0)
        if word == "-" or not word.startswith("-"):
            return None if word == "-" else word
        if word == "--":
            return words[0] if words else None
        if word.startswith("--"):
            if word == "--check-hash-based-pycs":
                words = words[1:]
            continue
        for place, flag in enumerate(word[1:], start=2):
            if flag in "mc":
                return None
            if flag in "WX":
                words = words if word[place:] else words[1:]
                break
    return None


def _is_zip(path: str) -> bool:
    return os.path.isfile(path) and PathFinder.find_spec("__main__", [path]) is not None  # noqa: PTH113 - as above


class _Locating:
    """Finds modules of a folder that nobody else finds, for those who ask where they are; they cannot be loaded."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002 - importlib's signature
        found = None if path is not None else PathFinder.find_spec(name, [self._folder])
        if found is None:
            return None
        located = ModuleSpec(name, _Unloadable(), origin=found.origin)
        located.submodule_search_locations = found.submodule_search_locations
        return located


class _Unloadable(Loader):
    """Loader of a module that is only located."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        raise ModuleNotFoundError(f"No module named {spec.name!r}", name=spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Never called."""


@contextmanager
def isolated(before: Collection[str]) -> Iterator[None]:
    """
    Start in a block, and import nothing from the program's folder; see the module.

    Args:
        before: Names of modules that Python has loaded by itself.
    """
    folder = program_folder(sys.orig_argv, is_safe_path=sys.flags.safe_path)
    keep_to(list(sys.path))
    locating = None if folder is None else _Locating(folder)
    if locating is not None:
        sys.meta_path.append(locating)
    try:
        yield
    finally:
        if locating is not None and folder is not None:
            sys.meta_path.remove(locating)
            shadowed = {name for name in _shadowed(folder) if name not in before}
            if shadowed:
                _load_everything()
                _forget(shadowed)


def _shadowed(folder: str) -> set[str]:
    """Names of the standard library, and of packages that we may load, that the program would find in its folder."""
    loaded = {name.partition(".")[0] for name in sys.modules.copy()}  # our threads import meanwhile
    known = {*sys.stdlib_module_names, *_PACKAGES, *loaded} - _NEVER_FORGOTTEN
    try:
        there = {name.partition(".")[0] for name in os.listdir(folder)}  # noqa: PTH208 - names are all that is needed
    except OSError:  # a zip file, or nothing
        there = known
    return {name for name in there & known if PathFinder.find_spec(name, [folder]) is not None}


def _load_everything() -> None:
    """Load what would be loaded later, while nothing can be mistaken for it; what is not installed stays away."""
    for found in walk_packages(otel_agent.__path__, "otel_agent."):
        if found.name.split(".")[1] not in _OTHER_PROGRAMS:
            with suppress(ImportError):
                load(found.name)
    for names in late_modules():
        if names[0] not in _NOT_AT_ONCE:
            with suppress(ImportError):
                load(*names)


def _forget(names: Collection[str]) -> None:
    """Forget modules that were loaded for us, so that the program loads its own."""
    for name in list(sys.modules):
        if name.partition(".")[0] in names:
            sys.modules.pop(name, None)
