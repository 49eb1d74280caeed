"""
Distributions kept as counts by bucket, where adding a value costs a list index.

A histogram of the SDK takes a lock, makes objects and costs microseconds: too much inside the garbage collector, where it may
even deadlock. Here a value becomes one count in a list that exists already. Whoever exports reads the list at collection.
"""

import os
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from otel_agent.catalog import Metric
from otel_agent.clock import wall_ns

__all__ = ["BucketCounts"]


class BucketCounts:
    """
    Counts of values by bucket, since the process started or forked.

    Added to by one thread at a time. Reading takes no lock: a value added at that very moment may be in one of the figures and
    not yet in another, and is in all of them at the next reading.

    Args:
        metric: Histogram with bounds, from the catalogue.
        attributes: Attributes of its one point.
    """

    __slots__ = ("_counts", "_max", "_min", "_pid", "_sum", "attributes", "metric", "start_ns")

    _sum: float
    _min: float
    _max: float

    def __init__(self, metric: Metric, attributes: Mapping[str, Any] | None = None) -> None:
        self.metric = metric
        self.attributes = dict(attributes or {})
        self._begin()

    def add(self, value: float) -> None:
        """
        Count a value.

        Args:
            value: Value in the metric's unit; at least 0.
        """
        self._counts[bisect_left(self.metric.bounds, value)] += 1
        self._sum += value
        self._max = max(self._max, value)
        self._min = min(self._min, value)

    def read(self) -> tuple[Sequence[int], float, float, float]:
        """
        Read without stopping whoever adds.

        Returns:
            Counts by bucket (one more than there are bounds), sum, smallest and largest value; in a forked child, of the
            child only.
        """
        if self._pid != os.getpid():
            self._begin()
        return self._counts.copy(), self._sum, self._min, self._max

    def _begin(self) -> None:
        self._pid = os.getpid()
        self.start_ns = wall_ns()
        self._counts = [0] * (len(self.metric.bounds) + 1)
        self._sum = 0.0
        self._min = float("inf")
        self._max = 0.0
