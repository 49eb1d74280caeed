"""
What the agent made or named before `init`, and an instrumentation cannot reach by itself.

An instrumentation that replaces a class or a function of its library misses the objects that were made from the old one, and the
names that were bound to it by `from library import name`. Applications are instrumented one by one where the instrumentation can do
that; the rest is named, with what to do about it. Only looked for when a library was imported before `init`.
"""

import gc
import sys
import sysconfig
import weakref
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import Any

from otel_agent.guard import guarded, swallow
from otel_agent.instruments.libraries.provider_names import accepted_by

__all__ = ["Before", "Missed"]

_UNSEEN = {
    "django": ("django.core.handlers.base", "BaseHandler"),
    "grpc_client": ("grpc._channel", "Channel"),
    "grpc_server": ("grpc._server", "_Server"),
    "mysql": ("mysql.connector.abstracts", "MySQLConnectionAbstract"),
    "mysqlclient": ("MySQLdb.connections", "Connection"),
    "psycopg": ("psycopg", "BaseConnection"),
    "psycopg2": ("psycopg2.extensions", "connection"),
    "pymongo": ("pymongo", "MongoClient"),
    "pymysql": ("pymysql.connections", "Connection"),
    "pyramid": ("pyramid.router", "Router"),
    "sqlite3": ("sqlite3", "Connection"),
}
"""Classes whose earlier objects an instrumentation misses although it leaves the class alone, by instrumentation."""

_MOST_NAMED = 3


class Before:
    """
    A library as it was before it was instrumented.

    Args:
        libraries: Names by which it is imported.
    """

    def __init__(self, libraries: Collection[str]) -> None:
        self._below = tuple(f"{name}." for name in libraries)
        self._exact = set(libraries)
        self._values = {(name, key): value for name, key, value in self._public_values()}
        self._makers = {
            value: vars(value).get("__init__") for value in self._values.values() if isinstance(value, type)
        }

    def missed(self, name: str, instrumentor: Any, providers: Mapping[str, Any]) -> "Missed":
        """
        Compare with the library as it is now, and instrument the applications that can be.

        Args:
            name: Name of the instrumentation.
            instrumentor: The instrumentor that has done its work.
            providers: Providers for applications.

        Returns:
            What was reached nevertheless and what was not.
        """
        now = {(module, key): value for module, key, value in self._public_values()}
        replaced = [old for place, old in self._values.items() if now.get(place, old) is not old]
        changed = [made for made, init in self._makers.items() if vars(made).get("__init__") is not init]
        missed = Missed(sorted(set(self._bound_to(replaced))))
        classes = {old for old in (*replaced, *changed, *_unseen(name)) if _is_class(old)}
        for found in _objects(classes) if classes else ():
            title = type(found).__name__
            if getattr(found, "_is_instrumented_by_opentelemetry", False) is True:
                continue
            if _is_instrumented_alone(found, instrumentor, providers):
                missed.reached[title] += 1
                missed.keep(found, instrumentor)
            else:
                missed.lost[title] += 1
        return missed

    def _public_values(self) -> Iterator[tuple[str, str, Any]]:
        for name, module in sys.modules.copy().items():
            if name in self._exact or name.startswith(self._below):
                for key, value in _namespace(module).items():
                    if callable(value):
                        yield name, key, value

    def _bound_to(self, replaced: Collection[Any]) -> Iterator[str]:
        """Names in the agent's own modules that are bound to what was replaced."""
        wanted = {id(value) for value in replaced}
        if not wanted:
            return
        for name, module in sys.modules.copy().items():
            if name in self._exact or name.startswith(self._below) or not _is_the_agents(module):
                continue
            for key, value in _namespace(module).items():
                if id(value) in wanted:
                    yield f"{name}.{key}"


class Missed:
    """
    What an instrumentation did not reach by itself.

    Args:
        names: Names in the agent's modules that are bound to what the library offered before.
    """

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.reached: Counter[str] = Counter()
        """Objects that were instrumented one by one, by class."""
        self.lost: Counter[str] = Counter()
        """Objects that were not, by class."""
        self._undo: list[Callable[[], None]] = []

    def keep(self, application: Any, instrumentor: Any) -> None:
        """
        Remember what `take_back` has to undo, as long as the application lives.

        Args:
            application: It was instrumented alone.
            instrumentor: Instrumentor that did it.
        """
        reference = weakref.ref(application)

        def undo() -> None:
            living = reference()
            if living is not None:
                instrumentor.uninstrument_app(living)

        self._undo.append(undo)

    def take_back(self) -> None:
        """Take back what was done to single applications; safe to call twice."""
        while self._undo:
            swallow("instruments.libraries", "an application keeps its instrumentation", self._undo.pop())

    def __str__(self) -> str:
        """One clause for the status; empty when nothing was missed."""
        parts = []
        if self.reached:
            parts.append(f"{_counted(self.reached)} made before init() included")
        if self.lost:
            parts.append(f"not {_counted(self.lost)} made before init(): call init() before making them")
        if self.names:
            more = f" and {len(self.names) - _MOST_NAMED} more" if len(self.names) > _MOST_NAMED else ""
            names = ", ".join(self.names[:_MOST_NAMED])
            parts.append(f"not what is made through {names}{more}, bound before init(): call init() before the import")
        return "; ".join(parts)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {title}" for title, count in sorted(counts.items()))


def _unseen(name: str) -> Iterator[Any]:
    module, key = _UNSEEN.get(name, ("", ""))
    value = _namespace(sys.modules.get(module)).get(key)
    if value is not None:
        yield value


def _objects(classes: Collection[type]) -> list[Any]:
    """Living objects of these classes and of those below; `type`, because `isinstance` asks lazy objects."""
    wanted = set(classes)
    unseen = list(classes)
    while unseen:
        subclasses: list[type] = type.__subclasses__(unseen.pop())
        for below in subclasses:
            if below not in wanted and not below.__module__.startswith("opentelemetry."):
                wanted.add(below)
                unseen.append(below)
    return [found for found in gc.get_objects() if type(found) in wanted]


def _is_instrumented_alone(found: Any, instrumentor: Any, providers: Mapping[str, Any]) -> bool:
    instrument = getattr(instrumentor, "instrument_app", None)
    if instrument is None or _has_served(found):
        return False
    done: list[bool] = []
    with guarded("instruments.libraries", f"a {type(found).__name__} made before init() could not be instrumented"):
        instrument(found, **accepted_by(instrument, providers))
        done.append(True)
    return bool(done)


def _has_served(application: Any) -> bool:
    """An application that has answered a request takes no further hooks: Flask refuses, Starlette has built its chain."""
    return (
        getattr(application, "_got_first_request", False) is True
        or getattr(application, "middleware_stack", None) is not None
    )


def _is_class(value: Any) -> bool:
    """By its type alone: `isinstance` asks lazy objects, which then load something."""
    return issubclass(type(value), type)


def _namespace(module: Any) -> dict[str, Any]:
    try:
        return dict(object.__getattribute__(module, "__dict__"))
    except Exception:  # noqa: BLE001 - a library may put any object in the place of a module
        return {}


def _is_the_agents(module: Any) -> bool:
    path = _namespace(module).get("__file__")
    if not isinstance(path, str):
        return _namespace(module).get("__name__") == "__main__"
    if "site-packages" in path or "dist-packages" in path:
        return False
    return not path.startswith(_standard_library())


@cache
def _standard_library() -> tuple[str, ...]:
    return sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")
