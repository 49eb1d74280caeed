"""
Which modules are traced: patterns of module names, as in `fnmatch`.

"trader" is that module alone, "trader.*" every module below it. The script is known as "__main__" and also by the name it would
have when imported. This package is never traced, whatever a pattern says, except for its demonstration.
"""

import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["is_selected", "missing_module"]

_OURS, _DEMO = "otel_agent", "otel_agent.demo"
_MAIN = "__main__"
_WILDCARDS = frozenset("*?[")


def is_selected(name: str, patterns: Sequence[str], module: ModuleType | None = None) -> bool:
    """
    Whether a module is to be traced.

    Args:
        name: Name of the module, as in `sys.modules`.
        patterns: Patterns of module names.
        module: The module, once it is there; without it the script is known as "__main__" only.
    """
    return _matches(name, patterns) or (
        module is not None and name == _MAIN and _matches(_importable_name(module), patterns)
    )


def missing_module(pattern: str) -> str | None:
    """
    Look whether a pattern can match anything, without importing anything.

    Args:
        pattern: Pattern of module names.

    Returns:
        A line that says that there is no such module, or `None`.
    """
    literal: list[str] = []
    for part in pattern.split("."):
        if _WILDCARDS & set(part):
            break
        literal.append(part)
    name = ".".join(literal)
    main = sys.modules.get(_MAIN)
    is_script = main is not None and name in (_MAIN, _importable_name(main))
    if not name or name in sys.modules or is_script or _can_be_found(literal):
        return None
    return (
        f"trace_modules: there is no module {name!r} (from {pattern!r}); nothing of it will be traced. "
        "Give its full name as in `import`."
    )


def _matches(name: str, patterns: Sequence[str]) -> bool:
    if _is_below(name, _OURS) and not _is_below(name, _DEMO):
        return False
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _is_below(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _importable_name(script: ModuleType) -> str:
    """The name the script would have when imported; "__main__" when nobody could import it."""
    spec = getattr(script, "__spec__", None)
    if spec is not None:
        return str(spec.name)
    path = getattr(script, "__file__", None)
    return Path(path).stem if path else _MAIN


def _can_be_found(parts: Sequence[str]) -> bool:
    places: Any = None
    for count in range(1, len(parts) + 1):
        name = ".".join(parts[:count])
        try:
            spec = (
                importlib.util.find_spec(name) if count == 1 else importlib.machinery.PathFinder.find_spec(name, places)
            )
        except (ImportError, ValueError, AttributeError):
            return False
        if spec is None:
            return False
        places = spec.submodule_search_locations
        if places is None and count < len(parts):
            return False
    return True
