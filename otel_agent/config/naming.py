"""The name of a service that nobody named: of its project, of the application in a server, of its notebook, or of its script."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    import tomllib
else:
    tomllib = late_module("tomllib")  # only a project has a pyproject.toml

__all__ = ["guessed_name"]

_LARGEST_PROJECT_BYTES = 1_048_576

_SERVERS = frozenset({"gunicorn", "uvicorn", "hypercorn", "daphne", "granian", "waitress-serve"})
"""Servers that are told an application as `module:attribute`."""

_APPLICATION_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "celery": ("-A", "--app"),
    "flask": ("-A", "--app"),
    "rq": (),
    "streamlit": (),
}
"""Programs that run somebody's application, and the options that name it."""

_KERNELS = frozenset({"ipykernel_launcher", "colab_kernel_launcher", "ipython", "ipython3"})

_COMMON = frozenset({"src", "app", "apps", "main", "wsgi", "asgi", "api", "server", "application", "project", "manage"})
"""Names of modules that say nothing about whose they are; the folder's name says more."""


def guessed_name(
    directory: str, script: str | Sequence[str] | None = None, environ: Mapping[str, str] | None = None
) -> tuple[str, str] | None:
    """
    Find a name.

    Args:
        directory: The working directory, where `pyproject.toml` may be.
        script: What was started, alone or with its arguments; default: of this process.
        environ: The environment; default: of this process.

    Returns:
        The name, and where it comes from; None when there is neither.
    """
    name = _project_name(os.path.join(directory, "pyproject.toml"))  # noqa: PTH118 - pathlib is not loaded for this
    if name:
        return name, "pyproject.toml [project].name"
    words = list(sys.argv) if script is None else [script] if isinstance(script, str) else list(script)
    started, arguments = (words[0], words[1:]) if words else ("", [])
    name = _script_name(started)
    if name is None:
        return None
    folder = os.path.basename(directory)  # noqa: PTH119 - as above
    if name in _KERNELS:
        notebook = _notebook_name((os.environ if environ is None else environ).get("JPY_SESSION_NAME", ""))
        found = (notebook, "name of the notebook") if notebook else (folder, "name of the folder")
    elif name in _SERVERS or name in _APPLICATION_OPTIONS:
        application = _application(name, arguments)
        found = (
            (application, f"application of {name}")
            if application and application not in _COMMON
            else (folder, "name of the folder")
        )
    elif name == "manage":
        found = (os.path.basename(os.path.dirname(os.path.abspath(started))), "folder of manage.py")  # noqa: PTH100, PTH119, PTH120 - as above
    else:
        return name, "name of the script"
    return found if found[0] else (name, "name of the script")


def _project_name(path: str) -> str | None:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib is not loaded for this
            content = file.read(_LARGEST_PROJECT_BYTES)
    except OSError:
        return None
    if b"name" not in content:
        return None
    try:
        project = tomllib.loads(content.decode()).get("project")
    except (ValueError, RecursionError):
        # Somebody else's file: its mistakes are said by the tools that own it.
        return None
    name = project.get("name") if isinstance(project, dict) else None
    return name if isinstance(name, str) and name.strip() else None


def _script_name(script: str) -> str | None:
    if script in ("", "-c", "-m", "-"):
        return None
    folder, name = os.path.split(script)
    stem = name.rsplit(".", 1)[0] if "." in name[1:] else name
    # `python -m trader` starts trader/__main__.py.
    return os.path.basename(folder) or None if stem == "__main__" else stem or None  # noqa: PTH119 - see above


def _notebook_name(session: str) -> str | None:
    """The stem of the file that Jupyter says a kernel was started for; a console has a session without a file."""
    stem, ending = os.path.splitext(os.path.basename(session))  # noqa: PTH119, PTH122 - as above
    return stem if ending == ".ipynb" else None


def _application(program: str, arguments: Sequence[str]) -> str | None:
    """The first part of the application's module that says whose it is: "trader" of `trader.wsgi:application`."""
    named = _option(arguments, _APPLICATION_OPTIONS[program]) if program in _APPLICATION_OPTIONS else None
    if program in _SERVERS:
        references = [word for word in arguments if _is_reference(word)]
        named = references[0] if references else arguments[-1] if arguments and _is_module(arguments[-1]) else None
    elif program == "streamlit":
        named = next((word.removesuffix(".py") for word in arguments if word.endswith(".py")), None)
    if named is None:
        return None
    module = os.path.basename(named.partition(":")[0].removesuffix(".py"))  # noqa: PTH119 - as above
    parts = module.split(".")
    return next((part for part in parts if part not in _COMMON), parts[0]) or None


def _option(arguments: Sequence[str], names: Sequence[str]) -> str | None:
    for place, word in enumerate(arguments):
        option, is_joined, value = word.partition("=")
        if option in names:
            return value if is_joined else next(iter(arguments[place + 1 :]), None)
    return None


def _is_reference(word: str) -> bool:
    module, colon, attribute = word.partition(":")
    return bool(colon) and _is_module(module) and attribute.partition("(")[0].replace(".", "_").isidentifier()


def _is_module(word: str) -> bool:
    return all(part.isidentifier() for part in word.split("."))
