"""What an expression is made of, after everything the subset does not hold has been refused."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from otel_agent.series.histograms import Histogram
from otel_agent.series.labels import NAME, Labels
from otel_agent.series.matchers import Match, Matcher

__all__ = [
    "Aggregation", "Binary", "Call", "EvaluationError", "Group", "Matching", "Negation", "Node", "Number", "Range", "Sample",
    "Selector", "Subquery", "Text", "Value", "Vector", "children", "walk",
]  # fmt: skip

Sample = tuple[Labels, float | Histogram]
"""One element of a vector."""
Vector = list[Sample]
Value = float | str | Vector
"""What an expression evaluates to."""


class EvaluationError(Exception):
    """An expression has no answer over the present series: say, a match that is not unique. The rule reports it."""


class Node:
    """Base of all parts of an expression."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A constant text, as an argument."""

    value: str


@dataclass(frozen=True, slots=True)
class Selector(Node):
    """The newest value of each series that is meant."""

    matchers: tuple[Matcher, ...]
    offset_ms: int

    @property
    def has_name(self) -> bool:
        """Whether all series it can mean have the same name."""
        return any(matcher.name == NAME and matcher.match is Match.EQUAL for matcher in self.matchers)


@dataclass(frozen=True, slots=True)
class Range(Node):
    """The values of each series within a span of time."""

    selector: Selector
    range_ms: int


@dataclass(frozen=True, slots=True)
class Subquery(Node):
    """An expression evaluated again and again within a span of time."""

    inner: Node
    range_ms: int
    step_ms: int
    offset_ms: int


@dataclass(frozen=True, slots=True)
class Group(Node):
    """An expression in parentheses."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Negation(Node):
    """An expression with a minus before it."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function and its arguments."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Aggregation(Node):
    """Several series made into one for each group."""

    operator: str
    inner: Node
    parameter: Node | None
    names: tuple[str, ...]
    is_without: bool


@dataclass(frozen=True, slots=True)
class Matching:
    """Which elements of two vectors belong together."""

    is_on: bool
    """Whether `names` are the labels that count; otherwise they are those that do not."""
    names: tuple[str, ...]
    many: str
    """The side that may have several elements for one of the other: "", "left", "right", or "both" for set operators."""
    include: tuple[str, ...]
    """Labels taken over from the side of one."""


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Two expressions and an operator."""

    operator: str
    left: Node
    right: Node
    is_bool: bool
    matching: Matching


def children(node: Node) -> list[Node]:
    """
    What stands directly below a node.

    Args:
        node: Any.
    """
    values = (getattr(node, field.name) for field in fields(node))  # type: ignore[arg-type] # every node is a dataclass
    flat = (child for value in values for child in (value if isinstance(value, tuple) else (value,)))
    return [child for child in flat if isinstance(child, Node)]


def walk(node: Node) -> Iterator[Node]:
    """
    A node and everything below it.

    Args:
        node: Where to begin.
    """
    yield node
    for child in children(node):
        yield from walk(child)
