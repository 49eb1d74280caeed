"""
Automatic spans for the functions of chosen modules, without a decorator.

    module_patterns     which modules
    module_functions    which of their functions, and what is left alone
    code_exchange       how a function is traced in place
    pending_spans       which calls leave a span: those that turn out to matter

A module is looked through when it has been imported, or at once when it is there already.
"""

import sys
from collections.abc import Callable, Sequence
from types import FunctionType, ModuleType

from opentelemetry import trace
from opentelemetry.trace import Tracer
from opentelemetry.util.types import AttributeValue

from otel_agent import primitives
from otel_agent.guard import guarded
from otel_agent.instruments.automatic.code_exchange import restore, trace_in_place
from otel_agent.instruments.automatic.module_functions import functions_of
from otel_agent.instruments.automatic.module_patterns import is_selected, missing_module
from otel_agent.instruments.automatic.pending_spans import SCOPE, CallSite, DurationObserver
from otel_agent.instruments.imports import after_import

__all__ = ["AutomaticTracing", "install"]


class AutomaticTracing:
    """
    Automatic spans of one installation; ends with `close`.

    Args:
        patterns: Patterns of module names; see `install`.
        make_site: Makes the call site of a function.
    """

    def __init__(self, patterns: Sequence[str], make_site: Callable[[FunctionType], CallSite]) -> None:
        self._patterns = tuple(patterns)
        self._make_site = make_site
        self._lock = primitives.Lock()
        self._functions: list[FunctionType] = []
        self._sizes: dict[str, int] = {}
        self.problems = tuple(line for pattern in self._patterns if (line := missing_module(pattern)))
        """A line for each pattern that no module can match."""
        self._watch = after_import(lambda name: is_selected(name, self._patterns), self._trace_functions)
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
            if is_selected(name, self._patterns, module):
                size = len(vars(module))
                if self._sizes.get(name) != size:
                    self._sizes[name] = size
                    with guarded("instruments.automatic", f"functions of module {name!r} could not be traced"):
                        self._trace_functions(module)

    def close(self) -> None:
        """Give every function its own code back; safe to call twice."""
        self._watch.close()
        with self._lock:
            functions, self._functions = self._functions, []
        for function in functions:
            restore(function)

    def _trace_functions(self, module: ModuleType) -> None:
        for function in functions_of(module):
            with guarded("instruments.automatic", f"function {function.__qualname__!r} could not be traced"):
                if trace_in_place(function, self._make_site(function)):
                    with self._lock:
                        self._functions.append(function)


def install(
    modules: Sequence[str],
    min_duration_s: float = 0.001,
    observe: Callable[[str], DurationObserver] | None = None,
    tracer: Tracer | None = None,
) -> AutomaticTracing:
    """
    Trace the functions of modules.

    Args:
        modules: Names, or patterns as in `fnmatch`: "trader" is that module alone, "trader.*" all below it, "__main__" the
            script. The script is also known by the name of its file, or of the module it was started as.
        min_duration_s: Calls that take less leave no span unless something refers to them; 0 keeps all.
        observe: Given a function's full name, returns who is told the duration of its calls.
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
        observer = None if observe is None else observe(full)
        return CallSite(function.__qualname__, attributes, round(min_duration_s * 1e9), used, observer)

    return AutomaticTracing(modules, make_site)
