"""Label matchers, which select series: conditions on labels, as PromQL has them."""

import re
from dataclasses import dataclass
from enum import Enum

from otel_agent.series.labels import Labels

__all__ = ["MatchType", "Matcher", "compile_pattern"]


class MatchType(Enum):
    """How a label's value is compared."""

    EQUAL = "="
    NOT_EQUAL = "!="
    PATTERN = "=~"
    NOT_PATTERN = "!~"


def compile_pattern(text: str) -> re.Pattern[str]:
    r"""
    Compile a regular expression of Prometheus's dialect.

    That dialect is RE2: no lookaround, no backreferences, ASCII classes; the dot matches a line break in label values.
    What Python would read differently is refused, so that nothing silently means something else.

    Args:
        text: The pattern; it will have to match a whole value.

    Returns:
        The pattern, for `fullmatch`.

    Raises:
        ValueError: When the pattern is no regular expression, or not one both dialects read alike.

    Source: https://github.com/google/re2/wiki/Syntax
    """
    read = _written_out(text) if "[:" in text else text
    foreign = _FOREIGN.search(read)
    if foreign:
        raise ValueError(f"regular expression {text!r} uses {foreign.group()!r}, which is not supported")
    try:
        return re.compile(read, re.ASCII | re.DOTALL)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"regular expression {text!r} cannot be read: {error}") from error


_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_NAMED_CLASS = re.compile(r"(?P<before>(?<!\\)(?:\\\\)*\[\^?(?:[^\]\\\[]|\\.)*?)\[:(?P<name>[a-z]+):\]")
"""A class by its name, and the brackets it stands in as far as they have come."""


def _written_out(text: str) -> str:
    """Named classes as the characters they stand for; one after the other, because several may stand in the same brackets."""
    while (match := _NAMED_CLASS.search(text)) is not None and match["name"] in _CLASSES:
        text = text[: match.start()] + match["before"] + _CLASSES[match["name"]] + text[match.end() :]
    return text


_FOREIGN = re.compile(r"(?<!\\)(?:\\\\)*(?:\(\?(?![:isms-]+[:)]|P<|:)[^)]?|\\[1-9zZpPCQE]|\[\[:|[*+?}]\+)")


@dataclass(frozen=True)
class Matcher:
    """Label matcher: one condition on one label."""

    name: str
    """The label; `__name__` for the series' name."""
    match: MatchType
    """How the value is compared."""
    value: str
    """What it is compared with; a pattern has to match the whole value."""

    def __post_init__(self) -> None:
        """Compile the pattern once."""
        is_pattern = self.match in (MatchType.PATTERN, MatchType.NOT_PATTERN)
        object.__setattr__(self, "_pattern", compile_pattern(self.value) if is_pattern else None)

    def accepts(self, labels: Labels) -> bool:
        """
        Whether a label set satisfies the condition; a missing label counts as empty.

        Args:
            labels: Labels of a series.
        """
        value = labels.get(self.name)
        if self.match is MatchType.EQUAL:
            return value == self.value
        if self.match is MatchType.NOT_EQUAL:
            return value != self.value
        pattern: re.Pattern[str] = self._pattern  # type: ignore[attr-defined] # set in __post_init__, the class is frozen
        return (pattern.fullmatch(value) is not None) == (self.match is MatchType.PATTERN)

    def __str__(self) -> str:
        return f"{self.name}{self.match.value}{self.value!r}"
