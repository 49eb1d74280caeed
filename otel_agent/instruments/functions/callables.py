"""
Callables that are no functions: partials, methods, builtins, objects with `__call__`.

What decorates them must not turn them into functions: a function in a class body becomes a method, answers `inspect` differently, and
has none of the attributes that were reachable before. So a partial stays a partial and a bound method a bound method. Everything else
gets a `CallableProxy`: it calls by the wrapper and is in all other respects the object behind it, with the special methods of its
class, and with `__get__` only where its class has one.
"""

import copy
import functools
import inspect
import operator
import sys
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any, Self
from weakref import WeakKeyDictionary

__all__ = [
    "CallableProxy",
    "decorated_callable",
    "is_awaited",
    "is_coroutine_function",
    "is_generator",
    "qualified_name",
]

CALLS_THE_AGENT = True
"""See `lifecycle.lock_holders`."""

WrapperMaker = Callable[[Callable[..., Any]], Callable[..., Any]]
"""Makes the wrapper of a function or of anything that can be called; can be pickled, so that what it makes can be made again."""

_OWN = frozenset(("_otel_agent_call", "_otel_agent_make", "_otel_agent_target"))

_NOT_HANDED_ON = frozenset((
    "__call__", "__class__", "__class_getitem__", "__copy__", "__deepcopy__", "__del__", "__delattr__", "__dict__", "__doc__", "__get__",
    "__getattr__", "__getattribute__", "__getnewargs__", "__getnewargs_ex__", "__getstate__", "__init__", "__init_subclass__",
    "__module__", "__new__", "__reduce__", "__reduce_ex__", "__setattr__", "__setstate__", "__slots__", "__subclasshook__",
    "__weakref__",
))  # fmt: skip

_KEPT = frozenset(("__call__", "__copy__", "__deepcopy__", "__get__", "__reduce__", "__reduce_ex__", "__signature__"))
"""Names that a proxy answers itself."""


def is_coroutine_function(function: Any) -> bool:
    """
    Whether calling something gives a coroutine, by `inspect` or by the mark that asyncio knew before Python 3.12.

    Args:
        function: A callable of any kind.
    """
    if inspect.iscoroutinefunction(function):
        return True
    mark = getattr(sys.modules.get("asyncio.coroutines"), "_is_coroutine", None)
    return mark is not None and getattr(function, "_is_coroutine", None) is mark


def is_awaited(function: Any) -> bool:
    """
    Whether what calling something gives is to be awaited: a coroutine function, or an object whose `__call__` is one.

    Args:
        function: A callable of any kind.
    """
    return is_coroutine_function(function) or inspect.iscoroutinefunction(_call_method(function))


def is_generator(function: Any) -> bool:
    """
    Whether calling something gives a generator, async or not.

    Args:
        function: A callable of any kind.
    """
    return any(
        inspect.isgeneratorfunction(each) or inspect.isasyncgenfunction(each)
        for each in (function, _call_method(function))
    )


def qualified_name(function: Any) -> str:
    """
    Qualified name of what is called: of a partial, what it calls; of an object, its class.

    Args:
        function: A callable of any kind.
    """
    inner = function.func if isinstance(function, functools.partial) else function
    name: str = getattr(inner, "__qualname__", None) or type(inner).__qualname__
    return name


def decorated_callable(target: Any, make: WrapperMaker) -> Any:
    """
    Decorate a callable of any kind.

    Args:
        target: A function, or anything else that can be called.
        make: Makes the wrapper.

    Returns:
        The wrapper of a function; of anything else, an object that calls by a wrapper and is otherwise what it was.
    """
    if type(target) is FunctionType:
        return _sharing_attributes(make(target), target)
    if type(target) is MethodType:
        return MethodType(make(target.__func__), target.__self__)
    if type(target) is functools.partial:
        return DecoratedPartial(target, make)
    return _proxy_class(type(target))(target, make)


def _sharing_attributes(wrapper: Any, function: FunctionType) -> Any:
    """
    Let a wrapper and its function have their attributes in common, when there are any.

    Decorators below ours read and write theirs at each call, counts and statistics for instance: a copy would be stale. `__wrapped__` is
    among the attributes, and must not lead a function to itself.
    """
    attributes = function.__dict__
    if attributes:
        if "__wrapped__" not in attributes:
            attributes["__wrapped__"] = _copied(function)
        wrapper.__dict__ = attributes
    return wrapper


def _copied(function: FunctionType) -> FunctionType:
    copied = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    copied.__kwdefaults__ = function.__kwdefaults__
    functools.update_wrapper(copied, function)
    del copied.__wrapped__  # type: ignore[attr-defined] # what `update_wrapper` has just put there
    return copied


class DecoratedPartial(functools.partial):  # type: ignore[type-arg] # its parameters are those of what it calls
    """A partial that calls by a wrapper."""

    _otel_agent_call: Callable[..., Any]
    _otel_agent_make: WrapperMaker

    def __new__(cls, target: Any, make: WrapperMaker) -> Self:
        """
        Make a partial like another.

        Args:
            target: The other partial.
            make: Makes the wrapper of what it calls.
        """
        made = super().__new__(cls, target.func, *target.args, **target.keywords)
        made.__dict__.update(target.__dict__)
        made._otel_agent_make = make
        made._otel_agent_call = make(target.func)
        return made

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call by the wrapper."""
        return self._otel_agent_call(*self.args, *args, **{**self.keywords, **kwargs})

    def __reduce__(self) -> tuple[Any, ...]:
        """Be decorated again where it is unpickled."""
        return decorated_callable, (self._plain(), self._otel_agent_make)

    def __repr__(self) -> str:
        """Look like the partial it was."""
        return repr(self._plain())

    def _plain(self) -> Any:
        plain = functools.partial(self.func, *self.args, **self.keywords)
        plain.__dict__.update({name: value for name, value in self.__dict__.items() if name not in _OWN})
        return plain


DecoratedPartial.__doc__ = functools.partial.__doc__  # what the instances answer with


class CallableProxy:
    """
    Calls by a wrapper, and is in all other respects the object behind it; see `decorated_callable`.

    Args:
        target: The object behind it.
        make: Makes the wrapper of what it calls.
    """

    __slots__ = ("__weakref__", "_otel_agent_call", "_otel_agent_make", "_otel_agent_target")

    def __init__(self, target: Any, make: WrapperMaker) -> None:
        own = object.__setattr__
        own(self, "_otel_agent_target", target)
        own(self, "_otel_agent_make", make)
        own(self, "_otel_agent_call", _caller(target, make))

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call by the wrapper."""
        return _call_of(self)(*args, **kwargs)

    def __getattribute__(self, name: str) -> Any:
        """Answer as the object behind it."""
        if name in _KEPT:
            return object.__getattribute__(self, name)
        return getattr(_target_of(self), name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Change the object behind it."""
        setattr(_target_of(self), name, value)

    def __delattr__(self, name: str) -> None:
        """Change the object behind it."""
        delattr(_target_of(self), name)

    @property
    def __signature__(self) -> Any:
        """Signature of the object behind it."""
        try:
            return inspect.signature(_target_of(self))
        except ValueError as error:
            raise AttributeError("__signature__") from error

    def __copy__(self) -> Any:
        """Copy the object behind it."""
        copied = copy.copy(_target_of(self))
        return self if copied is _target_of(self) else decorated_callable(copied, _make_of(self))

    def __deepcopy__(self, memory: Any) -> Any:
        """Copy the object behind it."""
        copied = copy.deepcopy(_target_of(self), memory)
        return self if copied is _target_of(self) else decorated_callable(copied, _make_of(self))

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Be pickled by name, as what stands in its place is, or be decorated again where it is unpickled."""
        target = _target_of(self)
        reduced = target.__reduce_ex__(protocol)
        if isinstance(reduced, str) and _named(getattr(target, "__module__", None), reduced) is self:
            return reduced
        return decorated_callable, (target, _make_of(self))


# The slots themselves: a proxy hands every question by name on to the object behind it.
_target_of = CallableProxy.__dict__["_otel_agent_target"].__get__
_call_of = CallableProxy.__dict__["_otel_agent_call"].__get__
_make_of = CallableProxy.__dict__["_otel_agent_make"].__get__


def _named(module: Any, name: str) -> Any:
    try:
        return operator.attrgetter(name)(sys.modules[module])
    except (AttributeError, KeyError):
        return None


def _caller(target: Any, make: WrapperMaker) -> Callable[..., Any]:
    """The wrapper by which an object is called."""
    method = _call_method(target)
    is_special = (
        is_coroutine_function(target) or inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target)
    )
    if type(method) is not FunctionType or is_special:
        return make(target)
    return MethodType(make(method), target)


def _call_method(target: Any) -> Any:
    return inspect.getattr_static(type(target), "__call__", None)


def _bound(self: Any, instance: Any, owner: Any = None) -> Any:
    """`__get__` of a proxy whose object has one."""
    target = _target_of(self)
    found = type(target).__get__(target, instance, owner)
    if found is target:
        return self
    if type(found) is MethodType and found.__func__ is target:
        return MethodType(self, found.__self__)
    return decorated_callable(found, _make_of(self)) if callable(found) else found


def _handed_on(name: str) -> Callable[..., Any]:
    def special(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        target = _target_of(self)
        return getattr(type(target), name)(target, *args, **kwargs)

    special.__name__ = name
    return special


def _proxy_class(kind: type) -> type[CallableProxy]:
    found = _classes.get(kind)
    if found is None:
        members: dict[str, Any] = {"__slots__": ()}
        for name in dir(kind):
            if name.startswith("__") and name.endswith("__") and name not in _NOT_HANDED_ON:
                member = getattr(kind, name, None)
                if callable(member):
                    members[name] = _handed_on(name)
                elif name == "__hash__":
                    members[name] = None
        if hasattr(kind, "__get__"):
            members["__get__"] = _bound
        found = _classes[kind] = type(kind.__name__, (CallableProxy,), members)
    return found


_classes: "WeakKeyDictionary[type, type[CallableProxy]]" = WeakKeyDictionary()
"""Class of the proxies of each class of objects. What a class gets after its first object was decorated is not seen."""
