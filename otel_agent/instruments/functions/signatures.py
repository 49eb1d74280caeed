"""
Wrappers with the exact signature of what they wrap.

`*args, **kwargs` costs a tuple and a dictionary a call, a tenth of what a traced call costs and a quarter of a timed one. So a
wrapper is written once, with `*args, **kwargs`, and compiled again from its own source for each number of parameters that occurs. It
keeps its lines in tracebacks. Where that cannot be done (no source, a function that takes `*args` itself) the wrapper serves as it
is written.
"""

import ast
import functools
import inspect
from collections.abc import Callable, Sequence
from textwrap import dedent
from types import FunctionType
from typing import Any

from otel_agent.guard import guarded

__all__ = ["wrap"]

WrapperMaker = Callable[..., Any]
"""Function of a function that returns its wrapper."""

Shape = tuple[int, int, int]
"""Parameters that are positional only, positional, and keywords only."""

_STAND_IN = "argument_"
"""Beginning of the names that parameters have while a wrapper is compiled."""

MAX_PARAMETERS = 12
"""Functions with more parameters get the wrapper as it is written."""


def wrap(maker: WrapperMaker, function: Callable[..., Any], *more: Any) -> Callable[..., Any]:
    """
    Wrap a function.

    Args:
        maker: Module-level function that returns a wrapper of a function: its one inner function, with `*args, **kwargs`.
        function: Function to wrap.
        *more: Further arguments of the maker.

    Returns:
        The wrapper, with the parameters of the function where that is possible.
    """
    shape = _shape_of(function)
    exact = None if shape is None else _exact_maker(maker, shape)
    made: FunctionType = (exact or maker)(function, *more)
    if exact is None or not isinstance(function, FunctionType):
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


def _shape_of(function: Callable[..., Any]) -> Shape | None:
    if type(function) is not FunctionType:
        return None
    code = function.__code__
    if code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
        return None
    shape = (code.co_posonlyargcount, code.co_argcount - code.co_posonlyargcount, code.co_kwonlyargcount)
    return shape if sum(shape) <= MAX_PARAMETERS else None


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
    """The names of keywords in a call stand among the constants, as a tuple."""
    if type(constant) is not tuple or not all(str(each).startswith(_STAND_IN) for each in constant):
        return constant
    return tuple(names[int(each.removeprefix(_STAND_IN))] for each in constant)


class _ExactParameters(ast.NodeTransformer):
    """Puts parameters one by one where `*args, **kwargs` stood."""

    def __init__(self, shape: Shape) -> None:
        only, either, _ = shape
        names = [f"{_STAND_IN}{number}" for number in range(sum(shape))]
        self._positional = names[: only + either]
        self._named = names[only + either :]
        self._only = only

    def visit_arguments(self, node: ast.arguments) -> ast.arguments:
        """Replace the parameters of the inner function."""
        if node.vararg is None or node.vararg.arg != "args":
            return node
        parameters = [ast.arg(name) for name in self._positional]
        return ast.arguments(
            posonlyargs=parameters[: self._only],
            args=parameters[self._only :],
            kwonlyargs=[ast.arg(name) for name in self._named],
            kw_defaults=[None] * len(self._named),
            defaults=[],
        )

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Replace the arguments in the call of the wrapped function."""
        self.generic_visit(node)
        if any(isinstance(each, ast.Starred) for each in node.args):
            node.args = [ast.Name(name, ast.Load()) for name in self._positional]
            node.keywords = [ast.keyword(name, ast.Name(name, ast.Load())) for name in self._named]
        return node
