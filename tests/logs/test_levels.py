"""The level of what is written and exported, and the levels of the agent's loggers."""

import json
import logging
from pathlib import Path

import pytest

from otel_agent.testing import recorded


@pytest.fixture
def log() -> logging.Logger:
    """One that records everything."""
    logger = logging.getLogger("levels.orders")
    logger.setLevel(logging.DEBUG)
    return logger


def test_the_level_holds_back_what_is_written_and_exported(tmp_path: Path, log: logging.Logger) -> None:
    """And changes no logger: what the agent's own handlers see is decided by these."""
    path = tmp_path / "agent.log"
    with recorded(config={"logs": {"level": "WARNING", "files": [{"path": str(path)}]}}) as seen:
        log.info("bought")
        log.warning("rejected")

        assert ["rejected"] == [record["body"] for record in seen.logs if record["scope"]["name"] == log.name]
        assert log.isEnabledFor(logging.DEBUG)
    assert ["rejected"] == [
        line["body"] for line in map(json.loads, path.read_text().splitlines()) if line["logger"] == log.name
    ]
