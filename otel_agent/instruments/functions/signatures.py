"""
Wrappers with the exact signature of what they wrap.

`*args, **kwargs` costs a tuple and a dictionary a call, a tenth of what a traced call costs and a quarter of a timed one. So a
wrapper is written once, with `*args, **kwargs`, and compiled again from its own source for each number of parameters that occurs. It
keeps its lines in tracebacks. So a call that lacks an argument fails as it does without a wrapper: at the call, also where the wrapper is
a coroutine function or a generator function, whose body runs later. Where that cannot be done (no source, a callable that is no
function) the wrapper serves as it is written.
"""

import ast
import functools
import inspect
from collections.abc import Callable, Sequence
from textwrap import dedent
from types import CellType, CodeType, FunctionType
from typing import Any

from otel_agent.guard import guarded

__all__ = ["cell_of", "code_of", "wrap"]

WrapperMaker = Callable[..., Any]
"""Function of a function that returns its wrapper."""

Shape = tuple[int, int, int, bool, bool]
"""Parameters that are positional only, positional, and keywords only; whether there is an `*args`, and a `**kwargs`."""

_STAND_IN = "argument_"
"""Beginning of the names that parameters have while a wrapper is compiled."""


def wrap(maker: WrapperMaker, function: Callable[..., Any], *more: Any) -> Callable[..., Any]:
    """
    Wrap a function.

    Args:
        maker: Module-level function that returns a wrapper of a function: its one inner function, with `*args, **kwargs`, which are not
            read by functions inside it.
        function: Function to wrap.
        *more: Further arguments of the maker.

    Returns:
        The wrapper, with the parameters of the function where that is possible.
    """
    shape = _shape_of(function)
    exact = None if shape is None else _exact_maker(maker, shape)
    made: FunctionType = (exact or maker)(function, *more)
    if exact is None or type(function) is not FunctionType:
        return made
    count = sum(shape or ())
    names = function.__code__.co_varnames[:count]
    code = made.__code__.replace(
        co_varnames=(*names, *made.__code__.co_varnames[count:]),
        co_consts=tuple(_renamed(constant, names) for constant in made.__code__.co_consts),
    )
    renamed = FunctionType(code, made.__globals__, made.__name__, function.__defaults__, made.__closure__)
    renamed.__kwdefaults__ = function.__kwdefaults__
    functools.update_wrapper(renamed, function)
    return renamed


def cell_of(wrapper: Any, name: str) -> CellType | None:
    """
    The cell in which a wrapper finds something.

    Args:
        wrapper: The wrapper.
        name: Name that it has for it.

    Returns:
        The cell; None where the wrapper has none of that name.
    """
    names = getattr(getattr(wrapper, "__code__", None), "co_freevars", ())
    return wrapper.__closure__[names.index(name)] if name in names else None


def code_of(function: Any) -> CodeType | None:
    """
    The code of a function, below all that wraps it.

    Args:
        function: A callable of any kind.

    Returns:
        Its code; None where it is not written in Python.
    """
    for _ in range(50):  # deeper than any stack of decorators
        below = inspect.getattr_static(function, "__wrapped__", None)
        if below is None:
            break
        function = below
    code = getattr(function, "__code__", None)
    return code if type(code) is CodeType else None


def _shape_of(function: Callable[..., Any]) -> Shape | None:
    if type(function) is not FunctionType:
        return None
    code = function.__code__
    return (
        code.co_posonlyargcount,
        code.co_argcount - code.co_posonlyargcount,
        code.co_kwonlyargcount,
        bool(code.co_flags & inspect.CO_VARARGS),
        bool(code.co_flags & inspect.CO_VARKEYWORDS),
    )


@functools.cache
def _exact_maker(maker: WrapperMaker, shape: Shape) -> WrapperMaker | None:
    made: list[WrapperMaker] = []
    with guarded("instruments.signatures", "wrappers take any arguments instead of exact ones, which costs a little"):
        source = dedent(inspect.getsource(maker))
        tree = _ExactParameters(shape).visit(ast.parse(source))
        ast.fix_missing_locations(ast.increment_lineno(tree, maker.__code__.co_firstlineno - 1))
        space: dict[str, Any] = {}
        # The names of the maker's own module are what its code refers to, also when they are replaced later.
        exec(compile(tree, maker.__code__.co_filename, "exec"), maker.__globals__, space)  # noqa: S102 - our own source
        made.append(space[maker.__name__])
    return made[0] if made else None


def _renamed(constant: Any, names: Sequence[str]) -> Any:
    """The names of keywords in a call stand among the constants, in a tuple or one by one."""
    if type(constant) is tuple:
        return tuple(_renamed(each, names) for each in constant)
    if type(constant) is str and constant.startswith(_STAND_IN):
        return names[int(constant.removeprefix(_STAND_IN))]
    return constant


class _ExactParameters(ast.NodeTransformer):
    """
    Puts parameters one by one where `*args, **kwargs` stood.

    In a call they are handed on as they came. Where `args` and `kwargs` are read as values they become a tuple and a dictionary again.
    """

    def __init__(self, shape: Shape) -> None:
        only, either, named, has_rest, has_keywords = shape
        names = [f"{_STAND_IN}{number}" for number in range(sum(shape))]
        self._only = only
        self._positional = names[: only + either]
        self._named = names[only + either : only + either + named]
        self._rest = names[only + either + named] if has_rest else None
        self._keywords = names[-1] if has_keywords else None

    def visit_arguments(self, node: ast.arguments) -> ast.arguments:
        """Replace the parameters of the inner function."""
        if node.vararg is None or node.vararg.arg != "args":
            return node
        parameters = [ast.arg(name) for name in self._positional]
        return ast.arguments(
            posonlyargs=parameters[: self._only],
            args=parameters[self._only :],
            vararg=None if self._rest is None else ast.arg(self._rest),
            kwonlyargs=[ast.arg(name) for name in self._named],
            kw_defaults=[None] * len(self._named),
            kwarg=None if self._keywords is None else ast.arg(self._keywords),
            defaults=[],
        )

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Replace the arguments where they are handed on; what stands before them stays."""
        if not any(isinstance(each, ast.Starred) for each in node.args):
            return self.generic_visit(node)
        node.func = self.visit(node.func)
        before = [self.visit(each) for each in node.args if not isinstance(each, ast.Starred)]
        node.args = [*before, *self._values()]
        node.keywords = [ast.keyword(name, _read(name)) for name in self._named]
        if self._keywords is not None:
            node.keywords.append(ast.keyword(None, _read(self._keywords)))
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Replace the arguments where they are read as values."""
        if node.id == "args":
            return ast.Tuple(self._values(), ast.Load())
        if node.id == "kwargs":
            keys: list[ast.expr | None] = [ast.Constant(name) for name in self._named]
            values = [_read(name) for name in self._named]
            if self._keywords is not None:
                keys.append(None)
                values.append(_read(self._keywords))
            return ast.Dict(keys, values)
        return node

    def _values(self) -> list[ast.expr]:
        rest: list[ast.expr] = [] if self._rest is None else [ast.Starred(_read(self._rest), ast.Load())]
        return [*(_read(name) for name in self._positional), *rest]


def _read(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())
