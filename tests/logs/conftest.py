"""A logger that feeds a queue and nothing else."""

import logging
from collections.abc import Iterator

import pytest
from log_sinks import Items
from opentelemetry.sdk.resources import Resource

from otel_agent.logs.bridge import BridgeHandler


@pytest.fixture
def sink() -> Items:
    """Where entries go."""
    return Items(limit=10_000)


@pytest.fixture
def log(sink: Items) -> Iterator[logging.Logger]:
    """A logger with our handler and nothing else."""
    logger = logging.Logger("trader.orders", logging.DEBUG)  # noqa: LOG001 - one that no other test can reach
    logger.addHandler(BridgeHandler(sink, Resource({"service.name": "trader"})))
    yield logger
    logger.handlers.clear()
