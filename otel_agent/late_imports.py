"""
Late imports: modules that are loaded when they are first used, and never in the middle of a fork.

This is the one way in which anything is loaded late. A module that needs another one late names it at its top:

    if TYPE_CHECKING:
        from otel_agent.alerts import engine
    else:
        engine = late_module("otel_agent.alerts.engine")

and uses it as `engine.AlertEngine(…)`; the first use loads it. A package whose names are loaded when they are used has
`__getattr__ = late_names(__name__, {…})`. Code that prepares what others will need calls `load`. The table "Loaded when" of
`docs/explanation/architecture.md` lists what is loaded late, and `tests/architecture` holds the table.

A child that is forked while another thread loads a module inherits half of it, and a lock that nobody gives back. So a fork waits
until nothing is being loaded here, and what comes meanwhile waits for the fork. No lock is held while a module is loaded: loading
takes importlib's own locks, in an order that only the modules decide.

A program may stand in a folder that is anybody's, and Python looks there first. Under `otel-agent run`, what is loaded here is looked
for where everything was looked for before the program began; see `keep_to`.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

from otel_agent import primitives
from otel_agent.clock import monotonic_s

__all__ = [
    "go_on_after_fork",
    "hold_for_fork",
    "is_loading_elsewhere",
    "keep_to",
    "late_module",
    "late_modules",
    "late_names",
    "load",
    "reinit_after_fork",
]

_FORK_S = 3.0
"""How long a load waits for a fork, in seconds; a fork takes some milliseconds."""

_LOOK_S = 0.001

_loaded: dict[str, Any] = {}
_in_progress: dict[int, int] = {}
"""By thread: how many loads, one inside the other. Each thread writes its own entry only."""
_forking_thread: int | None = None
_named: dict[tuple[str, ...], None] = {}
"""Everything that `late_module` was asked for."""


class _LateModule:
    """Stands for a module; the first attribute that is asked for loads it."""

    __slots__ = ("_more", "_name")

    def __init__(self, name: str, more: tuple[str, ...]) -> None:
        self._name = name
        self._more = more

    def __getattr__(self, name: str) -> Any:
        return getattr(load(self._name, *self._more), name)

    def __repr__(self) -> str:
        return f"<late module {self._name!r}>"


def late_modules() -> list[tuple[str, ...]]:
    """Names of everything that modules which are loaded now may load late, each with what is loaded before it."""
    return list(_named)


def late_module(name: str, *more: str) -> Any:
    """
    A module that is loaded when it is first used.

    Args:
        name: Full name of the module.
        more: Names of modules that it imports itself when it is used, loaded before it.

    Returns:
        An object with the module's attributes. Asking for one raises `ImportError` when the module is not installed.
    """
    _named[name, *more] = None
    return _LateModule(name, more)


def late_names(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """
    The `__getattr__` of a package whose names are loaded when they are used (PEP 562).

    Args:
        package: Full name of the package; a name that was asked for once is kept in its namespace.
        modules: Full name of the module that defines each name; or that is the name's value, when its own name is this one and it defines
            no such name.

    Returns:
        A function of one name; it raises `AttributeError` for a name that is not in `modules`.
    """

    def module_getattr(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = load(modules[name])
        value = getattr(module, name, module) if modules[name].endswith(f".{name}") else getattr(module, name)
        setattr(load(package), name, value)
        return value

    return module_getattr


def load(name: str, *more: str) -> Any:
    """
    A module, loaded now unless it has been loaded before.

    Args:
        name: Full name of the module.
        more: Names of modules to load before it.

    Returns:
        The module.

    Raises:
        ImportError: One of them is not installed.
    """
    found = _loaded.get(name)
    if found is None:
        thread = primitives.get_ident()
        _begin(thread)
        try:
            for other in more:
                import_module(other)
            found = _loaded[name] = import_module(name)
        finally:
            _end(thread)
    return found


class _OwnPath:
    """
    A finder for what is loaded here: it looks in given places, and for nobody else.

    Args:
        places: As in `sys.path`.
    """

    def __init__(self, places: Sequence[str]) -> None:
        self._places = list(places)

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """Where a module is, asked by importlib before its own finder of paths."""
        if path is not None or primitives.get_ident() not in _in_progress:
            return None
        found = PathFinder.find_spec(name, self._places)
        others = iter(sys.meta_path[sys.meta_path.index(self) + 1 :])
        while found is None and (finder := next(others, None)) is not None:
            found = None if finder is PathFinder else finder.find_spec(name, None, target)
        if found is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return found


_own_path: _OwnPath | None = None


def keep_to(places: Sequence[str]) -> None:
    """
    Look for everything that is loaded here in given places from now on, whatever the program puts on its path.

    Args:
        places: As in `sys.path`.
    """
    global _own_path
    if _own_path is None:
        _own_path = _OwnPath(places)
        position = sys.meta_path.index(PathFinder) if PathFinder in sys.meta_path else len(sys.meta_path)
        sys.meta_path.insert(position, _own_path)


def is_loading_elsewhere() -> bool:
    """Whether another thread is loading something here just now."""
    return any(thread != primitives.get_ident() for thread in list(_in_progress))


def hold_for_fork() -> None:
    """Let no other thread begin to load, until the fork is over; whoever forks waits for `is_loading_elsewhere`."""
    global _forking_thread
    _forking_thread = primitives.get_ident()


def go_on_after_fork() -> None:
    """Let threads load again, in the parent."""
    global _forking_thread
    _forking_thread = None


def reinit_after_fork() -> None:
    """Forget the parent's threads in a forked child."""
    global _forking_thread
    thread = primitives.get_ident()
    depth = _in_progress.get(thread)
    _in_progress.clear()
    if depth is not None:
        _in_progress[thread] = depth
    _forking_thread = None


def _begin(thread: int) -> None:
    """Say that a thread loads, unless a fork is near; saying it before looking leaves no gap between the two."""
    end_s = monotonic_s() + _FORK_S
    while True:
        _in_progress[thread] = _in_progress.get(thread, 0) + 1
        if _in_progress[thread] > 1 or _forking_thread in {None, thread} or monotonic_s() >= end_s:
            return
        _end(thread)
        primitives.sleep(_LOOK_S)


def _end(thread: int) -> None:
    depth = _in_progress.get(thread, 1) - 1
    if depth:
        _in_progress[thread] = depth
    else:
        _in_progress.pop(thread, None)
