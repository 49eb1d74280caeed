"""A receiver that takes everything."""

from collections.abc import Iterator

import pytest
from otlp_server import OtlpServer


@pytest.fixture
def server() -> Iterator[OtlpServer]:
    """Listening."""
    with OtlpServer() as running:
        yield running
