"""A meter provider for the instruments of the machine."""

from collections.abc import Iterator

import pytest
from collected_metrics import CollectedMetrics, collecting


@pytest.fixture
def collected() -> Iterator[CollectedMetrics]:
    """A fresh provider with nothing installed yet."""
    with collecting() as made:
        yield made
