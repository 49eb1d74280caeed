"""Automatic tracing of one telemetry: found, watched, tried again, and taken back."""

import sys
import threading
from collections.abc import Callable
from types import CodeType, ModuleType
from typing import Any, Protocol

from opentelemetry import trace
from opentelemetry.trace import Tracer
from opentelemetry.util.types import AttributeValue

from otel_agent import primitives
from otel_agent.clock import monotonic_s
from otel_agent.guard import guarded
from otel_agent.instruments.automatic.code_objects import functions_in, functions_of, module_codes_below
from otel_agent.instruments.automatic.monitoring import HAS_MONITORING, Monitor, open_monitor
from otel_agent.instruments.automatic.pending_spans import SCOPE, CallSite, DurationObserver
from otel_agent.instruments.automatic.selection import MAIN, Selection, file_of
from otel_agent.instruments.automatic.stack_watch import ALONE, BESIDE_MONITORING, StackWatch, waiting_coroutines
from otel_agent.instruments.automatic.watched_functions import WatchedFunction
from otel_agent.instruments.functions import marks
from otel_agent.instruments.imports import after_import

__all__ = ["AutomaticTracing", "FunctionCounts"]

TRIED_AT_A_TIME = 20
"""Functions that are put on trial again after one look at the stacks."""


class FunctionCounts(Protocol):
    """Where the durations of calls are counted; see `recording.durations`."""

    def observer(self, name: str) -> DurationObserver:
        """Who takes the durations of a function's calls, by its full name."""
        ...

    def forget(self, name: str) -> None:
        """Take back everything that was counted for a function."""
        ...


class AutomaticTracing:
    """
    Automatic spans of one installation; works from the moment it is made until `close`.

    Args:
        selection: Which modules and functions.
        min_duration_s: Calls that take less have no span of their own accord, in seconds; 0 keeps all.
        counts: Takes durations; `None`: nobody does.
        tracer: Makes the spans; the global provider's by default.
    """

    def __init__(
        self,
        selection: Selection,
        min_duration_s: float = 0.001,
        counts: FunctionCounts | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        self._selection = selection
        self._min_duration_ns = round(min_duration_s * 1e9)
        self._counts = counts
        self._tracer = tracer or trace.get_tracer(SCOPE)
        self._lock = primitives.Lock()
        self._functions: dict[int, WatchedFunction] = {}
        self._unwatched: dict[int, CallSite] = {}
        """Functions that only the stack tells of, by the identity of their code."""
        self._is_script_known: bool = False
        problems = list(selection.missing())
        self._monitor = _monitor(problems)
        self._stacks = StackWatch(
            self._unwatched,
            pace=BESIDE_MONITORING if self._monitor is not None else ALONE,
            coroutines=None if self._monitor is not None else waiting_coroutines,
            after_look=self._after_look,
        )
        if self._monitor is not None:
            self._monitor.on_wait = self._stacks.note
            self._monitor.on_leave = self._let_stacks_tell
        self.problems = tuple(problems)
        """A line for each pattern that no module can match, and for what this interpreter or another tool keeps from us."""
        marks.on_decorated(self._leave_alone)
        self._watch = after_import(self._wants, self._take_module, self._take_code, self._selection.has_module)
        self._take_what_is_there()
        self._stacks.start()

    @property
    def functions(self) -> tuple[str, ...]:
        """Full names of the functions that are traced."""
        with self._lock:
            return tuple(sorted(str(each.site.attributes["code.function.name"]) for each in self._functions.values()))

    def expect_script(self) -> None:
        """Trace the script from its first line on, when it has not begun yet (`otel-agent run`), or begins again (a notebook's cell)."""
        if self._monitor is not None:
            self._monitor.until_script(self._take_script)

    def look_at_script_again(self) -> None:
        """Trace what a notebook's cell has defined."""
        script = sys.modules.get(MAIN)
        if script is not None:
            self._take_module(script)

    def close(self) -> None:
        """Watch nothing any more; safe to call twice."""
        self._watch.close()
        marks.on_decorated(None)
        self._stacks.close()
        if self._monitor is not None:
            self._monitor.close()

    def reinit_after_fork(self) -> None:
        """Begin anew in a forked child: own threads and locks; what is watched stays watched."""
        self._lock = primitives.Lock()
        if self._monitor is not None:
            self._monitor.reinit_after_fork()
        self._stacks.reinit_after_fork()

    def _wants(self, name: str) -> bool:
        """Whether a module may be meant, before its file is known."""
        return self._selection.is_own or self._selection.has_module(name, None)

    def _take_what_is_there(self) -> None:
        for code, namespace in module_codes_below(sys._getframe(1)):  # noqa: SLF001 - documented, if named like a private one
            self._take_script(code, namespace)
        for module in sys.modules.copy().values():  # a copy in one step: other threads import meanwhile
            if issubclass(type(module), ModuleType):  # asked of its type: a lazy object would answer by importing
                self._take_module(module)
        if not self._knows_script() and self._selection.has_module(MAIN, None):
            self.expect_script()

    def _knows_script(self) -> bool:
        return self._is_script_known

    def _take_script(self, code: CodeType, namespace: dict[str, Any]) -> None:
        name, file = str(namespace.get("__name__", "")), namespace.get("__file__")
        self._is_script_known |= name == MAIN
        if self._selection.has_module(name, file if isinstance(file, str) else None):
            self._take_all(functions_in(code), name)

    def _take_code(self, module: ModuleType, code: CodeType) -> None:
        name = module.__name__
        if self._selection.has_module(name, file_of(module)):
            self._take_all(functions_in(code), name)

    def _take_module(self, module: ModuleType) -> None:
        namespace = object.__getattribute__(module, "__dict__")
        name = namespace.get("__name__")
        if isinstance(name, str) and self._selection.has_module(name, file_of(module)):
            self._take_all(functions_of(namespace, name), name)

    def _take_all(self, codes: Any, module: str) -> None:
        with guarded("instruments.automatic", f"functions of module {module!r} could not be traced"):
            for code in codes:
                if id(code) not in self._functions and self._selection.has_function(module, code.co_qualname):
                    self._take(code, module)

    def _take(self, code: CodeType, module: str) -> None:
        if marks.is_left_alone(code):
            return
        full = f"{module}.{code.co_qualname}"
        attributes: dict[str, AttributeValue] = {
            "code.function.name": full,
            "code.file.path": code.co_filename,
            "code.line.number": code.co_firstlineno,
        }
        site = CallSite(code.co_qualname, attributes, self._min_duration_ns, self._tracer)
        function = WatchedFunction(code, site, *_counting(self._counts, full))
        with self._lock:
            self._functions[id(code)] = function
            if self._monitor is None:
                self._unwatched[id(code)] = site
                self._stacks.wake()
            else:
                self._monitor.watch(function)

    def _leave_alone(self, code: CodeType) -> None:
        """A decorator of ours has the function: it is measured already, or is not to be."""
        with self._lock:
            function = self._functions.pop(id(code), None)
            self._unwatched.pop(id(code), None)
        if function is not None and self._monitor is not None:
            self._monitor.release(function)

    def _let_stacks_tell(self, function: WatchedFunction) -> None:
        self._unwatched[id(function.code)] = function.site
        self._stacks.wake()

    def _after_look(self) -> None:
        """Put some of the functions that were left alone on trial again."""
        if self._monitor is None:
            self._find_script()
            return
        left = self._monitor.left_alone
        now_s, tried = monotonic_s(), 0
        for key, function in list(left.items()):
            if tried < TRIED_AT_A_TIME and function.trial.is_due(now_s):
                tried += 1
                left.pop(key, None)
                self._unwatched.pop(key, None)
                function.trial.again()
                self._monitor.watch(function)

    def _find_script(self) -> None:
        """Without monitoring a script that begins after us is seen on the main thread's stack."""
        if self._is_script_known or not self._selection.has_module(MAIN, None):
            return
        main = sys._current_frames().get(threading.main_thread().ident or 0)  # noqa: SLF001 - as above
        for code, namespace in module_codes_below(main):
            if namespace.get("__name__") == MAIN:
                self._take_script(code, namespace)


def _monitor(problems: list[str]) -> Monitor | None:
    if not HAS_MONITORING:
        return None
    try:
        return open_monitor()
    except RuntimeError as error:
        problems.append(f"trace_modules: {error}; only slow calls that are seen on the stack have a span")
        return None


def _counting(
    counts: FunctionCounts | None, full: str
) -> tuple[Callable[[], DurationObserver] | None, Callable[[], object]]:
    if counts is None:
        return None, lambda: None
    return lambda: counts.observer(full), lambda: counts.forget(full)
