"""What an expression is made of, after everything the subset does not hold has been refused."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.labels import NAME, Labels
from otel_agent.series.matchers import Match, Matcher

__all__ = [
    "AggregateExpr",
    "BinaryExpr",
    "EvaluationError",
    "Expr",
    "FunctionCall",
    "MatrixSelector",
    "NumberLiteral",
    "ParenExpr",
    "Sample",
    "StringLiteral",
    "SubqueryExpr",
    "UnaryExpr",
    "Value",
    "Vector",
    "VectorMatching",
    "VectorSelector",
    "children",
    "walk",
]  # fmt: skip

Sample = tuple[Labels, float | NativeHistogram]
"""One element of a vector."""
Vector = list[Sample]
Value = float | str | Vector
"""What an expression evaluates to."""


class EvaluationError(Exception):
    """An expression has no answer over the present series: say, a match that is not unique. The rule reports it."""


class Expr:
    """Base of all parts of an expression."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class NumberLiteral(Expr):
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class StringLiteral(Expr):
    """A constant text, as an argument."""

    value: str


@dataclass(frozen=True, slots=True)
class VectorSelector(Expr):
    """The newest value of each series that is meant."""

    matchers: tuple[Matcher, ...]
    offset_ms: int

    @property
    def has_name(self) -> bool:
        """Whether all series it can mean have the same name."""
        return any(matcher.name == NAME and matcher.match is Match.EQUAL for matcher in self.matchers)


@dataclass(frozen=True, slots=True)
class MatrixSelector(Expr):
    """The values of each series within a span of time."""

    selector: VectorSelector
    range_ms: int


@dataclass(frozen=True, slots=True)
class SubqueryExpr(Expr):
    """An expression evaluated again and again within a span of time."""

    inner: Expr
    range_ms: int
    step_ms: int
    offset_ms: int


@dataclass(frozen=True, slots=True)
class ParenExpr(Expr):
    """An expression in parentheses."""

    inner: Expr


@dataclass(frozen=True, slots=True)
class UnaryExpr(Expr):
    """An expression with a minus before it."""

    inner: Expr


@dataclass(frozen=True, slots=True)
class FunctionCall(Expr):
    """A function and its arguments."""

    name: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class AggregateExpr(Expr):
    """Several series made into one for each group."""

    operator: str
    inner: Expr
    parameter: Expr | None
    names: tuple[str, ...]
    is_without: bool


@dataclass(frozen=True, slots=True)
class VectorMatching:
    """Which elements of two vectors belong together."""

    is_on: bool
    """Whether `names` are the labels that count; otherwise they are those that do not."""
    names: tuple[str, ...]
    many: str
    """The side that may have several elements for one of the other: "", "left", "right", or "both" for set operators."""
    include: tuple[str, ...]
    """Labels taken over from the side of one."""


@dataclass(frozen=True, slots=True)
class BinaryExpr(Expr):
    """Two expressions and an operator."""

    operator: str
    left: Expr
    right: Expr
    is_bool: bool
    matching: VectorMatching


def children(node: Expr) -> list[Expr]:
    """
    What stands directly below a node.

    Args:
        node: Any.
    """
    values = (getattr(node, field.name) for field in fields(node))  # type: ignore[arg-type] # every node is a dataclass
    flat = (child for value in values for child in (value if isinstance(value, tuple) else (value,)))
    return [child for child in flat if isinstance(child, Expr)]


def walk(node: Expr) -> Iterator[Expr]:
    """
    A node and everything below it.

    Args:
        node: Where to begin.
    """
    yield node
    for child in children(node):
        yield from walk(child)
