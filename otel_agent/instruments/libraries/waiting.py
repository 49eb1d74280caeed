"""
Instrumentations that wait for the import of their library.

One watch of imports serves them all. Most modules are none of ours and cost a look into a dictionary. Below a library that is
waited for, every module that has been imported is looked at: when the library has the modules that the instrumentation uses, and
nothing of it is still being imported by anybody, the instrumentation is activated, in the thread that imports.

Each is taken out of the list by the one thread that activates it, and no lock is held meanwhile: activating imports, and imports
have locks of their own.
"""

import sys
from collections.abc import Callable, Collection, Iterator
from types import ModuleType

from otel_agent.instruments.imports import Watch, after_import
from otel_agent.instruments.libraries import sources

__all__ = ["Wait", "Waits", "is_being_imported"]


class Wait:
    """
    One instrumentation that waits.

    Args:
        name: Name of the instrumentation.
        module: Module of the instrumentation; empty for one of this package. While somebody imports it, it cannot be activated.
        libraries: Libraries it needs, each by names of which any is enough.
        activate: Activates it, in the importing thread; returns False when it must be tried again. Must not raise.
    """

    def __init__(
        self, name: str, module: str, libraries: tuple[tuple[str, ...], ...], activate: Callable[[], bool]
    ) -> None:
        self.name = name
        self.module = module
        self.libraries = libraries
        self.activate = activate
        self._told: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._used: dict[str, set[str]] = {}
        self._mentioned: set[str] | None = None

    @property
    def names(self) -> Iterator[str]:
        """Every name by which one of its libraries is imported."""
        return (name for names in self.libraries for name in names)

    def is_imported(self) -> bool:
        """Whether the modules it uses are there, complete or not."""
        return all(any(self._has_begun(name) for name in self._telling(names)) for names in self.libraries)

    def is_quiet(self, complete: Collection[str]) -> bool:
        """
        Whether nothing of its libraries is being imported just now, nor the instrumentation itself.

        Args:
            complete: Modules whose body has run, though the import system still works on them.
        """
        if self.module in sys.modules and self.module not in complete and is_being_imported(self.module):
            return False
        if any(name not in complete and is_being_imported(name) for name in self.names):
            return False
        if self.is_hindered(complete):
            return False
        below = tuple(f"{name}." for name in self.names)
        return not any(
            name.startswith(below) and name not in complete and is_being_imported(name) for name in sys.modules.copy()
        )

    def is_hindered(self, complete: Collection[str]) -> bool:
        """
        Whether another library that the instrumentation looks for is being imported; half of it would be taken for none.

        Args:
            complete: Modules whose body has run, though the import system still works on them.
        """
        if self._mentioned is None:
            self._mentioned = sources.mentioned_modules(self.module) if self.module else set()
        others = self._mentioned.difference(self.names)
        return any(name not in complete and is_being_imported(name) for name in others)

    def _telling(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Of a distribution with several packages, those that the instrumentation uses; all when it does not tell."""
        if len(names) == 1 or not self.module or not any(name in sys.modules for name in names):
            return names
        if names not in self._told:
            self._told[names] = tuple(name for name in names if sources.used_modules(self.module, name)) or names
        return self._told[names]

    def _has_begun(self, library: str) -> bool:
        if library not in sys.modules:
            return False
        if library not in self._used:
            used = sources.used_modules(self.module, library) if self.module else set()
            self._used[library] = used or {library}
        return any(name in sys.modules for name in self._used[library])


class Waits:
    """Every instrumentation that waits; `close` ends the waiting."""

    def __init__(self) -> None:
        self._waiting: dict[str, Wait] = {}
        self._by_root: dict[str, list[Wait]] = {}
        """By the first word of a library's name."""
        self._by_module: dict[str, list[Wait]] = {}
        """By the full name of the instrumentation's module."""
        self._complete: dict[str, None] = {}
        """Modules whose body has run while their import has not ended."""
        self._late: dict[str, Wait] = {}
        """Those that have to be tried again, at whatever import comes next."""
        self._watch: Watch | None = None

    def add(self, wait: Wait) -> None:
        """
        Let one wait.

        Args:
            wait: It; not activated for a library that is there already, unless `activate_present` follows. It comes before those
                that were added earlier.
        """
        self._waiting[wait.name] = wait
        for root in dict.fromkeys(name.partition(".")[0] for name in wait.names):
            self._by_root[root] = [wait, *self._by_root.get(root, ())]
        if wait.module:
            self._by_module[wait.module] = [wait, *self._by_module.get(wait.module, ())]

    @property
    def libraries(self) -> set[str]:
        """Names of the libraries that somebody waits for."""
        return {name for wait in list(self._waiting.values()) for name in wait.names}

    def start(self) -> None:
        """Watch imports from now on."""
        if self._waiting:
            self._watch = after_import(self._wants, self._imported)

    def activate_present(self) -> None:
        """Activate those whose library was imported earlier."""
        for wait in list(self._waiting.values()):
            self._activate_if_due(wait, ())

    def is_in_the_middle(self, name: str) -> bool:
        """
        Whether the library of one that waits has begun to be imported.

        Args:
            name: Name of the instrumentation.
        """
        wait = self._waiting.get(name)
        return wait is not None and wait.is_imported()

    def close(self) -> None:
        """Wait no longer; safe to call twice."""
        self._waiting.clear()
        self._by_root.clear()
        self._by_module.clear()
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.close()

    def _wants(self, fullname: str) -> bool:
        return fullname.partition(".")[0] in self._by_root or fullname in self._by_module or bool(self._late)

    def _imported(self, module: ModuleType) -> None:
        name = module.__name__
        self._complete[name] = None
        late = list(self._late.values())
        for wait in (*self._by_root.get(name.partition(".")[0], ()), *self._by_module.get(name, ()), *late):
            self._activate_if_due(wait, self._complete)
        for each in list(self._complete):
            if not is_being_imported(each):
                self._complete.pop(each, None)

    def _activate_if_due(self, wait: Wait, complete: Collection[str]) -> None:
        if wait.name not in self._waiting or not wait.is_imported():
            return
        if not wait.is_quiet(complete):
            if wait.is_hindered(complete):
                self._late[wait.name] = wait
            return
        if self._waiting.pop(wait.name, None) is None:
            return
        if wait.activate():
            self._late.pop(wait.name, None)
            self._leave(wait)
            if not self._waiting:
                self.close()  # nobody waits any more
        else:
            self._waiting[wait.name] = self._late[wait.name] = wait

    def _leave(self, wait: Wait) -> None:
        """Watch no module for one that waits no longer; the lists are replaced as a whole, for imports in other threads."""
        for lists in (self._by_root, self._by_module):
            for key, waits in list(lists.items()):
                if wait in waits:
                    lists[key] = [each for each in waits if each is not wait]
        for lists in (self._by_root, self._by_module):
            for key in [key for key, waits in list(lists.items()) if not waits]:
                lists.pop(key, None)


def is_being_imported(name: str) -> bool:
    """
    Whether somebody imports a module just now.

    Args:
        name: Full name of a module.

    Returns:
        False also for one that is not there; nothing of the module runs to find out.
    """
    module = sys.modules.get(name)
    try:
        spec = object.__getattribute__(module, "__dict__").get("__spec__")
        return bool(getattr(spec, "_initializing", False))
    except Exception:  # noqa: BLE001 - a library may put any object in the place of a module
        return False
