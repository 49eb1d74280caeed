"""The metrics of all caches of the process."""

from collections.abc import Iterator

import pytest
from collected_metrics import CollectedMetrics, collecting

from otel_agent.instruments.caches import watching


@pytest.fixture
def caches() -> Iterator[CollectedMetrics]:
    """A fresh provider with the metrics of the caches."""
    with collecting(watching.install) as collected:
        yield collected
