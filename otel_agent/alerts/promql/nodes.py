"""
Syntax tree of a PromQL expression, after everything the subset does not hold has been refused.

The nodes have the names they have in Prometheus's own parser. `promql_parser` uses them too, for a tree of its own, which only
`parsing` sees.

Source: https://pkg.go.dev/github.com/prometheus/prometheus/promql/parser#Expr
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from otel_agent.series.histograms import NativeHistogram
from otel_agent.series.labels import NAME, Labels
from otel_agent.series.matchers import Matcher, MatchType

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
    """Base of all nodes of the tree."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class NumberLiteral(Expr):
    """A constant number."""

    value: float
    """The number."""


@dataclass(frozen=True, slots=True)
class StringLiteral(Expr):
    """A constant string, as an argument."""

    value: str
    """The string, without quotes."""


@dataclass(frozen=True, slots=True)
class VectorSelector(Expr):
    """Instant vector selector: the newest value of each series that is meant."""

    matchers: tuple[Matcher, ...]
    """Conditions on labels, the name included."""
    offset_ms: int
    """How far in the past the value is read, in milliseconds; negative for the future."""
    at: float | None = None
    """Moment at which it is read, in milliseconds since 1970, whenever it is evaluated; None: when it is evaluated."""

    @property
    def has_name(self) -> bool:
        """Whether all series it can mean have the same name."""
        return any(matcher.name == NAME and matcher.match is MatchType.EQUAL for matcher in self.matchers)


@dataclass(frozen=True, slots=True)
class MatrixSelector(Expr):
    """Range vector selector: the samples of each series within a span of time."""

    selector: VectorSelector
    """The series that are meant, and the offset."""
    range_ms: int
    """Length of the range, in milliseconds."""


@dataclass(frozen=True, slots=True)
class SubqueryExpr(Expr):
    """An expression evaluated again and again within a span of time."""

    inner: Expr
    """The expression that is evaluated at each step."""
    range_ms: int
    """Length of the range, in milliseconds."""
    step_ms: int
    """Time between two evaluations, in milliseconds; 0: as long as groups of a Prometheus wait by default."""
    offset_ms: int
    """How far in the past the range ends, in milliseconds; negative for the future."""
    at: float | None = None
    """Moment at which the range ends, in milliseconds since 1970, whenever it is evaluated; None: when it is evaluated."""


@dataclass(frozen=True, slots=True)
class ParenExpr(Expr):
    """An expression in parentheses."""

    inner: Expr
    """The expression inside."""


@dataclass(frozen=True, slots=True)
class UnaryExpr(Expr):
    """Negation: an expression with a minus before it."""

    inner: Expr
    """The expression that is negated."""


@dataclass(frozen=True, slots=True)
class FunctionCall(Expr):
    """A function with its arguments."""

    name: str
    """Name of the function."""
    arguments: tuple[Expr, ...]
    """Its arguments, in order."""


@dataclass(frozen=True, slots=True)
class AggregateExpr(Expr):
    """Aggregation: several series made into one for each group."""

    operator: str
    """Name of the operator: "sum", "topk" and so on."""
    inner: Expr
    """The expression whose elements are aggregated."""
    parameter: Expr | None
    """How many elements for `topk` and `bottomk`, the share for `quantile`; `None` for the others."""
    names: tuple[str, ...]
    """Labels named by `by` or `without`."""
    is_without: bool
    """Whether `names` are the labels that are left out; otherwise they are those that make the groups."""


@dataclass(frozen=True, slots=True)
class VectorMatching:
    """Which elements of two vectors belong together."""

    is_on: bool
    """Whether `names` are the labels that count; otherwise they are those that do not."""
    names: tuple[str, ...]
    """Labels named by `on` or `ignoring`."""
    many: str
    """The side that may have several elements for one of the other: "", "left", "right", or "both" for set operators."""
    include: tuple[str, ...]
    """Labels taken over from the side of one."""


@dataclass(frozen=True, slots=True)
class BinaryExpr(Expr):
    """Two expressions and an operator."""

    operator: str
    """The operator: "+", ">=", "unless" and so on."""
    left: Expr
    """Operand on the left."""
    right: Expr
    """Operand on the right."""
    is_bool: bool
    """Whether a comparison gives 0 or 1 for each element, instead of keeping those for which it holds."""
    matching: VectorMatching
    """How elements of two vectors find each other."""


def children(node: Expr) -> list[Expr]:
    """
    The nodes directly below a node.

    Args:
        node: Node of a tree.
    """
    values = (getattr(node, field.name) for field in fields(node))  # type: ignore[arg-type] # every node is a dataclass
    flat = (child for value in values for child in (value if isinstance(value, tuple) else (value,)))
    return [child for child in flat if isinstance(child, Expr)]


def walk(node: Expr) -> Iterator[Expr]:
    """
    A node and everything below it.

    Args:
        node: Root of the tree, or of the part of it that is walked.
    """
    yield node
    for child in children(node):
        yield from walk(child)
