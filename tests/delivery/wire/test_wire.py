"""The three encoders, whatever they are given."""

import subprocess
import sys
from typing import Any
from unittest.mock import MagicMock

import pytest
from wire_shapes import Refuses

from otel_agent.delivery.wire import encode_logs, encode_metrics, encode_spans


@pytest.mark.parametrize("encode", [encode_spans, encode_logs])
@pytest.mark.parametrize(
    "junk", [None, 7, "text", object(), MagicMock(), Refuses()], ids=lambda junk: type(junk).__name__
)
def test_junk_in_a_batch_costs_nothing_else(encode: Any, junk: Any) -> None:
    """Something that is no record at all is left out or sent as well as can be, and nothing is raised."""
    assert isinstance(encode([junk]), bytes)


@pytest.mark.parametrize("junk", [None, 7, object(), MagicMock()], ids=lambda junk: type(junk).__name__)
def test_junk_instead_of_metrics_raises_nothing(junk: Any) -> None:
    """Something that is no collection at all encodes to some bytes."""
    assert isinstance(encode_metrics(junk), bytes)


def test_encoders_are_loaded_when_they_are_used() -> None:
    """Whoever comes for plain values alone loads no encoder."""
    code = (
        "import sys; from otel_agent.delivery.wire.values import plain;"
        "before = 'otel_agent.delivery.wire.spans' in sys.modules;"
        "from otel_agent.delivery.wire import encode_spans;"
        "print(before, 'otel_agent.delivery.wire.spans' in sys.modules, encode_spans([]))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert "False True b''" == found.stdout.strip()
