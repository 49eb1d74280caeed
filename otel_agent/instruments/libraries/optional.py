"""
Libraries that an instrumentation looks for although it can do without them.

Click's instrumentation imports Flask where it is installed, that of httpx imports httpx2: to know more of them, should the agent use
them. An agent that does not would pay for them all the same. So while an instrumentation is loaded, libraries that are not imported
are absent for its own lines, and for nobody else's. One that cannot do without them is loaded again with them.
"""

import sys
from collections.abc import Callable, Collection
from types import FrameType
from typing import Any

from otel_agent.instruments.imports import refusing

__all__ = ["SparedLibraries", "forget"]

_IMPORT_SYSTEM = ("<frozen importlib", "/importlib/__init__.py", "/instruments/imports.py")


class SparedLibraries:
    """
    Libraries that are not imported for an instrumentation.

    Args:
        module: Module of the instrumentation.
        libraries: Names by which other libraries are imported; those that are imported already do not count.
    """

    def __init__(self, module: str, libraries: Collection[str]) -> None:
        self._module = module
        self._libraries = {
            name for name in libraries if name not in sys.modules and name not in sys.stdlib_module_names
        }
        self.refused: set[str] = set()
        """Those that the instrumentation looked for."""

    def load(self, load: Callable[[], Any]) -> Any:
        """
        Load the instrumentation without them, or with them when it cannot do without.

        Args:
            load: Imports it.

        Returns:
            What `load` returns.

        Raises:
            ImportError: It cannot be imported with them either.
        """
        if not self._libraries or self._module in sys.modules:
            return load()
        try:
            with refusing(self._refuses):
                return load()
        except ImportError:
            if not self.refused:
                raise
        self.refused.clear()
        forget(self._module)
        return load()

    def _refuses(self, name: str) -> bool:
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            library = ".".join(parts[:length])
            if library in self._libraries and library not in sys.modules and self._is_asked_by(sys._getframe(1)):  # noqa: SLF001 - the one way
                self.refused.add(library)
                return True
        return False

    def _is_asked_by(self, frame: FrameType | None) -> bool:
        """Whether the line that imports is the instrumentation's own, and not one of a library that it needs."""
        while frame is not None and any(part in frame.f_code.co_filename for part in _IMPORT_SYSTEM):
            frame = frame.f_back
        asking = str(frame.f_globals.get("__name__", "")) if frame is not None else ""
        return asking == self._module or asking.startswith(f"{self._module}.")


def forget(module: str) -> None:
    """
    Let an instrumentation be imported anew.

    Args:
        module: Full name of its module; those below it are forgotten too.
    """
    for name in [name for name in sys.modules.copy() if name == module or name.startswith(f"{module}.")]:
        sys.modules.pop(name, None)
