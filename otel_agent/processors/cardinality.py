"""
Cardinality limit: a bound on how many attribute sets one instrument may have.

SDKs from 1.45.2 on have the limit of the specification themselves. Before, a user id in an attribute grows the memory of the
agent without end; there, the measurements of every attribute set beyond the limit are given the one attribute
`otel.metric.overflow=true`, before the SDK sees them. Sums stay whole, memory stays bounded, and the overflow shows.

Source: https://opentelemetry.io/docs/specs/otel/metrics/sdk/#cardinality-limits
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry.sdk.metrics.export import MetricReader

__all__ = ["LIMIT", "OVERFLOW", "AttributeBound", "bound_recording", "is_kept_by_sdk"]

LIMIT = 2000
"""The specification's default number of attribute sets of one instrument."""

OVERFLOW: Mapping[str, bool] = {"otel.metric.overflow": True}
"""The attributes of everything beyond the limit."""

_RECORDING = ("add", "record", "set")


def is_kept_by_sdk() -> bool:
    """Whether the installed SDK limits attribute sets itself."""
    return "cardinality_limits" in inspect.signature(MetricReader.__init__).parameters


class AttributeBound:
    """
    Lets the first attribute sets of an instrument through and folds all others into one.

    Used from many threads without a lock: two threads that meet at the limit may both get in, which is two sets too many.

    Args:
        limit: Number of attribute sets there may be, the one of the overflow included.
        on_overflow: Called for every measurement that is folded.
    """

    __slots__ = ("_limit", "_on_overflow", "_seen")

    def __init__(self, limit: int, on_overflow: Callable[[], object]) -> None:
        self._limit = limit - 1
        self._on_overflow = on_overflow
        self._seen: set[object] = set()

    def admit(self, attributes: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """
        Decide under which attributes a measurement is recorded.

        Args:
            attributes: Attributes given by the caller.

        Returns:
            These attributes, or `OVERFLOW`.
        """
        if not attributes:
            return attributes
        try:
            key: object = tuple(attributes.items())
            is_known = key in self._seen
        except TypeError:  # a list is among the values
            key = repr(attributes)
            is_known = key in self._seen
        if is_known:
            return attributes
        if len(self._seen) < self._limit:
            self._seen.add(key)
            return attributes
        self._on_overflow()
        return OVERFLOW

    def clear(self) -> None:
        """Forget what was seen, when the SDK has forgotten it too."""
        self._seen = set()


def bound_recording(
    instrument: object, bound: AttributeBound | None, on_failure: Callable[[Exception], object]
) -> None:
    """
    Bound the attribute sets of a counter, up-down counter, histogram or gauge of the SDK, and let nothing out of it.

    The SDK raises into the agent when an amount is no number, is too large for a float, or an attribute can be neither
    compared nor written; measuring must not break what is measured.

    Args:
        instrument: Keeps its class; its recording method is shadowed by a bounded one.
        bound: Bound of this instrument; `None` lets every attribute set through.
        on_failure: Called with the exception the SDK has raised; the measurement is left out.
    """
    for name in _RECORDING:
        original = getattr(instrument, name, None)
        if original is None:
            continue

        def recorded(
            amount: float,
            attributes: Mapping[str, Any] | None = None,
            context: Any = None,
            *,
            record: Callable[..., None] = original,
            admit: Callable[[Any], Any] | None = None if bound is None else bound.admit,
        ) -> None:
            try:
                record(amount, admit(attributes) if attributes and admit is not None else attributes, context)
            except Exception as error:  # noqa: BLE001 - amounts and attributes run foreign code
                on_failure(error)

        setattr(instrument, name, recorded)
