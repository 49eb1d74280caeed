"""
Histograms of durations that cost a query next to nothing.

Recording through the API costs microseconds: as much as all the rest of what is done for a query. So a duration is appended to
a queue, and whoever collects, or the 128th, counts what is there. Where the reader is not ours and cannot be given what is kept
here, durations are recorded through the API.

One lock for each histogram is held while counting. A query never waits for it: when it is taken, somebody is counting already.
The collector of garbage may run a pool's clean-up, and so `DurationHistogram.add`, in the middle of the counting; this is harmless.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from opentelemetry.metrics import Meter

from otel_agent import primitives
from otel_agent.catalog import Metric
from otel_agent.instruments.distributions import BucketCounts
from otel_agent.instruments.observing import create

__all__ = ["DurationHistogram", "DurationHistograms", "Record"]

LIMIT = 1000
"""Attribute sets of one metric; durations of further ones are recorded together, marked as overflow."""

OVERFLOW: Mapping[str, Any] = {"otel.metric.overflow": True}

Record = Callable[[float], None]
"""Takes a duration in seconds."""

_BATCH = 128


class DurationHistogram(BucketCounts):
    """
    A histogram of durations that many threads record to.

    Args:
        metric: A histogram with bounds, from the catalogue.
        attributes: Attributes of its one point.
    """

    __slots__ = ("_lock", "_waiting")

    def __init__(self, metric: Metric, attributes: Mapping[str, Any]) -> None:
        super().__init__(metric, attributes)
        self.reinit_after_fork()

    def reinit_after_fork(self) -> None:
        """Begin again in a forked child, where a thread that is gone may hold the lock."""
        self._lock = primitives.Lock()
        self._waiting: deque[float] = deque()
        self._begin()

    def record(self, value: float) -> None:
        """
        Count a duration soon.

        Args:
            value: Duration in seconds; at least 0.
        """
        waiting = self._waiting
        waiting.append(value)
        if len(waiting) >= _BATCH and self._lock.acquire(blocking=False):
            try:
                self._count()
            finally:
                self._lock.release()

    def read(self) -> tuple[Sequence[int], float, float, float]:
        """
        Count what waits, and read.

        Returns:
            Counts by bucket, sum, smallest and largest value; see `BucketCounts.read`.
        """
        with self._lock:
            self._count()
            return super().read()

    def _count(self) -> None:
        waiting = self._waiting
        for _ in range(len(waiting)):
            self.add(waiting.popleft())


class DurationHistograms:
    """
    The histograms of all databases: made when first asked for, bounded in number.

    Args:
        meter: Records durations; `None` keeps them here, for `distributions`.
    """

    def __init__(self, meter: Meter | None = None) -> None:
        self._meter = meter
        self._instruments: dict[str, Any] = {}
        self._kept: dict[tuple[str, frozenset[tuple[str, Any]]], DurationHistogram] = {}
        self._records: dict[tuple[str, frozenset[tuple[str, Any]]], Record] = {}
        self._counts: dict[str, int] = {}

    def of(self, metric: Metric, attributes: Mapping[str, Any]) -> Record:
        """
        Find or make what records the durations of one attribute set.

        Args:
            metric: A histogram of the catalogue.
            attributes: Attributes of the point.

        Returns:
            Takes durations from any thread, and never raises.
        """
        key = (metric.name, frozenset(attributes.items()))
        record = self._records.get(key)
        if record is None:
            count = self._counts.get(metric.name, 0)
            if count >= LIMIT and attributes != OVERFLOW:
                return self.of(metric, OVERFLOW)
            self._counts[metric.name] = count + 1
            record = self._records.setdefault(key, self._make(key, metric, attributes))
        return record

    def distributions(self) -> Sequence[DurationHistogram]:
        """
        Histograms that are kept here, for export.

        Returns:
            Those that have a value.
        """
        return [each for each in list(self._kept.values()) if any(each.read()[0])]

    def reinit_after_fork(self) -> None:
        """Begin again in a forked child."""
        for each in list(self._kept.values()):
            each.reinit_after_fork()

    def _make(
        self, key: tuple[str, frozenset[tuple[str, Any]]], metric: Metric, attributes: Mapping[str, Any]
    ) -> Record:
        if self._meter is not None:
            instrument = self._instruments.get(metric.name)
            if instrument is None:
                instrument = self._instruments.setdefault(metric.name, create(self._meter, metric))
            return partial(instrument.record, attributes=dict(attributes))
        return self._kept.setdefault(key, DurationHistogram(metric, attributes)).record
