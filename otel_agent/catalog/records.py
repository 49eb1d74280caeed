"""
The shape of the catalogue's entries.

Plain frozen records: they know nothing of OpenTelemetry's Python packages, so that rules, documentation and tests can read
the catalogue without loading them. Instruments are made from the records in `instruments.observing`.
"""

from enum import StrEnum
from typing import NamedTuple

__all__ = ["OURS", "Attribute", "InstrumentKind", "LogEvent", "Metric", "semantic_convention"]

OURS = "ours"
"""The source of names for which the semantic conventions have none."""

_CONVENTIONS = "https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs"


def semantic_convention(page: str) -> str:
    """
    The address of a page of the semantic conventions, in the version whose names are used here.

    Args:
        page: Path below `docs`, without its ending: "system/system-metrics".

    Returns:
        An address.
    """
    return f"{_CONVENTIONS}/{page}.md"


class InstrumentKind(StrEnum):
    """What an instrument's numbers mean."""

    COUNTER = "counter"
    """A sum that only grows."""
    UP_DOWN_COUNTER = "updowncounter"
    """A sum that may fall, and can be added over processes."""
    GAUGE = "gauge"
    """A reading of the moment, which cannot be added."""
    HISTOGRAM = "histogram"
    """A distribution over fixed buckets."""
    EXPONENTIAL_HISTOGRAM = "exponential histogram"
    """A distribution over buckets that grow by a constant factor."""


class Attribute(NamedTuple):
    """One key that telemetry carries."""

    name: str
    """The key."""
    meaning: str
    """One sentence."""
    values: tuple[str, ...] = ()
    """All values it can have; empty when there is no list of them."""
    source: str = OURS
    """Where the name is defined: an address, or `OURS`."""


class Metric(NamedTuple):
    """One metric, described once for instruments, documentation and tests."""

    name: str
    """As exported over OTLP; the unit is not part of it."""
    kind: InstrumentKind
    unit: str
    """In UCUM: "s", "By", "1" for a ratio, "{thread}" for a count of something."""
    description: str
    """One sentence: what a value of it tells."""
    attributes: tuple[Attribute, ...] = ()
    """What points are told apart by, when they are."""
    source: str = OURS
    """Where the name is defined: an address, or `OURS`."""
    is_integer: bool = False
    """Whether values are whole numbers."""
    is_observable: bool = True
    """Whether values are read when metrics are collected, not recorded when something happens."""
    bounds: tuple[float, ...] = ()
    """Upper bounds of a histogram's buckets, in `unit`."""
    only_in_detail: bool = False
    """Whether it is left out unless detail is asked for."""
    detail_attributes: tuple[Attribute, ...] = ()
    """What points are told apart by as well when detail is asked for."""


class LogEvent(NamedTuple):
    """One kind of log record with an event name."""

    name: str
    meaning: str
    """When it is emitted, in one sentence."""
    attributes: tuple[Attribute, ...] = ()
    source: str = OURS
