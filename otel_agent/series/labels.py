"""
Labels, which tell one series from another: names and values, frozen, with their hash kept.

Grouping and matching make the same few label sets over and over; each set remembers the ones derived from it, so that
evaluating a rule again builds nothing anew.
"""

from collections.abc import Iterable, Iterator, Mapping

__all__ = ["EMPTY", "NAME", "OVERFLOW", "Labels"]

NAME = "__name__"
"""The label that holds a series' name."""
OVERFLOW = "otel.metric.overflow"
"""Name under which is counted what cannot be told apart any more, as OpenTelemetry has it."""


class Labels:
    """
    A frozen set of label names and values. A label with an empty value is the same as no label.

    Args:
        values: Names and values; those with an empty value are left out.
    """

    __slots__ = ("_derived", "_hash", "_nameless", "_values", "pairs")

    def __init__(self, values: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        self._values = {name: value for name, value in dict(values).items() if value != ""}
        self.pairs: tuple[tuple[str, str], ...] = tuple(sorted(self._values.items()))
        """Names and values, sorted by name."""
        self._hash = hash(self.pairs)
        self._nameless: Labels | None = None if NAME in self._values else self
        self._derived: dict[tuple[bool, tuple[str, ...]], Labels] | None = None

    def get(self, name: str) -> str:
        """Value of the label of this name, or the empty string."""
        return self._values.get(name, "")

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def as_dict(self) -> dict[str, str]:
        """A copy as a dictionary."""
        return dict(self.pairs)

    @property
    def nameless(self) -> "Labels":
        """These labels without `__name__`."""
        if self._nameless is None:
            self._nameless = Labels(pair for pair in self.pairs if pair[0] != NAME)
        return self._nameless

    def keep(self, names: tuple[str, ...]) -> "Labels":
        """Only the labels named, as `by` and `on` have it."""
        return self._derive(names, is_kept=True)

    def drop(self, names: tuple[str, ...]) -> "Labels":
        """All labels but those named and `__name__`, as `without` and `ignoring` have it."""
        return self._derive(names, is_kept=False)

    def _derive(self, names: tuple[str, ...], *, is_kept: bool) -> "Labels":
        key = (is_kept, names)
        if self._derived is None:
            self._derived = {}
        found = self._derived.get(key)
        if found is None:
            if is_kept:
                found = Labels(pair for pair in self.pairs if pair[0] in names)
            else:
                found = Labels(pair for pair in self.pairs if pair[0] not in names and pair[0] != NAME)
            if len(self._derived) >= DERIVED_LIMIT:
                self._derived.clear()
            self._derived[key] = found
        return found

    def replace(self, changes: Mapping[str, str]) -> "Labels":
        """These labels with some set, or taken away where the new value is empty."""
        return Labels({**self._values, **changes})

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.pairs)

    @property
    def is_overflow(self) -> bool:
        """Whether they stand for what could not be told apart any more."""
        return OVERFLOW in self._values.values() or self._values.get("otel_metric_overflow") == "true"

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Labels) and self._hash == other._hash and self.pairs == other.pairs

    def __lt__(self, other: "Labels") -> bool:
        return self.pairs < other.pairs

    def __repr__(self) -> str:
        """As Prometheus writes a series."""
        inner = ", ".join(f'{name}="{_escape(value)}"' for name, value in self.pairs if name != NAME)
        name = self.get(NAME)
        return name if name and not inner else f"{name}{{{inner}}}"


DERIVED_LIMIT = 32
"""A label set remembers at most this many sets derived from it; rules ask for a few."""


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


EMPTY = Labels()
"""No labels at all."""
