"""
Which modules and functions are traced: the agent's own, or names, and never what a name with "!" takes away.

"trader" is that module and everything below it; a pattern as in `fnmatch` is what it matches ("trader.*": all below). "!trader.feed"
takes a module away, "!trader.book.Book.mid" a function. The script is known as "__main__" and by the name it would have when
imported. This package is never traced, whatever a pattern says, except for its demonstration.
"""

import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType
from typing import Any

from otel_agent.instruments.automatic.own_code import OwnCode

__all__ = ["MAIN", "Selection", "file_of", "missing_module"]

MAIN = "__main__"

_OURS, _DEMO = "otel_agent", "otel_agent.demo"
_WILDCARDS = frozenset("*?[")


class Selection:
    """
    Decides what is traced.

    Args:
        names: Patterns of names; those that begin with "!" are taken away. `None`, or nothing but such: the agent's own modules.
        own: The agent's own files.
    """

    def __init__(self, names: Sequence[str] | None, own: OwnCode) -> None:
        given = tuple(names or ())
        self.names = tuple(name for name in given if not name.startswith("!"))
        self._taken_away = tuple(name[1:] for name in given if name.startswith("!"))
        self._own = own

    @property
    def is_own(self) -> bool:
        """Whether the agent's own modules are meant, rather than names."""
        return not self.names

    def has_module(self, name: str, file: str | None) -> bool:
        """
        Whether functions of a module are traced; of the agent's own, also code that was typed in has no file.

        Args:
            name: Full name of the module.
            file: Its file, `None` where it has none.
        """
        if _is_below(name, _OURS) and not _is_below(name, _DEMO):
            return False
        known_as = [name, *_script_names(file)] if name == MAIN else [name]
        if any(_means(pattern, each) for pattern in self._taken_away for each in known_as):
            return False
        if self.is_own:
            return self._own.holds(file) if file is not None else name == MAIN
        return any(_means(pattern, each) for pattern in self.names for each in known_as)

    def has_function(self, module: str, qualified_name: str) -> bool:
        """
        Whether a function of a module that is traced is traced itself.

        Args:
            module: Full name of the module.
            qualified_name: As in `__qualname__`.
        """
        return not any(_means(pattern, f"{module}.{qualified_name}") for pattern in self._taken_away)

    def missing(self) -> tuple[str, ...]:
        """A line for each pattern that nothing can match."""
        return tuple(line for pattern in self.names if (line := missing_module(pattern)))


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
    main = sys.modules.get(MAIN)
    is_script = name == MAIN or (main is not None and name in _script_names(file_of(main), main))
    if not name or name in sys.modules or is_script or _can_be_found(literal):
        return None
    return (
        f"trace_modules: there is no module {name!r} (from {pattern!r}); nothing of it will be traced. "
        "Give its full name as in `import`."
    )


def file_of(module: Any) -> str | None:
    """
    The file of a module, read without running anything of it.

    Args:
        module: What stands in `sys.modules`: usually a module.
    """
    namespace = object.__getattribute__(module, "__dict__") if issubclass(type(module), ModuleType) else {}
    found = namespace.get("__file__")
    return found if isinstance(found, str) else None


def _means(pattern: str, name: str) -> bool:
    return _is_below(name, pattern) or fnmatchcase(name, pattern)


def _is_below(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _script_names(file: str | None, script: Any = None) -> Iterable[str]:
    """The names that the script has beside "__main__"; none when nobody could import it."""
    spec = getattr(script or sys.modules.get(MAIN), "__spec__", None)
    if spec is not None:
        return [str(spec.name)]
    return [Path(file).stem] if file else []


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
