"""The name of a service that nobody named: from its project, else from its script."""

import os
import sys
from typing import TYPE_CHECKING

from otel_agent.late_imports import late_module

if TYPE_CHECKING:
    import tomllib
else:
    tomllib = late_module("tomllib")  # only a project has a pyproject.toml

__all__ = ["guessed_name"]

_LARGEST_PROJECT_BYTES = 1_048_576


def guessed_name(directory: str, script: str | None = None) -> tuple[str, str] | None:
    """
    Find a name.

    Args:
        directory: The working directory, where `pyproject.toml` may be.
        script: What was started; default: of this process.

    Returns:
        The name, and where it comes from; None when there is neither.
    """
    name = _project_name(os.path.join(directory, "pyproject.toml"))  # noqa: PTH118 - pathlib is not loaded for this
    if name:
        return name, "pyproject.toml [project].name"
    name = _script_name(sys.argv[0] if script is None and sys.argv else script or "")
    return (name, "name of the script") if name else None


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
