"""
Import hook: functions that are called when a module has been imported.

One finder stands first on `sys.meta_path` while anybody watches. For a module that is watched it asks the finders behind it,
and lends the loader they found an `exec_module` that calls the watchers once the module's body has run, and before it does,
with the body's code, those who want that (loaders that keep their code to themselves do without). Before the body runs
the module gets its true loader back, so that resources, `inspect` and `pkgutil` see nothing of this. Reloading a module calls
the watchers again. A watcher that fails is reported and never raises into the import.

Finder and loader are known by what they can do and derive from nothing: `importlib.abc` costs more than all of this module.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, NamespaceLoader
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, cast

from otel_agent import primitives
from otel_agent.guard import guarded

if TYPE_CHECKING:
    from importlib.abc import Loader  # see above

__all__ = ["Watch", "after_import", "refusing"]


class Watch:
    """
    A function that is called after imports; made by `after_import`, ends with `close`.

    Args:
        wants: Asked with the name of each module that is being imported; must be quick and must not import.
        imported: Called with each wanted module after its body has run, in the importing thread.
        begins: Called with the module and the code of its body before it runs; `None`: nobody is.
        wants_file: Asked with the name and the file of a module that `wants` wants, once the file is known; `None`: all are wanted.
    """

    def __init__(
        self,
        wants: Callable[[str], bool],
        imported: Callable[[ModuleType], None],
        begins: Callable[[ModuleType, CodeType], None] | None = None,
        wants_file: Callable[[str, str | None], bool] | None = None,
    ) -> None:
        self.wants = wants
        self.imported = imported
        self.begins = begins
        self.wants_file = wants_file

    def close(self) -> None:
        """Watch no longer; safe to call twice."""
        with _lock:
            if self in _FINDER.watches:
                _FINDER.watches = tuple(watch for watch in _FINDER.watches if watch is not self)
            if not _FINDER.watches and _FINDER in sys.meta_path:
                sys.meta_path.remove(_FINDER)


def after_import(
    wants: Callable[[str], bool],
    imported: Callable[[ModuleType], None],
    begins: Callable[[ModuleType, CodeType], None] | None = None,
    wants_file: Callable[[str, str | None], bool] | None = None,
) -> Watch:
    """
    Call a function after each import of the modules that are wanted; not for modules that were imported earlier.

    Args:
        wants: Asked with the name of each module that is being imported; must be quick and must not import.
        imported: Called with each wanted module after its body has run, in the importing thread.
        begins: Called with the module and the code of its body before it runs; see `Watch`.
        wants_file: Asked with the name and the file of a module; see `Watch`.

    Returns:
        The watch; close it to end it.
    """
    watch = Watch(wants, imported, begins, wants_file)
    with _lock:
        _FINDER.watches = (*_FINDER.watches, watch)
        if _FINDER not in sys.meta_path:
            sys.meta_path.insert(0, _FINDER)
    return watch


@contextmanager
def refusing(refuses: Callable[[str], bool]) -> Iterator[None]:
    """
    Let some modules be absent for what this thread imports meanwhile; only while somebody watches imports.

    Args:
        refuses: Asked with the name of each module that is not loaded and is looked for; must not import.
    """
    thread = primitives.get_ident()
    before = _FINDER.refusals.get(thread)
    _FINDER.refusals[thread] = refuses
    try:
        yield
    finally:
        if before is None:
            _FINDER.refusals.pop(thread, None)
        else:
            _FINDER.refusals[thread] = before


class _Finder:
    """Stands first on `sys.meta_path` and finds what the finders behind it find."""

    watches: tuple[Watch, ...] = ()
    """Replaced as a whole, so that an import in another thread reads it without a lock."""

    def __init__(self) -> None:
        self.refusals: dict[int, Callable[[str], bool]] = {}
        """By thread; each thread writes its own entry only."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if self.refusals:
            refuses = self.refusals.get(primitives.get_ident())
            if refuses is not None and refuses(fullname):
                raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        watches = [watch for watch in self.watches if _wants(watch, fullname)]
        if not watches:
            return None
        spec = self._behind(fullname, path, target)
        if spec is None or spec.loader is None or isinstance(spec.loader, NamespaceLoader):
            return spec
        watches = [watch for watch in watches if watch.wants_file is None or _wants_file(watch, fullname, spec.origin)]
        if watches and hasattr(spec.loader, "exec_module"):
            spec.loader = cast("Loader", _WatchedLoader(spec.loader, watches))
        return spec

    def _behind(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None) -> ModuleSpec | None:
        for finder in sys.meta_path:
            find_spec = getattr(finder, "find_spec", None)
            if finder is not self and find_spec is not None:
                spec: ModuleSpec | None = find_spec(fullname, path, target)
                if spec is not None:
                    return spec
        return None


class _WatchedLoader:
    """A loader that answers everything its true loader does, and calls watchers after `exec_module`."""

    def __init__(self, loader: Any, watches: Sequence[Watch]) -> None:
        self._loader = loader
        self._watches = watches

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec) if hasattr(self._loader, "create_module") else None
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._hand_out_code(module)
        self._loader.exec_module(module)
        for watch in self._watches:
            with guarded("instruments.imports", f"module {module.__name__!r} could not be instrumented"):
                watch.imported(module)

    def _hand_out_code(self, module: ModuleType) -> None:
        """Loaders of files ask themselves for the code they run: the answer is handed on, once."""
        begins = [watch.begins for watch in self._watches if watch.begins is not None]
        space = getattr(self._loader, "__dict__", None)
        if not begins or not isinstance(space, dict) or not hasattr(self._loader, "get_code") or "get_code" in space:
            return

        def get_code(name: str) -> Any:
            space.pop("get_code", None)
            code = self._loader.get_code(name)
            if isinstance(code, CodeType) and name == module.__name__:
                for each in begins:
                    with guarded("instruments.imports", f"functions of module {name!r} could not be found"):
                        each(module, code)
            return code

        space["get_code"] = get_code


# A frame of the import system: `warnings` passes over such frames when a library warns whoever imports it, and the import
# system takes them out of the tracebacks of imports that fail. Both go by the file's name, of `importlib._bootstrap_external`.
_WatchedLoader.exec_module.__code__ = _WatchedLoader.exec_module.__code__.replace(
    co_filename="<frozen importlib._bootstrap_external>"
)


def _wants(watch: Watch, fullname: str) -> bool:
    wanted = False
    with guarded("instruments.imports", f"module {fullname!r} could not be considered"):
        wanted = watch.wants(fullname)
    return bool(wanted)


def _wants_file(watch: Watch, fullname: str, file: str | None) -> bool:
    wanted = False
    with guarded("instruments.imports", f"module {fullname!r} could not be considered"):
        wanted = watch.wants_file is not None and watch.wants_file(fullname, file)
    return bool(wanted)


_lock = primitives.Lock()
"""Guards the list of watches and our place on `sys.meta_path`; never held while importing."""

_FINDER = _Finder()


def _reinit_after_fork() -> None:
    """Begin again in a forked child: what a thread that stayed behind holds, or refuses, is nobody's there."""
    global _lock
    _lock = primitives.Lock()
    thread = primitives.get_ident()
    _FINDER.refusals = {own: refuses for own, refuses in _FINDER.refusals.items() if own == thread}


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reinit_after_fork)
