"""
Which files are the agent's own.

They lie below the folder of the started script, below the package of `python -m package`, or, when a server or a tool was started
(gunicorn, uvicorn, celery, pytest, a notebook), below the working directory. Never the agent's own is what is installed, what
belongs to Python, what lies in a virtual environment, and what lies in a folder whose name begins with a dot.
"""

import os
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

__all__ = ["OwnCode", "own_folder", "started_program"]

_INSTALLED = frozenset({"site-packages", "dist-packages"})
_STANDARD_LIBRARY = str(Path(os.__file__).resolve().parent)
_WITH_A_VALUE = frozenset({"-W", "-X", "--check-hash-based-pycs"})


def started_program(arguments: Sequence[str]) -> tuple[str, str]:
    """
    What a command line starts Python with.

    Args:
        arguments: As in `sys.orig_argv`; the interpreter first.

    Returns:
        "script" and its path, "module" and its name, or "code" and nothing.
    """
    rest = list(arguments[1:])
    while rest:
        word = rest.pop(0)
        if word in _WITH_A_VALUE:
            rest = rest[1:]
        elif word == "-" or not word.startswith("-"):
            return ("script", word) if word != "-" else ("code", "")
        elif not word.startswith("--"):
            flags = word[1:]
            for place, flag in enumerate(flags):
                if flag in "mc":
                    value = flags[place + 1 :] or (rest[0] if rest else "")
                    return ("module", value) if flag == "m" else ("code", "")
                if flag in "WX":
                    rest = rest if flags[place + 1 :] else rest[1:]
                    break
    return "code", ""


def own_folder(arguments: Sequence[str], directory: str, search: Sequence[str] = ()) -> str:
    """
    The folder below which the agent's own files lie.

    Args:
        arguments: As in `sys.orig_argv`.
        directory: Working directory of the start.
        search: Folders in which modules are looked for, as in `sys.path`.

    Returns:
        An absolute path.
    """
    kind, name = started_program(arguments)
    found: Path | None = None
    if kind == "script":
        path = Path(directory, name)
        found = path if path.is_dir() else path.parent
    elif kind == "module":
        found = _package_folder(name.partition(".")[0], [directory, *search])
    if found is None or _is_foreign(str(found.resolve())):
        return directory
    return str(found.absolute())


class OwnCode:
    """
    Tells the agent's own files from all others.

    Args:
        folder: From `own_folder`.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._roots = {*_both(folder)}
        self.holds = lru_cache(maxsize=4096)(self._holds)

    def _holds(self, path: str) -> bool:
        """Whether a file is the agent's own; `path` as in `__file__` or `co_filename`."""
        if not path or path.startswith("<"):
            return False
        for each in _both(path):
            for root in self._roots:
                if each.startswith(root + os.sep) and self._is_below(root, each):
                    return True
        return False

    @staticmethod
    def _is_below(root: str, path: str) -> bool:
        if path.startswith(_STANDARD_LIBRARY + os.sep):
            return False
        folders = Path(path).relative_to(root).parts[:-1]
        if any(each.startswith(".") or each in _INSTALLED for each in folders):
            return False
        return not any(_is_environment(str(Path(root, *folders[: count + 1]))) for count in range(len(folders)))


def _both(path: str) -> tuple[str, str]:
    """A path as it is given, and with every link followed."""
    absolute = str(Path(path).absolute())
    return absolute, os.path.realpath(absolute)


@lru_cache(maxsize=1024)
def _is_environment(folder: str) -> bool:
    return Path(folder, "pyvenv.cfg").exists()


def _is_foreign(folder: str) -> bool:
    """Whether a program that lies here is somebody's tool: installed, part of Python, or a command of an environment."""
    parts = Path(folder).parts
    if any(part in _INSTALLED for part in parts) or (folder + os.sep).startswith(_STANDARD_LIBRARY + os.sep):
        return True
    commands = {
        str(Path(prefix).resolve() / name) for prefix in (sys.prefix, sys.base_prefix) for name in ("bin", "Scripts")
    }
    return folder in commands or (Path(folder).name in {"bin", "Scripts"} and _is_environment(str(Path(folder).parent)))


def _package_folder(name: str, search: Sequence[str]) -> Path | None:
    """The folder of a package, or of a module that is one file; without importing anything."""
    for each in search:
        folder = Path(each or ".")
        if (folder / name).is_dir():
            return folder / name
        if (folder / f"{name}.py").is_file():
            return folder
    return None
