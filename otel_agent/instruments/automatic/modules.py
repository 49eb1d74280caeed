"""
Spans for the functions of chosen modules, without a decorator.

A module is looked through when it has been imported, or at once when it is there already. Its functions, and the methods of its
classes, are traced in place (see `trampolines`) with spans that come into being only for calls that turn out to matter (see
`pending`). Left alone are functions inside functions, lambdas, properties, methods with two underscores on both sides, what was
defined in another module, and what is watched by `traced` or `timed` already.
"""

import importlib.machinery
import importlib.util
import inspect
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Tracer
from opentelemetry.util.types import AttributeValue

from otel_agent.guard import guarded
from otel_agent.instruments.automatic.code_exchange import is_traced, restore, trace_in_place
from otel_agent.instruments.automatic.pending_spans import SCOPE, CallSite, Observe
from otel_agent.instruments.functions.marks import is_watched
from otel_agent.instruments.imports import after_import

__all__ = ["AutomaticTracing", "install"]

_OURS, _DEMO = "otel_agent", "otel_agent.demo"
_WILD = frozenset("*?[")
MAIN = "__main__"


class AutomaticTracing:
    """Automatic spans of one installation; ends with `close`."""

    def __init__(self, patterns: Sequence[str], make_site: Callable[[FunctionType], CallSite]) -> None:
        """
        See `install`.

        Args:
            patterns: Which modules.
            make_site: Describes a function.
        """
        self._patterns = tuple(patterns)
        self._make_site = make_site
        self._lock = threading.Lock()
        self._functions: list[FunctionType] = []
        self._sizes: dict[str, int] = {}
        self.problems = tuple(problem for pattern in self._patterns if (problem := _missing(pattern)))
        """A line for each pattern that no module can match."""
        self._watch = after_import(self._wants, self._take)
        self.rescan()

    @property
    def functions(self) -> tuple[str, ...]:
        """Full names of the functions that are traced."""
        with self._lock:
            return tuple(f"{each.__module__}.{each.__qualname__}" for each in self._functions)

    def rescan(self) -> None:
        """
        Look again through the modules that are there, for functions that were defined since.

        The script itself needs this: when it calls `init`, the functions below that line do not exist yet. Cheap when nothing
        was added.
        """
        for name, module in list(sys.modules.items()):
            if self._wants(name) or (name == MAIN and self._wants(_known_as(name, module))):
                size = len(vars(module))
                if self._sizes.get(name) != size:
                    self._sizes[name] = size
                    with guarded("instruments.automatic", f"functions of module {name!r} could not be traced"):
                        self._take(module)

    def close(self) -> None:
        """Give every function its own code back; safe to call twice."""
        self._watch.close()
        with self._lock:
            functions, self._functions = self._functions, []
        for function in functions:
            restore(function)

    def _wants(self, name: str) -> bool:
        if _is_below(name, _OURS) and not _is_below(name, _DEMO):
            return False
        return any(fnmatchcase(name, pattern) for pattern in self._patterns)

    def _take(self, module: ModuleType) -> None:
        for function in _functions_of(module):
            with guarded("instruments.automatic", f"function {function.__qualname__!r} could not be traced"):
                if trace_in_place(function, self._make_site(function)):
                    with self._lock:
                        self._functions.append(function)


def install(
    modules: Sequence[str],
    min_duration_s: float = 0.001,
    observe: Callable[[str], Observe] | None = None,
    tracer: Tracer | None = None,
) -> AutomaticTracing:
    """
    Trace the functions of modules.

    Args:
        modules: Names, or patterns as in `fnmatch`: "trader" is that module alone, "trader.*" all below it, "__main__" the
            script. The script is also known by the name of its file, or of the module it was started as.
        min_duration_s: Calls that take less leave no span unless something refers to them; 0 keeps all.
        observe: Given a function's full name, answers who is told the duration of its calls.
        tracer: Makes the spans; the global provider's by default.

    Returns:
        A handle; its `problems` name the patterns for which there is no module.
    """
    used = tracer or trace.get_tracer(SCOPE)

    def make_site(function: FunctionType) -> CallSite:
        full = f"{function.__module__}.{function.__qualname__}"
        code = function.__code__
        attributes: dict[str, AttributeValue] = {
            "code.function.name": full,
            "code.file.path": code.co_filename,
            "code.line.number": code.co_firstlineno,
        }
        told = None if observe is None else observe(full)
        return CallSite(function.__qualname__, attributes, round(min_duration_s * 1e9), used, told)

    return AutomaticTracing(modules, make_site)


def _is_below(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _known_as(name: str, module: ModuleType) -> str:
    """The name of a module; of the script, the one it would have when imported, unless nobody could import it."""
    if name != MAIN:
        return name
    spec = getattr(module, "__spec__", None)
    if spec is not None:
        return str(spec.name)
    path = getattr(module, "__file__", None)
    return Path(path).stem if path else name


def _functions_of(module: ModuleType) -> Iterator[FunctionType]:
    yield from _functions_in(vars(module), vars(module), module.__name__, set())


def _functions_in(members: Any, space: dict[str, Any], module: str, seen: set[int]) -> Iterator[FunctionType]:
    for name, member in list(members.items()):
        if name.startswith("__") and name.endswith("__"):
            continue
        if isinstance(member, type):
            if member.__module__ == module and id(member) not in seen:
                seen.add(id(member))
                yield from _functions_in(vars(member), space, module, seen)
            continue
        function = _innermost(member.__func__ if isinstance(member, staticmethod | classmethod) else member)
        if function is not None and function.__globals__ is space and function.__name__ != "<lambda>":
            yield function


def _innermost(member: Any) -> FunctionType | None:
    """The function under decorators; nothing for what is watched already or is no function."""
    layers = 0
    while member is not None and layers < 50:  # noqa: PLR2004 - deeper than any stack of decorators
        if is_watched(member) or (isinstance(member, FunctionType) and is_traced(member)):
            return None
        inner = inspect.getattr_static(member, "__wrapped__", None)
        if inner is None or isinstance(member, type):
            break
        member, layers = inner, layers + 1
    return member if isinstance(member, FunctionType) else None


def _missing(pattern: str) -> str | None:
    """A line that says that no module can match a pattern."""
    literal: list[str] = []
    for part in pattern.split("."):
        if _WILD & set(part):
            break
        literal.append(part)
    name = ".".join(literal)
    main = sys.modules.get(MAIN)
    is_script = main is not None and name in (MAIN, _known_as(MAIN, main))
    if not name or name in sys.modules or is_script or _exists(literal):
        return None
    return (
        f"trace_modules: there is no module {name!r} (from {pattern!r}); nothing of it will be traced. "
        "Give its full name as in `import`."
    )


def _exists(parts: Sequence[str]) -> bool:
    """Whether a module can be found, without importing anything."""
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
