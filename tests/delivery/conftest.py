"""What the tests of delivery share: a receiver, and a sender whose outcomes the test chooses."""

from collections.abc import Iterator

import pytest
from otlp_server import OtlpServer


@pytest.fixture
def server() -> Iterator[OtlpServer]:
    """A receiver that behaves until told otherwise."""
    with OtlpServer() as running:
        yield running
